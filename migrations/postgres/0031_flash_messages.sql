-- Results that outlive a redirect, on whichever replica the next request lands: notices, pending imports, one-time links, a
-- key that is shown once. Sealed, since any of them may hold a secret; a bounded number for each user, for ten minutes.

CREATE TABLE flash_messages (
    id TEXT COLLATE "C" NOT NULL,
    user_name TEXT COLLATE "C" NOT NULL,
    sealed_body BYTEA NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT flash_messages_id PRIMARY KEY (id)
);
CREATE INDEX flash_messages_user ON flash_messages (user_name, created_at);
