-- What was read, and what it said. Rows lie in day order; there is no primary
-- key, because the reader folds equal rows anyway.
CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);

-- The manifest: one row per object that was read. Rows of an object and its
-- manifest row commit together, so an object is either whole or not there.
CREATE TABLE object (
    uri     VARCHAR NOT NULL,
    etag    VARCHAR NOT NULL,
    high    UBIGINT NOT NULL,    -- the first 8 bytes of the SHA-256 of the file's name
    low     UBIGINT NOT NULL,    -- and of the URI's
    size    BIGINT NOT NULL,
    sha256  VARCHAR NOT NULL, -- of the inflated bytes; '' where integrity is off
    records BIGINT NOT NULL,
    rejects BIGINT NOT NULL,
    account VARCHAR NOT NULL,    -- of all its records; '' where there are several or none is known
    region  VARCHAR NOT NULL,
    first   BIGINT NOT NULL,     -- seconds since 1970-01-01 of its records; of its delivery if it has none; 0 unknown
    last    BIGINT NOT NULL,
    delivered INTEGER NOT NULL,  -- days since 1970-01-01, as its name says; 0 where that is no name of CloudTrail's
    mark    UINTEGER NOT NULL    -- a hash of the ETag; 0 where there is none
);

-- The manifest of days that are long over: the objects of an account's region
-- and day of delivery, by their names. Objects that come late make another row.
CREATE TABLE folded (
    account VARCHAR NOT NULL,    -- as the objects' names say
    region  VARCHAR NOT NULL,
    day     INTEGER NOT NULL,
    checked BOOLEAN NOT NULL,    -- valid digests list them all, with the hash they had
    objects BIGINT NOT NULL,
    records BIGINT NOT NULL,
    rejects BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    first   BIGINT NOT NULL,     -- of all records, as above
    last    BIGINT NOT NULL,
    names   STRUCT(high UBIGINT, low UBIGINT, mark UINTEGER)[] NOT NULL -- of the objects, as above
);

-- A record, or (idx -1) an object, that could not be read, and the place and
-- time where something may be missing for it.
CREATE TABLE reject (
    uri     VARCHAR NOT NULL,
    idx     BIGINT NOT NULL,
    reason  VARCHAR NOT NULL,
    account VARCHAR NOT NULL,    -- '' unknown: any
    region  VARCHAR NOT NULL,
    first   BIGINT NOT NULL,     -- seconds since 1970-01-01; 0 unknown
    last    BIGINT NOT NULL
);

-- Digest files whose signature was looked at.
CREATE TABLE digest (
    file            VARCHAR NOT NULL, -- the last part of the key
    chain           VARCHAR NOT NULL,
    account         VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    start           BIGINT NOT NULL,  -- seconds since 1970-01-01: logs delivered from start
    finish          BIGINT NOT NULL,  -- until finish
    sha256          VARCHAR NOT NULL,
    previous        VARCHAR NOT NULL, -- file of the digest before it, '' in the first
    previous_sha256 VARCHAR NOT NULL,
    fault           VARCHAR NOT NULL  -- why it proves nothing; '' for a valid one
);

-- The logs that digests list.
CREATE TABLE digest_log (
    digest VARCHAR NOT NULL,
    file   VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    oldest BIGINT NOT NULL,
    newest BIGINT NOT NULL,
    folded BOOLEAN NOT NULL      -- it was read as listed, and its row is folded
);

-- What the digests say of all that was read; made anew by each look at them.
CREATE TABLE finding (
    kind    VARCHAR NOT NULL,    -- a Kind; whether it is a hole follows from it
    account VARCHAR NOT NULL,
    region  VARCHAR NOT NULL,
    object  VARCHAR NOT NULL,
    first   BIGINT NOT NULL,     -- seconds since 1970-01-01: events from first
    last    BIGINT NOT NULL,     -- until last
    detail  VARCHAR NOT NULL
);
CREATE TABLE proved (account VARCHAR NOT NULL, region VARCHAR NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL); -- hours since 1970-01-01, last exclusive

-- Who did what where, once per batch: the same shape may have several IDs.
CREATE TABLE shape (
    id        BIGINT NOT NULL,
    account   VARCHAR NOT NULL,
    principal VARCHAR NOT NULL,  -- the role of a session, else userIdentity.arn
    text      BLOB NOT NULL      -- trail.Fact.AppendShape
);

-- Equal records of one day, folded. The same fact may stand in several rows,
-- one per batch; readers merge them.
CREATE TABLE observation (
    shape     BIGINT NOT NULL,
    detail    BLOB NOT NULL,     -- trail.Fact.AppendDetail: to what
    day       INTEGER NOT NULL,  -- days since 1970-01-01
    hours     INTEGER NOT NULL,  -- bit h: the hour h:00 to h:59 UTC
    first     BIGINT NOT NULL,   -- seconds since 1970-01-01
    last      BIGINT NOT NULL,
    high      UBIGINT NOT NULL,  -- the event ID of the first record, a UUID
    low       UBIGINT NOT NULL,
    odd       VARCHAR NOT NULL,  -- the event ID where it is no UUID
    shared    VARCHAR NOT NULL
);

-- Hours of a day in which an account's region had any record at all; one row
-- per batch, bits as above.
CREATE TABLE presence (account VARCHAR NOT NULL, region VARCHAR NOT NULL, day INTEGER NOT NULL, hours INTEGER NOT NULL);
