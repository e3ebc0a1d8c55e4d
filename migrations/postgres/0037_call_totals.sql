-- What calls add up to, by minute and by hour: the sums of the calls that ended in it. Texts are numbers of call_texts, 0
-- where a call has none. Each process has rows of its own (`writer`) and writes whole sums, so that a write may be
-- repeated and no two processes change one row.
--
-- `kind` is a sum: 1 only prepares a call, 2 from the playground, 4 smoke test. `cost` is in millionths; `priced` counts
-- the calls whose cost is known. The last three columns are histograms of microseconds.

CREATE TABLE calls_by_minute (
    -- The beginning of the minute, in Unix milliseconds.
    start BIGINT NOT NULL,
    balancer BIGINT NOT NULL,
    route BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    api BIGINT NOT NULL,
    api_key BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    writer BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    caller_left BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    priced BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    total BYTEA NOT NULL,
    first_byte BYTEA NOT NULL,
    router BYTEA NOT NULL,
    CONSTRAINT calls_by_minute_key
        PRIMARY KEY (start, balancer, route, reason, instance, api, api_key, kind, writer)
);

CREATE TABLE calls_by_hour (
    -- The beginning of the hour, in Unix milliseconds.
    start BIGINT NOT NULL,
    balancer BIGINT NOT NULL,
    route BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    api BIGINT NOT NULL,
    api_key BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    writer BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    caller_left BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    priced BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    total BYTEA NOT NULL,
    first_byte BYTEA NOT NULL,
    router BYTEA NOT NULL,
    CONSTRAINT calls_by_hour_key
        PRIMARY KEY (start, balancer, route, reason, instance, api, api_key, kind, writer)
);
