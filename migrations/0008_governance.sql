CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`data` text NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `events_organization` ON `events` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`organization_id`,`type`,`id`);--> statement-breakpoint
CREATE TABLE `execution_touches` (
	`execution_id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`touches` text NOT NULL,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `execution_touches_organization` ON `execution_touches` (`organization_id`,`execution_id`);--> statement-breakpoint
CREATE TABLE `external_agents` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`platform` text NOT NULL,
	`description` text NOT NULL,
	`config` text NOT NULL,
	`webhook_sealed` text,
	`webhook_masked` text,
	`agents` text,
	`operations` text NOT NULL,
	`rate_limits` text,
	`max_concurrency` integer,
	`recording` text NOT NULL,
	`is_active` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `external_agents_organization` ON `external_agents` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `external_agents_platform` ON `external_agents` (`organization_id`,`platform`,`id`);--> statement-breakpoint
CREATE TABLE `invocations` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`external_agent_id` text NOT NULL,
	`external_agent_name` text NOT NULL,
	`platform` text NOT NULL,
	`door` text NOT NULL,
	`key_id` text,
	`agent_id` text,
	`agent_name` text,
	`execution_id` text,
	`status` text NOT NULL,
	`error_code` text,
	`error_message` text,
	`request_payload` text,
	`request_state` text NOT NULL,
	`response_payload` text,
	`response_state` text NOT NULL,
	`samples` text,
	`latency_ms` integer,
	`cost_microusd` integer NOT NULL,
	`count` integer NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	`webhook_delivery_status` text NOT NULL,
	`webhook_delivery_attempts` integer NOT NULL,
	`webhook_delivery_error` text,
	`archive` text,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `invocations_organization` ON `invocations` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `invocations_external_agent` ON `invocations` (`organization_id`,`external_agent_id`,`id`);--> statement-breakpoint
CREATE INDEX `invocations_status` ON `invocations` (`organization_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `invocations_agent` ON `invocations` (`organization_id`,`agent_id`,`id`) WHERE "invocations"."agent_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `policies` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`effect` text NOT NULL,
	`priority` integer NOT NULL,
	`is_active` integer NOT NULL,
	`document` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `policies_organization` ON `policies` (`organization_id`,`id`);--> statement-breakpoint
CREATE TABLE `policy_versions` (
	`policy_id` text NOT NULL,
	`version` integer NOT NULL,
	`organization_id` text NOT NULL,
	`policy` text NOT NULL,
	`changed_at` integer NOT NULL,
	`changed_by` text NOT NULL,
	PRIMARY KEY(`policy_id`, `version`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `policy_versions_organization` ON `policy_versions` (`organization_id`,`policy_id`,`version`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `external_agent_id` text;--> statement-breakpoint
CREATE INDEX `api_keys_external_agent` ON `api_keys` (`organization_id`,`external_agent_id`,`id`) WHERE "api_keys"."external_agent_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `agents` ADD `tags` text;--> statement-breakpoint
CREATE INDEX `executions_root` ON `executions` (`organization_id`,`root_execution_id`,`id`) WHERE "executions"."root_execution_id" IS NOT NULL;