-- The API of a call (null before this migration and outside of the APIs), whether its answer was without content, and
-- whether it only prepared a call, such as one that counts tokens, and is no client traffic.

ALTER TABLE requests ADD COLUMN api TEXT;
ALTER TABLE requests ADD COLUMN empty BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN preparation BIGINT NOT NULL DEFAULT 0;
