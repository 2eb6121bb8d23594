CREATE TABLE `model_fallbacks` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`models` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
