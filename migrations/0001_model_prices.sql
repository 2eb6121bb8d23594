CREATE TABLE `model_prices` (
	`organization_id` text NOT NULL,
	`model` text NOT NULL,
	`input_microusd_per_million` integer NOT NULL,
	`output_microusd_per_million` integer NOT NULL,
	`context_tokens` integer,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL,
	PRIMARY KEY(`organization_id`, `model`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
