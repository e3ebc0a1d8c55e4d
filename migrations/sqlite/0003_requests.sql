-- The request log: one row for each call. It tells what was decided and tried, never what was asked or answered, and it
-- refers to nothing by key: a row outlives the balancer, the instance and the API key that it names. What something
-- took is in whole microseconds; decision and attempts are whole, as JSON.
--
-- Lists come newest first, so every filter has an index that ends in (called_at, id), which is also the cursor.

CREATE TABLE requests (
    id TEXT NOT NULL,
    decision_id TEXT,
    called_at BIGINT NOT NULL,
    balancer_id TEXT,
    serving_name TEXT,
    route TEXT,
    reason TEXT,
    instance_id TEXT,
    status BIGINT NOT NULL,
    status_class BIGINT NOT NULL,
    code TEXT,
    stream BIGINT NOT NULL,
    attempt_count BIGINT NOT NULL,
    route_us BIGINT,
    first_byte_us BIGINT,
    total_us BIGINT NOT NULL,
    prompt_tokens BIGINT,
    completion_tokens BIGINT,
    api_key_id TEXT,
    decision TEXT,
    attempts TEXT NOT NULL,
    CONSTRAINT requests_id PRIMARY KEY (id)
);
CREATE INDEX requests_newest ON requests (called_at, id);
CREATE INDEX requests_balancer ON requests (balancer_id, called_at, id);
CREATE INDEX requests_route ON requests (route, called_at, id);
CREATE INDEX requests_reason ON requests (reason, called_at, id);
CREATE INDEX requests_status ON requests (status_class, called_at, id, status);
