-- Links by which people set their own password, known by their SHA-256 alone; one at a time for each. Somebody who has
-- not used theirs yet has an empty password hash. And who made an API key, so that its maker may revoke it.

CREATE TABLE invitations (
    sha256 BYTEA NOT NULL,
    user_key TEXT COLLATE "C" NOT NULL REFERENCES users (name_key) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    CONSTRAINT invitations_sha256 PRIMARY KEY (sha256)
);
CREATE UNIQUE INDEX invitations_user_key ON invitations (user_key);

ALTER TABLE api_keys ADD COLUMN made_by TEXT;
