CREATE TABLE `proposal_access` (
	`proposal_id` text NOT NULL,
	`user_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`level` text NOT NULL,
	PRIMARY KEY(`proposal_id`, `user_id`),
	FOREIGN KEY (`proposal_id`) REFERENCES `proposals`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `proposal_access_person` ON `proposal_access` (`organization_id`,`user_id`);--> statement-breakpoint
CREATE TABLE `proposal_comments` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`proposal_id` text NOT NULL,
	`path` text,
	`line` integer,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`author_id` text NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`proposal_id`) REFERENCES `proposals`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `proposal_comments_proposal` ON `proposal_comments` (`organization_id`,`proposal_id`,`id`);--> statement-breakpoint
CREATE TABLE `proposal_contents` (
	`proposal_id` text NOT NULL,
	`kind` text NOT NULL,
	`organization_id` text NOT NULL,
	`content` text NOT NULL,
	PRIMARY KEY(`proposal_id`, `kind`),
	FOREIGN KEY (`proposal_id`) REFERENCES `proposals`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `proposal_contents_organization` ON `proposal_contents` (`organization_id`,`proposal_id`);--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`thread_id` text NOT NULL,
	`run_id` text,
	`status` text NOT NULL,
	`user_prompt` text NOT NULL,
	`summary` text NOT NULL,
	`access` text NOT NULL,
	`base_version` integer NOT NULL,
	`model` text NOT NULL,
	`runtime` text NOT NULL,
	`attempts` integer NOT NULL,
	`error` text,
	`problems` text,
	`todos` text,
	`cost_microusd` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`author_id` text NOT NULL,
	`ended_at` integer,
	`decided_at` integer,
	`decided_by` text,
	`decision` text,
	`follows` text,
	`revision` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`agent_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `proposals_organization` ON `proposals` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_agent` ON `proposals` (`organization_id`,`agent_id`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_status` ON `proposals` (`organization_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_thread` ON `proposals` (`organization_id`,`thread_id`);