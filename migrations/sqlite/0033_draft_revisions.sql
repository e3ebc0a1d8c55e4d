-- How often a draft was kept. Keeping it names the revision that it was read at, so that two tabs, at any replica, cannot
-- overwrite each other. An older replica that still runs leaves the number alone.

ALTER TABLE drafts ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
