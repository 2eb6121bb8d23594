CREATE TABLE `chat_accounts` (
	`organization_id` text NOT NULL,
	`platform` text NOT NULL,
	`workspace` text NOT NULL,
	`account_id` text NOT NULL,
	`account_name` text NOT NULL,
	`user_id` text NOT NULL,
	`linked_at` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `platform`, `workspace`, `account_id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `chat_accounts_user` ON `chat_accounts` (`user_id`,`organization_id`);--> statement-breakpoint
CREATE TABLE `event_outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`data` text NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `event_outbox_organization` ON `event_outbox` (`organization_id`,`id`);--> statement-breakpoint
CREATE TABLE `notification_marks` (
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`read_to` text NOT NULL,
	`settings` text NOT NULL,
	PRIMARY KEY(`organization_id`, `user_id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `notification_marks_user` ON `notification_marks` (`user_id`);--> statement-breakpoint
CREATE TABLE `notification_reads` (
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`event_id` text NOT NULL,
	PRIMARY KEY(`organization_id`, `user_id`, `event_id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `notification_reads_user` ON `notification_reads` (`user_id`);--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`events` text NOT NULL,
	`filter` text NOT NULL,
	`settings` text NOT NULL,
	`sealed` text NOT NULL,
	`is_active` integer NOT NULL,
	`disabled` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `subscriptions_kind` ON `subscriptions` (`organization_id`,`kind`,`id`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_events` (
	`id` text NOT NULL,
	`organization_id` text NOT NULL,
	`type` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`at` integer NOT NULL,
	`agent_id` text,
	`project_id` text,
	`data` text NOT NULL,
	PRIMARY KEY(`organization_id`, `id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `__new_events`("id", "organization_id", "type", "version", "at", "agent_id", "project_id", "data") SELECT "id", "organization_id", "type", 1, "at", "data" ->> '$.agent_id', "data" ->> '$.project_id', "data" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`organization_id`,`type`,`id`);--> statement-breakpoint
CREATE INDEX `events_agent` ON `events` (`organization_id`,`agent_id`,`id`) WHERE "events"."agent_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `events_project` ON `events` (`organization_id`,`project_id`,`id`) WHERE "events"."project_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `invocations` ADD `webhook_delivery_id` text;