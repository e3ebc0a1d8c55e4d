-- Who may sign in, who is signed in, and what they have not saved yet. Tokens are known by their SHA-256 alone.

CREATE TABLE users (
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT users_name_key PRIMARY KEY (name_key)
);

CREATE TABLE sessions (
    sha256 BLOB NOT NULL,
    user_key TEXT NOT NULL REFERENCES users (name_key) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    ip TEXT,
    CONSTRAINT sessions_sha256 PRIMARY KEY (sha256)
);
CREATE INDEX sessions_user ON sessions (user_key);

CREATE TABLE setup_tokens (
    sha256 BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT setup_tokens_sha256 PRIMARY KEY (sha256)
);

CREATE TABLE drafts (
    id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    editing_id TEXT,
    editing_revision BIGINT,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT drafts_id PRIMARY KEY (id)
);
CREATE INDEX drafts_user ON drafts (user_name, updated_at);
