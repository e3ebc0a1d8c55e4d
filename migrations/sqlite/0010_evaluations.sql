-- Prompts whose routes are known, and what came of running them. Their subject is a balancer or a draft, by its id: a
-- balancer's prompts are no part of its configuration, and a draft may become a balancer. What refers to neither any
-- more is deleted now and then.

CREATE TABLE evaluation_sets (
    subject TEXT NOT NULL,
    prompts TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    CONSTRAINT evaluation_sets_subject PRIMARY KEY (subject)
);

CREATE TABLE evaluation_runs (
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT evaluation_runs_id PRIMARY KEY (id)
);
CREATE INDEX evaluation_runs_newest ON evaluation_runs (subject, begun_at, id);
