-- The newest decisions of a balancer that carry a confidence, for its threshold view.

CREATE INDEX calls_confidence ON calls (balancer, id) WHERE confidence IS NOT NULL;
