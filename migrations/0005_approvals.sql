CREATE TABLE `approvals` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`execution_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`agent_name` text NOT NULL,
	`mode` text NOT NULL,
	`step_key` text NOT NULL,
	`node_id` text NOT NULL,
	`node_name` text NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`message` text NOT NULL,
	`payload` text NOT NULL,
	`action_hash` text NOT NULL,
	`approvers` text NOT NULL,
	`self_approval` integer NOT NULL,
	`form_schema` text,
	`requested_by` text NOT NULL,
	`requested_at` integer NOT NULL,
	`expires_at` integer,
	`on_timeout` text,
	`status` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`comment` text NOT NULL,
	`form` text,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `approvals_organization` ON `approvals` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `approvals_status` ON `approvals` (`organization_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `approvals_execution` ON `approvals` (`organization_id`,`execution_id`,`id`);