-- Holds the logs that were read against those that valid digests list. At this
-- point proved holds stretches of delivery in seconds.
CREATE OR REPLACE TEMP TABLE listed AS
SELECT l.file, l.sha256, l.oldest, l.newest, d.account, d.region, l.folded
FROM digest_log l JOIN digest d ON l.digest = d.file
WHERE d.fault = '';

CREATE OR REPLACE TEMP TABLE read_log AS
SELECT parse_filename(uri) AS file, uri, sha256, account, region, first, last FROM object;

-- Listed objects whose rows were folded before their digest was read.
CREATE OR REPLACE TEMP TABLE folded_before AS
SELECT DISTINCT l.file FROM (SELECT * FROM listed ANTI JOIN read_log USING (file)) l
JOIN (SELECT account, region, unnest(names).high AS high FROM folded WHERE NOT checked) f
  ON f.account = l.account AND f.region = l.region AND f.high = ('0x' || left(sha256(l.file), 16))::UBIGINT;

INSERT INTO finding
SELECT DISTINCT
    CASE WHEN b.file IS NOT NULL THEN 'unchecked' WHEN r.uri IS NULL THEN 'deleted' WHEN r.sha256 = '' THEN 'unchecked' ELSE 'edited' END,
    l.account, l.region, coalesce(r.uri, l.file), l.oldest, l.newest,
    CASE WHEN b.file IS NOT NULL THEN 'the log file was read long before its digest, which no hash was kept for; ingest --rebuild checks it'
         WHEN r.uri IS NULL THEN 'the log file ' || l.file || ' is in a digest but was not there to read'
         WHEN r.sha256 = '' THEN 'the log file was read while integrity was off; ingest --rebuild checks it'
         ELSE 'the log file is not as CloudTrail delivered it: its SHA-256 is another' END
FROM listed l LEFT JOIN read_log r ON r.file = l.file LEFT JOIN folded_before b ON b.file = l.file
WHERE r.uri IS NULL AND NOT l.folded OR r.sha256 <> l.sha256;

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

-- Of a folded day it is only known that some of its logs are in no digest.
INSERT INTO finding
SELECT DISTINCT 'planted', f.account, f.region, f.account || '_CloudTrail_' || f.region || ' of ' || (DATE '1970-01-01' + f.day), f.first, f.last,
       'log files delivered that day are in no digest: CloudTrail did not deliver them'
FROM (
    SELECT f.* FROM (SELECT account, region, day, first, last, unnest(names).high AS high FROM folded WHERE NOT checked) f
    ANTI JOIN (SELECT ('0x' || left(sha256(file), 16))::UBIGINT AS high FROM listed) l ON l.high = f.high
) f
JOIN proved p ON f.account = p.account AND f.region = p.region AND f.first >= p.first AND f.last + 7200 < p.last;

DROP TABLE listed;
DROP TABLE folded_before;
DROP TABLE read_log;
