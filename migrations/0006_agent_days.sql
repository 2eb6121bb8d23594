CREATE TABLE `agent_days` (
	`organization_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`day` integer NOT NULL,
	`completed` integer NOT NULL,
	`failed` integer NOT NULL,
	`cancelled` integer NOT NULL,
	PRIMARY KEY(`organization_id`, `agent_id`, `day`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `executions_project_agent` ON `executions` (`organization_id`,`project_id`,`agent_id`) WHERE "executions"."project_id" IS NOT NULL;
--> statement-breakpoint
CREATE TRIGGER `executions_inserted_ended` AFTER INSERT ON `executions`
WHEN NEW.`finished_at` IS NOT NULL AND NEW.`mode` = 'live'
BEGIN
	INSERT INTO `agent_days` (`organization_id`, `agent_id`, `day`, `completed`, `failed`, `cancelled`)
	VALUES (NEW.`organization_id`, NEW.`agent_id`, NEW.`finished_at` / 86400000, NEW.`status` = 'completed', NEW.`status` = 'failed', NEW.`status` = 'cancelled')
	ON CONFLICT (`organization_id`, `agent_id`, `day`) DO UPDATE SET
		`completed` = `completed` + excluded.`completed`,
		`failed` = `failed` + excluded.`failed`,
		`cancelled` = `cancelled` + excluded.`cancelled`;
END;
--> statement-breakpoint
CREATE TRIGGER `executions_ended` AFTER UPDATE OF `finished_at` ON `executions`
WHEN OLD.`finished_at` IS NULL AND NEW.`finished_at` IS NOT NULL AND NEW.`mode` = 'live'
BEGIN
	INSERT INTO `agent_days` (`organization_id`, `agent_id`, `day`, `completed`, `failed`, `cancelled`)
	VALUES (NEW.`organization_id`, NEW.`agent_id`, NEW.`finished_at` / 86400000, NEW.`status` = 'completed', NEW.`status` = 'failed', NEW.`status` = 'cancelled')
	ON CONFLICT (`organization_id`, `agent_id`, `day`) DO UPDATE SET
		`completed` = `completed` + excluded.`completed`,
		`failed` = `failed` + excluded.`failed`,
		`cancelled` = `cancelled` + excluded.`cancelled`;
END;
--> statement-breakpoint
INSERT INTO `agent_days` (`organization_id`, `agent_id`, `day`, `completed`, `failed`, `cancelled`)
SELECT `organization_id`, `agent_id`, `finished_at` / 86400000, sum(`status` = 'completed'), sum(`status` = 'failed'), sum(`status` = 'cancelled')
FROM `executions` WHERE `finished_at` IS NOT NULL AND `mode` = 'live'
GROUP BY 1, 2, 3;
