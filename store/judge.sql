-- Holds the logs that were read against those that valid digests list. At this
-- point proved holds stretches of delivery in seconds.
CREATE OR REPLACE TEMP TABLE listed AS
SELECT l.file, l.sha256, l.oldest, l.newest, d.account, d.region
FROM digest_log l JOIN digest d ON l.digest = d.file
WHERE d.fault = '';

CREATE OR REPLACE TEMP TABLE read_log AS
SELECT parse_filename(uri) AS file, uri, sha256, account, region, first, last FROM object;

INSERT INTO finding
SELECT DISTINCT
    CASE WHEN r.uri IS NULL THEN 'deleted' WHEN r.sha256 = '' THEN 'unchecked' ELSE 'edited' END,
    l.account, l.region, coalesce(r.uri, l.file), l.oldest, l.newest,
    CASE WHEN r.uri IS NULL THEN 'the log file ' || l.file || ' is in a digest but was not there to read'
         WHEN r.sha256 = '' THEN 'the log file was read while integrity was off; ingest --rebuild checks it'
         ELSE 'the log file is not as CloudTrail delivered it: its SHA-256 is another' END
FROM listed l LEFT JOIN read_log r ON r.file = l.file
WHERE r.uri IS NULL OR r.sha256 <> l.sha256;

-- An edited log may hold records of other hours and places than it was
-- delivered with.
INSERT INTO finding
SELECT 'edited', r.account, r.region, r.uri, r.first, r.last,
       'the log file is not as CloudTrail delivered it: records of this time stand in it'
FROM read_log r JOIN listed l ON r.file = l.file
WHERE r.sha256 <> '' AND r.sha256 <> l.sha256 AND r.first > 0
  AND (r.account <> l.account OR r.region <> l.region OR r.first < l.oldest OR r.last > l.newest);

-- A log may be delivered late and then stands in the next digest: two hours
-- after its last event every digest that could list it has been made.
INSERT INTO finding
SELECT DISTINCT 'planted', r.account, r.region, r.uri, r.first, r.last,
       'the log file is in no digest: CloudTrail did not deliver it'
FROM read_log r ANTI JOIN listed l ON r.file = l.file
JOIN proved p ON (r.account = p.account OR r.account = '') AND (r.region = p.region OR r.region = '')
 AND r.last >= p.first AND r.last + 7200 < p.last;

DROP TABLE listed;
DROP TABLE read_log;
