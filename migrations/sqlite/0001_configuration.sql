-- The objects that people make. Each row holds the whole object as JSON in `body`; beside it stands only what the
-- indexes judge. Types are those that both engines have: TEXT, BIGINT (times: milliseconds since 1970), BLOB.
--
-- Every unique index is called table_column, which is how both engines' errors are told apart. Where a row breaks
-- several, the name is to be told first and the id last: SQLite checks the newest index first.

CREATE TABLE instances (
    id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sealed_key BLOB,
    key_last4 TEXT,
    CONSTRAINT instances_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX instances_name_key ON instances (name_key);

CREATE TABLE target_groups (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT target_groups_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX target_groups_name ON target_groups (name);

CREATE TABLE balancers (
    id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    serving_key TEXT NOT NULL,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT balancers_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX balancers_serving_key ON balancers (serving_key);
CREATE UNIQUE INDEX balancers_name_key ON balancers (name_key);

-- References, so that foreign keys hold what is in use. Without an action of their own: RESTRICT would be reported
-- as something else than a foreign key by SQLite.

CREATE TABLE target_group_members (
    group_id TEXT NOT NULL REFERENCES target_groups (id) ON DELETE CASCADE,
    instance_id TEXT NOT NULL REFERENCES instances (id),
    PRIMARY KEY (group_id, instance_id)
);
CREATE INDEX target_group_members_instance ON target_group_members (instance_id);

CREATE TABLE balancer_destinations (
    balancer_id TEXT NOT NULL REFERENCES balancers (id) ON DELETE CASCADE,
    instance_id TEXT REFERENCES instances (id),
    target_group_id TEXT REFERENCES target_groups (id),
    CHECK ((instance_id IS NULL) <> (target_group_id IS NULL))
);
CREATE INDEX balancer_destinations_balancer ON balancer_destinations (balancer_id);
CREATE INDEX balancer_destinations_instance ON balancer_destinations (instance_id);
CREATE INDEX balancer_destinations_target_group ON balancer_destinations (target_group_id);

CREATE TABLE api_keys (
    id TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    scope TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    CONSTRAINT api_keys_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX api_keys_sha256 ON api_keys (sha256);

-- History. Revisions go with their object; audit rows stay.

CREATE TABLE revisions (
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    saved_by TEXT NOT NULL,
    diff TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT revisions_number PRIMARY KEY (kind, object_id, revision)
);

CREATE TABLE audit (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    done_at BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    ip TEXT,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    revision BIGINT,
    diff TEXT NOT NULL
);

-- Single facts.

CREATE TABLE meta (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT meta_key PRIMARY KEY (key)
);
INSERT INTO meta (key, value) VALUES ('version', '0');
