-- Folds the rows in foldable, which are objects of days that are long over.
INSERT INTO folded
SELECT name_account, name_region, delivered, checked, count(*), sum(records), sum(rejects), sum(size),
       coalesce(min(first) FILTER (first > 0), 0), max(last),
       list({'high': high, 'low': low, 'mark': mark})
FROM foldable
GROUP BY name_account, name_region, delivered, checked
ORDER BY delivered, name_account, name_region;

UPDATE digest_log SET folded = true WHERE NOT folded AND file IN (SELECT file FROM foldable WHERE checked);

DELETE FROM object WHERE rowid IN (SELECT row FROM foldable);

DROP TABLE foldable;
