-- Values of the additional headers of an instance, sealed as one JSON object.

ALTER TABLE instances ADD COLUMN sealed_headers BYTEA;

-- New defaults. A stored value that is still the old default becomes the new one; any other was set by somebody. Bodies
-- are compact JSON, where quotation marks inside of texts are escaped, so these strings are members of objects.

UPDATE instances SET body = REPLACE(body, '"idle_ms":60000,', '"idle_ms":300000,')
    WHERE body LIKE '%"idle_ms":60000,%';
UPDATE balancers SET body = REPLACE(body, '"stream_keepalive_s":0,', '"stream_keepalive_s":25,')
    WHERE body LIKE '%"stream_keepalive_s":0,%';
