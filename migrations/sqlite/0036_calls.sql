-- The request log in a form that costs little to write. A row is appended: its key begins with the time of the call, so
-- the key alone orders lists and finds what is too old. Texts that many calls share (names, codes, the plan of a healthy
-- route) stand once in call_texts; a row refers to them by number. What something took is in whole microseconds.
-- `detail` is JSON and only there if the call has more to tell than the columns: a second attempt, a failure, a member
-- that was not available.
--
-- `requests`, the earlier form, is still read by older replicas. Its rows are moved here in the background.

CREATE TABLE call_texts (
    id INTEGER PRIMARY KEY,
    -- The first 16 bytes of the SHA-256 of the text.
    digest BLOB NOT NULL,
    text TEXT NOT NULL,
    -- The last day on which it was written, in days since 1970. A text that no kept call can refer to is deleted.
    used_day BIGINT NOT NULL,
    CONSTRAINT call_texts_digest UNIQUE (digest)
);

CREATE TABLE calls (
    -- The 128 bits of the id; the first 48 are the time of arrival in Unix milliseconds.
    id BLOB NOT NULL,
    balancer BIGINT,
    serving_name BIGINT,
    route BIGINT,
    reason BIGINT,
    instance BIGINT,
    api BIGINT,
    api_key BIGINT,
    code BIGINT,
    plan BIGINT,
    status BIGINT NOT NULL,
    -- A sum: 1 streamed, 2 without content, 4 only prepares a call, 8 from the playground, 16 smoke test.
    flags BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    route_us BIGINT,
    router_us BIGINT,
    attempt_us BIGINT,
    first_byte_us BIGINT,
    total_us BIGINT NOT NULL,
    prompt_tokens BIGINT,
    completion_tokens BIGINT,
    detail TEXT,
    -- Not filled yet: tokens from the upstream's cache, the cost in millionths, the router's confidence in thousandths,
    -- the label that the router chose, the model that was called, the replica.
    cached_tokens BIGINT,
    cost BIGINT,
    confidence BIGINT,
    chosen BIGINT,
    model BIGINT,
    replica BIGINT,
    CONSTRAINT calls_id PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX calls_balancer ON calls (balancer, id);
CREATE INDEX calls_failed ON calls (id) WHERE status >= 400;
