-- The latest evaluation of each subject: how far it is, and whether somebody stopped it. The replica that runs it reports
-- here, and every replica reads it. A row that has not ended and is no longer touched is a run whose replica died.

CREATE TABLE evaluation_progress (
    subject TEXT NOT NULL,
    run_id TEXT NOT NULL,
    planned BIGINT NOT NULL,
    done BIGINT NOT NULL,
    correct BIGINT NOT NULL,
    stopping BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    CONSTRAINT evaluation_progress_subject PRIMARY KEY (subject)
);
CREATE INDEX evaluation_progress_touched ON evaluation_progress (touched_at);
