CREATE TABLE `shadow_comparisons` (
	`shadow_run_id` text NOT NULL,
	`place` integer NOT NULL,
	`organization_id` text NOT NULL,
	`execution_id` text NOT NULL,
	`shadow_execution_id` text,
	`status` text NOT NULL,
	`error` text,
	`outcome` text,
	`renamed` text,
	PRIMARY KEY(`shadow_run_id`, `place`),
	FOREIGN KEY (`shadow_run_id`) REFERENCES `shadow_runs`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `shadow_comparisons_organization` ON `shadow_comparisons` (`organization_id`,`shadow_run_id`);--> statement-breakpoint
CREATE TABLE `shadow_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`status` text NOT NULL,
	`definition` text,
	`draft_revision` integer,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`agent_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `shadow_runs_agent` ON `shadow_runs` (`organization_id`,`agent_id`,`id`);