"""Mangled SQL, from a seeded source: real statements with their tokens dropped, doubled, swapped, and replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SEEDS = (
    "SELECT a, COUNT(*) FROM t WHERE b LIKE 'x%' GROUP BY a HAVING COUNT(*) > 1 ORDER BY 2 DESC LIMIT 5",
    "WITH c AS (SELECT a FROM t UNION ALL SELECT 1) SELECT c.a, t.b FROM c LEFT JOIN t ON c.a = t.a",
    "INSERT INTO t (a, b) VALUES (1, 'it''s'), (NULL, E'\\\\x')",
    "UPDATE t SET b = CASE WHEN a > 1 THEN 'x' ELSE b END WHERE a IN (SELECT a FROM t)",
    "DELETE FROM t USING t AS u WHERE t.a = u.a AND u.b IS NULL",
    "CREATE TABLE u (a INT NOT NULL, b VARCHAR(10) DEFAULT 'x' ENCODE zstd) DISTKEY(a) SORTKEY(b)",
    "CREATE TEMP TABLE v AS SELECT a::DECIMAL(10,2) AS d, DATEADD(day, 1, '2020-01-01') FROM t",
    "CREATE OR REPLACE FUNCTION f (INT, VARCHAR) RETURNS INT STABLE AS $$ SELECT $1 + LEN($2) $$ LANGUAGE sql",
    "CREATE EXTERNAL FUNCTION e (BIGINT) RETURNS BIGINT STABLE LAMBDA 'l' IAM_ROLE 'arn:aws:iam::000000000000:role/r'",
    "CREATE VIEW w AS SELECT * FROM t WITH NO SCHEMA BINDING",
    "ALTER TABLE t ADD COLUMN c SUPER",
    "GRANT EXECUTE ON FUNCTION f(INT, VARCHAR) TO GROUP g",
    "DROP FUNCTION IF EXISTS f(INT, VARCHAR) CASCADE",
    "SELECT JSON_PARSE('{\"a\":[1,2]}').a[0], ST_ASTEXT(ST_POINT(1, 2)), TO_VARBYTE('61', 'hex')",
    "SELECT RANK() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t QUALIFY 1 = 1",
    "SELECT f(a, b), f(1, NULL) FROM t /* a comment */ -- and one more",
    "SET search_path TO public, carto; SHOW search_path; RESET search_path",
    "BEGIN; SELECT 1; ROLLBACK",
    "COPY t (a, b) FROM 's3://b/k' IAM_ROLE default FORMAT AS CSV DELIMITER ',' IGNOREHEADER 1 MAXERROR 5 NULL AS 'x'",
    "COPY t FROM 's3://b/k' CREDENTIALS 'aws_iam_role=arn:aws:iam::000000000000:role/r' JSON 'auto' GZIP",
    "UNLOAD ('SELECT a, b FROM t') TO 's3://b/o' IAM_ROLE default PARQUET PARTITION BY (a) INCLUDE MAXFILESIZE 5 MB",
    (
        "CREATE OR REPLACE PROCEDURE p(n IN INT, m INOUT VARCHAR) AS $$ DECLARE i INT := 0; r RECORD; BEGIN "
        "FOR r IN SELECT a FROM t LOOP i := i + r.a; IF i > n THEN EXIT; END IF; END LOOP; "
        "RAISE INFO 'got %', i; EXECUTE 'SELECT 1'; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM; END $$ "
        "LANGUAGE plpgsql SECURITY INVOKER"
    ),
    "CALL p(1, 'x'); DROP PROCEDURE p(INT, VARCHAR)",
    (
        "MERGE INTO t USING (SELECT 1 AS a, 'y' AS b) AS s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b "
        "WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)"
    ),
    "MERGE INTO t USING t AS s ON t.a = s.a REMOVE DUPLICATES",
    "BEGIN; DECLARE c CURSOR FOR SELECT a FROM t; FETCH FORWARD 2 FROM c; FETCH ALL FROM c; CLOSE c; COMMIT",
    "PREPARE q (INT, VARCHAR) AS SELECT $1, $2 FROM t; EXECUTE q (1, 'x'); DEALLOCATE q",
    "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; REFRESH MATERIALIZED VIEW m; DROP MATERIALIZED VIEW m",
    "CREATE USER ana PASSWORD 'Secret123' IN GROUP g; ALTER TABLE t OWNER TO ana; DROP USER ana",
    "LOCK TABLE t; EXPLAIN SELECT * FROM t WHERE a = 1; SHOW COLUMNS FROM TABLE dev.public.t",
    "SELECT TOP 3 * FROM t, t AS u WHERE t.a BETWEEN 1 AND 2 OR NOT EXISTS (SELECT 1 FROM t)",
)
_TOKEN = re.compile(r"\s+|\w+|'[^']*'|.", re.DOTALL)
_JUNK = (
    "'", '"', "(", ")", "[", "]", "{", "}", ";", ",", ".", "--", "/*", "*/", "$$", "$1", "::", "\\", "@", "#", "NULL",
    "SELECT", "FROM", "*", "0", "1e999", "99999999999999999999999999999999999999999", "-1", "''", '""', "é", "日本",
    "\U0001f600", "\u202e", "x" * 300, "NOT " * 30, "(" * 40, "[" * 40, "CASE WHEN ", "a.b.c.d.e", "OVER ()", "IN ()",
)  # fmt: skip
_DEEP = (
    lambda depth: "SELECT " + "(" * depth + "1" + ")" * depth,
    lambda depth: "SELECT " + "-" + " -" * depth + "1",
    lambda depth: "SELECT 1" + " + 1" * depth,
    lambda depth: "SELECT " + "NOT " * depth + "TRUE",
    lambda depth: "SELECT * FROM " + "(SELECT * FROM " * depth + "t" + ")" * depth,
    lambda depth: "SELECT " + "CASE WHEN TRUE THEN " * depth + "1" + " END" * depth,
    lambda depth: "SELECT JSON_PARSE('" + "[" * depth + "]" * depth + "')",
    lambda depth: "SELECT 1" + " UNION ALL SELECT 1" * depth,
)


def mangled(source: random.Random, count: int) -> Iterator[str]:
    """Every statement is wrong in some way, or right by chance; one in a hundred is nested far too deep."""
    for _ in range(count):
        if source.random() < 0.01:
            yield source.choice(_DEEP)(source.randint(10, 2000))
            continue
        parts = _TOKEN.findall(source.choice(SEEDS))
        for _ in range(source.randint(1, 4)):
            _mangle(source, parts)
        yield "".join(parts).replace("\0", "")


def _mangle(source: random.Random, parts: list[str]) -> None:
    at = source.randrange(len(parts)) if parts else 0
    way = source.randrange(6)
    if way == 0 and parts:
        del parts[at]
    elif way == 1:
        parts.insert(at, source.choice(_JUNK))
    elif way == 2 and parts:
        parts[at] = source.choice(_JUNK)
    elif way == 3 and parts:
        other = source.randrange(len(parts))
        parts[at], parts[other] = parts[other], parts[at]
    elif way == 4:
        parts[at:at] = parts[at : at + source.randint(1, 6)]
    else:
        del parts[at:]
        parts.extend(_TOKEN.findall(source.choice(SEEDS))[source.randint(0, 8) :])
