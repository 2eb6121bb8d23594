CREATE TABLE `context_entries` (
	`organization_id` text NOT NULL,
	`project_id` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`version` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL,
	PRIMARY KEY(`organization_id`, `project_id`, `key`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `handoffs` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`project_id` text,
	`from_agent_id` text,
	`to_agent_id` text NOT NULL,
	`instructions` text NOT NULL,
	`context` text NOT NULL,
	`from_execution_id` text,
	`execution_id` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `handoffs_organization` ON `handoffs` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `handoffs_to` ON `handoffs` (`organization_id`,`to_agent_id`,`id`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`archived_at` integer,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `projects_organization` ON `projects` (`organization_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `projects_name` ON `projects` (`organization_id`,`name`) WHERE "projects"."archived_at" IS NULL;--> statement-breakpoint
ALTER TABLE `executions` ADD `parent_execution_id` text;--> statement-breakpoint
ALTER TABLE `executions` ADD `root_execution_id` text;--> statement-breakpoint
ALTER TABLE `executions` ADD `project_id` text;--> statement-breakpoint
CREATE INDEX `executions_parent` ON `executions` (`organization_id`,`parent_execution_id`,`id`) WHERE "executions"."parent_execution_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `executions_project` ON `executions` (`organization_id`,`project_id`,`id`) WHERE "executions"."project_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `cost_records_project` ON `cost_records` (`organization_id`,`project_id`,`at`) WHERE "cost_records"."project_id" IS NOT NULL;