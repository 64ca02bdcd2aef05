-- PG_CATALOG, the SVV_ views and INFORMATION_SCHEMA as Redshift's clients ask them, over what DuckDB knows of itself.
-- A table's comment holds, as JSON, the types of its columns as CREATE TABLE wrote them, and its keys.
-- The columns of PG_ tables are those of Redshift (PostgreSQL 8.0) and, so that psql of today can describe a table,
-- the later ones that it asks of every server. rs_search_path is set for each session.

CREATE OR REPLACE MACRO _rs.type_name(written, duck) AS
    CASE WHEN written IS NOT NULL THEN written
         WHEN duck LIKE 'STRUCT(srid INTEGER, geom GEOMETRY%' THEN
              CASE WHEN contains(duck, 'geographic') THEN 'geography' ELSE 'geometry' END
         WHEN duck LIKE 'DECIMAL%' THEN replace(lower(duck), 'decimal', 'numeric')
         ELSE CASE duck WHEN 'BOOLEAN' THEN 'boolean' WHEN 'SMALLINT' THEN 'smallint' WHEN 'TINYINT' THEN 'smallint'
              WHEN 'INTEGER' THEN 'integer' WHEN 'BIGINT' THEN 'bigint' WHEN 'UINTEGER' THEN 'bigint'
              WHEN 'FLOAT' THEN 'real' WHEN 'DOUBLE' THEN 'double precision' WHEN 'DATE' THEN 'date'
              WHEN 'TIME' THEN 'time without time zone' WHEN 'TIMESTAMP' THEN 'timestamp without time zone'
              WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp with time zone' WHEN 'BLOB' THEN 'binary varying'
              WHEN 'JSON' THEN 'super' WHEN 'HUGEINT' THEN 'numeric(38,0)' ELSE 'character varying' END END;
CREATE OR REPLACE VIEW _rs.pg_type AS
    SELECT t.oid, typname, 11 AS typnamespace, 1 AS typowner, CAST(typlen AS SMALLINT) AS typlen, typlen > 0 AS typbyval,
           CASE WHEN t.oid IN (2249, 2278, 2279) THEN 'p' ELSE 'b' END AS typtype, 'B' AS typcategory, true AS typisdefined, ',' AS typdelim, 0 AS typrelid, 0 AS typelem,
           0 AS typarray, 0 AS typinput, 0 AS typoutput, false AS typnotnull,
           0 AS typbasetype, -1 AS typtypmod, 0 AS typndims, CAST(NULL AS VARCHAR) AS typdefault, 0 AS typcollation,
           sqlname
    FROM (VALUES (16, 'bool', 1, 'boolean'), (17, 'bytea', -1, 'bytea'), (18, 'char', 1, '"char"'),
                 (19, 'name', 128, 'name'), (20, 'int8', 8, 'bigint'), (21, 'int2', 2, 'smallint'),
                 (23, 'int4', 4, 'integer'), (25, 'text', -1, 'text'), (26, 'oid', 4, 'oid'),
                 (700, 'float4', 4, 'real'), (701, 'float8', 8, 'double precision'),
                 (1042, 'bpchar', -1, 'character'), (1043, 'varchar', -1, 'character varying'),
                 (1082, 'date', 4, 'date'), (1083, 'time', 8, 'time without time zone'),
                 (1114, 'timestamp', 8, 'timestamp without time zone'),
                 (1184, 'timestamptz', 8, 'timestamp with time zone'), (1266, 'timetz', 12, 'time with time zone'),
                 (1700, 'numeric', -1, 'numeric'), (2249, 'record', -1, 'record'),
                 (2278, 'void', 4, 'void'), (2279, 'trigger', 4, 'trigger'), (3000, 'geometry', -1, 'geometry'),
                 (3001, 'geography', -1, 'geography'), (4000, 'super', -1, 'super'),
                 (6551, 'varbyte', -1, 'binary varying')) AS t(oid, typname, typlen, sqlname);
CREATE OR REPLACE MACRO _rs.sqlname(full_name) AS trim(regexp_replace(full_name, '\([0-9, ]+\)', ''));
CREATE OR REPLACE MACRO _rs.typmod(full_name) AS
    CASE WHEN NOT contains(full_name, '(') THEN -1
         WHEN full_name LIKE 'numeric%' THEN
              CAST(regexp_extract(full_name, '\((\d+)', 1) AS INTEGER) * 65536
              + CAST(coalesce(nullif(regexp_extract(full_name, ',\s*(\d+)', 1), ''), '0') AS INTEGER) + 4
         ELSE CAST(regexp_extract(full_name, '\((\d+)', 1) AS INTEGER) + 4 END;
CREATE OR REPLACE MACRO _rs.format_type(t, m) AS
    (SELECT CASE WHEN coalesce(m, -1) < 0 THEN _y.sqlname
                 WHEN _y.oid = 1700 THEN 'numeric(' || ((m - 4) >> 16) || ',' || ((m - 4) & 65535) || ')'
                 WHEN _y.oid IN (1042, 1043, 6551) THEN _y.sqlname || '(' || (m - 4) || ')' ELSE _y.sqlname END
     FROM _rs.pg_type AS _y WHERE _y.oid = t);
CREATE OR REPLACE MACRO _rs.user_id(who) AS
    coalesce((SELECT _u.oid FROM _rs.account AS _u WHERE _u.kind = 'user' AND _u.name = who), 1);
CREATE OR REPLACE MACRO _rs.pg_get_userbyid(i) AS
    coalesce((SELECT _u.name FROM _rs.account AS _u WHERE _u.kind = 'user' AND _u.oid = i), 'rdsdb');

CREATE OR REPLACE VIEW _rs.pg_namespace AS
    SELECT n.oid, n.nspname, _rs.user_id(o.owner) AS nspowner, CAST(NULL AS VARCHAR[]) AS nspacl
    FROM pg_catalog.pg_namespace AS n LEFT JOIN _rs.owner AS o ON o.kind = 'SCHEMA' AND o.object = n.nspname
    WHERE n.nspname NOT IN ('_rs', 'main', 'pg_catalog', 'information_schema')
    UNION ALL SELECT * FROM (VALUES (11, 'pg_catalog', 1, NULL), (12, 'information_schema', 1, NULL),
                                    (13, 'pg_temp_1', 1, NULL)) AS t(oid, nspname, nspowner, nspacl);
CREATE OR REPLACE VIEW _rs.pg_namespace_info AS SELECT * FROM _rs.pg_namespace;
CREATE OR REPLACE MACRO _rs.owner_of(s, t) AS
    coalesce((SELECT _o.owner FROM _rs.owner AS _o WHERE _o.kind = 'TABLE' AND _o.object = s || '.' || t),
             CASE s WHEN 'pg_temp_1' THEN getvariable('rs_user') ELSE 'rdsdb' END);
CREATE OR REPLACE MACRO _rs.comment_on(k, o, p) AS
    (SELECT _c.text FROM _rs.comment AS _c WHERE _c.kind = k AND _c.object = o AND _c.part = p);
-- Every table and view: ours, and those of the catalogue itself. Temporary ones count their OIDs by themselves.
CREATE OR REPLACE VIEW _rs.relation AS
    WITH found AS (
        SELECT database_name, schema_name, table_name AS name, table_oid AS oid, 'r' AS kind, comment,
               estimated_size AS size, CAST(NULL AS VARCHAR) AS sql FROM duckdb_tables() WHERE NOT internal
        UNION ALL
        SELECT database_name, schema_name, view_name, view_oid, 'v', comment, 0, sql
        FROM duckdb_views() WHERE NOT internal)
    SELECT CASE WHEN database_name = 'temp' THEN oid + 1000000000 ELSE oid END AS oid, database_name = 'temp' AS temporary,
           CASE WHEN database_name = 'temp' THEN 'pg_temp_1' WHEN schema_name = '_rs' AND name LIKE 'is_%'
                THEN 'information_schema' WHEN schema_name = '_rs' THEN 'pg_catalog' ELSE schema_name END AS schema_name,
           CASE WHEN schema_name = '_rs' AND name LIKE 'is_%' THEN substr(name, 4) ELSE name END AS name, kind,
           CASE WHEN json_valid(comment) THEN CAST(comment AS JSON) END AS keys, size, sql
    FROM found
    WHERE database_name IN (current_database(), 'temp') AND name NOT LIKE '\_rs\_%' ESCAPE '\'
      AND (schema_name <> '_rs' OR regexp_matches(name, '^(pg|svv|sys|is)_') AND kind = 'v')
      AND (schema_name <> 'main' OR database_name = 'temp');
CREATE OR REPLACE VIEW _rs.relation_column AS
    SELECT r.oid, r.schema_name, r.name AS table_name, r.kind, r.keys, c.column_name, c.column_index AS number,
           _rs.type_name(json_extract_string(json_extract(r.keys, '$.types'), c.column_name), c.data_type) AS type, NOT c.is_nullable AS not_null, c.column_default
    FROM duckdb_columns() AS c JOIN _rs.relation AS r
        ON r.oid = CASE WHEN c.database_name = 'temp' THEN c.table_oid + 1000000000 ELSE c.table_oid END
    WHERE c.database_name IN (current_database(), 'temp') AND NOT c.internal;
CREATE OR REPLACE MACRO _rs.texts(j) AS coalesce(CAST(j AS VARCHAR[]), CAST([] AS VARCHAR[]));
-- One row for each PRIMARY KEY, UNIQUE and FOREIGN KEY. Redshift has them for the planner alone, and keeps no index.
CREATE OR REPLACE VIEW _rs.key AS
    SELECT r.oid AS relation, r.schema_name, r.name AS table_name, r.oid * 100 + 2000000000 + k.n AS oid,
           json_extract_string(k.j, '$.name') AS name, json_extract_string(k.j, '$.kind') AS kind, _rs.texts(json_extract(k.j, '$.columns')) AS columns,
           json_extract_string(k.j, '$.schema') AS to_schema, json_extract_string(k.j, '$.table') AS to_table, _rs.texts(json_extract(k.j, '$.to')) AS to_columns
    FROM (SELECT oid, schema_name, name, unnest(CAST(json_extract(keys, '$.keys') AS JSON[])) AS j,
                 generate_subscripts(CAST(json_extract(keys, '$.keys') AS JSON[]), 1) AS n
          FROM _rs.relation WHERE keys IS NOT NULL) AS k(oid, schema_name, name, j, n)
        JOIN _rs.relation AS r ON r.oid = k.oid;
CREATE OR REPLACE VIEW _rs.key_column AS
    SELECT k.oid, k.relation, k.schema_name, k.table_name, k.name, k.kind, c.column_name, c.number, c.type,
           list_position(k.columns, c.column_name) AS seq, k.to_schema, k.to_table,
           k.to_columns[list_position(k.columns, c.column_name)] AS to_column
    FROM _rs.key AS k JOIN _rs.relation_column AS c ON c.oid = k.relation AND list_contains(k.columns, c.column_name);
CREATE OR REPLACE VIEW _rs.pg_class AS
    SELECT r.oid, r.name AS relname, n.oid AS relnamespace, 0 AS reltype, _rs.user_id(o.owner) AS relowner, 0 AS relam,
           r.oid AS relfilenode, 0 AS reltablespace, 0 AS relpages, CAST(r.size AS FLOAT) AS reltuples,
           0 AS reltoastrelid, 0 AS reltoastidxid, json_extract(r.keys, '$.keys') IS NOT NULL AS relhasindex, false AS relisshared,
           r.kind AS relkind,
           CAST((SELECT count(*) FROM _rs.relation_column AS c WHERE c.oid = r.oid) AS SMALLINT) AS relnatts,
           CAST(0 AS SMALLINT) AS relchecks, CAST(0 AS SMALLINT) AS reltriggers, CAST(0 AS SMALLINT) AS relukeys,
           CAST(0 AS SMALLINT) AS relfkeys, CAST(0 AS SMALLINT) AS relrefs, false AS relhasoids,
           json_extract(r.keys, '$.keys') IS NOT NULL AS relhaspkey, false AS relhasrules, false AS relhassubclass,
           CAST(NULL AS VARCHAR[]) AS relacl, false AS relhastriggers, false AS relrowsecurity,
           false AS relforcerowsecurity, 0 AS reloftype, CASE WHEN r.temporary THEN 't' ELSE 'p' END AS relpersistence,
           'd' AS relreplident, false AS relispartition, CAST(NULL AS VARCHAR[]) AS reloptions,
           CASE coalesce(json_extract_string(r.keys, '$.diststyle'), 'AUTO') WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8
                ELSE 9 END AS reldiststyle, 1259 AS tableoid
    FROM _rs.relation AS r JOIN _rs.pg_namespace AS n ON n.nspname = r.schema_name
        LEFT JOIN _rs.owner AS o ON o.kind = 'TABLE' AND o.object = r.schema_name || '.' || r.name
    UNION ALL
    SELECT k.oid, k.name, n.oid, 0, 1, 403, k.oid, 0, 0, 0, 0, 0, false, false, 'i', len(k.columns), 0, 0, 0, 0, 0, false,
           false, false, false, NULL, false, false, false, 0, 'p', 'd', false, NULL, 9, 1259
    FROM _rs.key AS k JOIN _rs.pg_namespace AS n ON n.nspname = k.schema_name WHERE k.kind IN ('p', 'u');
CREATE OR REPLACE VIEW _rs.pg_class_info AS
    SELECT *, CAST(NULL AS TIMESTAMP) AS relcreationtime, reldiststyle AS releffectivediststyle FROM _rs.pg_class;
CREATE OR REPLACE VIEW _rs.attribute AS
    SELECT oid AS attrelid, column_name AS attname, number AS attnum, type, not_null, column_default, keys
    FROM _rs.relation_column
    UNION ALL SELECT oid, column_name, seq, type, false, NULL, NULL FROM _rs.key_column WHERE kind IN ('p', 'u');
CREATE OR REPLACE VIEW _rs.pg_attribute AS
    SELECT a.attrelid, a.attname, t.oid AS atttypid, -1 AS attstattarget, t.typlen AS attlen,
           CAST(a.attnum AS SMALLINT) AS attnum, 0 AS attndims, -1 AS attcacheoff, _rs.typmod(a.type) AS atttypmod,
           t.typbyval AS attbyval, CASE WHEN t.typlen > 0 THEN 'p' ELSE 'x' END AS attstorage, 'i' AS attalign,
           a.not_null AS attnotnull, a.column_default IS NOT NULL AS atthasdef, false AS attisdropped,
           true AS attislocal, 0 AS attinhcount, '' AS attidentity, '' AS attgenerated, 0 AS attcollation,
           CAST(NULL AS VARCHAR[]) AS attacl, CAST(NULL AS VARCHAR[]) AS attoptions,
           a.attname = json_extract_string(a.keys, '$.distkey') AS attisdistkey,
           CAST(coalesce(list_position(_rs.texts(json_extract(a.keys, '$.sortkey')), a.attname), 0) AS SMALLINT) AS attsortkeyord,
           coalesce(json_extract_string(json_extract(a.keys, '$.encodings'), a.attname), 'none') AS encoding
    FROM _rs.attribute AS a JOIN _rs.pg_type AS t ON t.sqlname = _rs.sqlname(a.type);
CREATE OR REPLACE VIEW _rs.pg_attribute_info AS
    SELECT *, CAST(CASE WHEN attisdistkey THEN 1 ELSE 0 END AS SMALLINT) AS attdistkeyord,
           CAST(0 AS SMALLINT) AS attencodingtype FROM _rs.pg_attribute;
CREATE OR REPLACE VIEW _rs.pg_attrdef AS
    SELECT attrelid * 100 + attnum AS oid, attrelid AS adrelid, CAST(attnum AS SMALLINT) AS adnum,
           column_default AS adbin, column_default AS adsrc FROM _rs.attribute WHERE column_default IS NOT NULL;
CREATE OR REPLACE VIEW _rs.pg_constraint AS
    SELECT k.oid, k.name AS conname, n.oid AS connamespace, k.kind AS contype, false AS condeferrable,
           false AS condeferred, true AS convalidated, k.relation AS conrelid, 0 AS contypid, 0 AS conparentid,
           CASE WHEN k.kind IN ('p', 'u') THEN k.oid ELSE 0 END AS conindid, coalesce(f.oid, 0) AS confrelid,
           'a' AS confupdtype, 'a' AS confdeltype, 's' AS confmatchtype,
           (SELECT list(CAST(c.number AS SMALLINT) ORDER BY c.seq) FROM _rs.key_column AS c WHERE c.oid = k.oid) AS conkey,
           (SELECT list(CAST(t.number AS SMALLINT) ORDER BY c.seq) FROM _rs.key_column AS c
                JOIN _rs.relation_column AS t ON t.oid = f.oid AND t.column_name = c.to_column
            WHERE c.oid = k.oid) AS confkey,
           CAST(NULL AS VARCHAR) AS conbin, CAST(NULL AS VARCHAR) AS consrc
    FROM _rs.key AS k JOIN _rs.pg_namespace AS n ON n.nspname = k.schema_name
        LEFT JOIN _rs.relation AS f ON f.schema_name = k.to_schema AND f.name = k.to_table;
CREATE OR REPLACE VIEW _rs.pg_index AS
    SELECT k.oid AS indexrelid, k.relation AS indrelid,
           (SELECT string_agg(c.number, ' ' ORDER BY c.seq) FROM _rs.key_column AS c WHERE c.oid = k.oid) AS indkey,
           CAST(len(k.columns) AS SMALLINT) AS indnatts, true AS indisunique, k.kind = 'p' AS indisprimary,
           true AS indimmediate, false AS indisclustered, true AS indisvalid, false AS indisreplident, CAST(NULL AS VARCHAR) AS indexprs,
           CAST(NULL AS VARCHAR) AS indpred
    FROM _rs.key AS k WHERE k.kind IN ('p', 'u');
CREATE OR REPLACE VIEW _rs.pg_description AS
    SELECT d.objoid, r.oid AS classoid, d.objsubid, d.description
    FROM (SELECT r.oid AS objoid, 'pg_class' AS class, 0 AS objsubid, c.text AS description
          FROM _rs.comment AS c JOIN _rs.relation AS r ON c.object = r.schema_name || '.' || r.name WHERE c.kind = 'TABLE'
          UNION ALL
          SELECT r.oid, 'pg_class', r.number, c.text FROM _rs.comment AS c JOIN _rs.relation_column AS r
              ON c.object = r.schema_name || '.' || r.table_name AND c.part = r.column_name WHERE c.kind = 'COLUMN'
          UNION ALL
          SELECT k.oid, 'pg_constraint', 0, c.text FROM _rs.comment AS c JOIN _rs.key AS k
              ON c.object = k.schema_name || '.' || k.table_name AND c.part = k.name WHERE c.kind = 'CONSTRAINT'
          UNION ALL
          SELECT n.oid, 'pg_namespace', 0, c.text FROM _rs.comment AS c JOIN _rs.pg_namespace AS n ON n.nspname = c.object
          WHERE c.kind = 'SCHEMA'
          UNION ALL SELECT 100001, 'pg_database', 0, c.text FROM _rs.comment AS c WHERE c.kind = 'DATABASE') AS d
        JOIN _rs.relation AS r ON r.schema_name = 'pg_catalog' AND r.name = d.class;
CREATE OR REPLACE VIEW _rs.pg_am AS SELECT 403 AS oid, 'btree' AS amname;
CREATE OR REPLACE VIEW _rs.pg_inherits AS SELECT 0 AS inhrelid, 0 AS inhparent, 0 AS inhseqno WHERE false;
CREATE OR REPLACE VIEW _rs.pg_trigger AS
    SELECT 0 AS oid, 0 AS tgrelid, '' AS tgname, 0 AS tgfoid, 'O' AS tgenabled, false AS tgisinternal,
           0 AS tgconstraint, '' AS tgdeferrable WHERE false;
CREATE OR REPLACE VIEW _rs.pg_rewrite AS
    SELECT 0 AS oid, '' AS rulename, 0 AS ev_class, '' AS ev_type, '' AS ev_enabled WHERE false;
CREATE OR REPLACE VIEW _rs.pg_policy AS SELECT 0 AS polrelid, '' AS polname WHERE false;
CREATE OR REPLACE VIEW _rs.pg_statistic_ext AS SELECT 0 AS oid, 0 AS stxrelid, '' AS stxname WHERE false;
-- A foreign key depends on the index of the key that it refers to.
CREATE OR REPLACE VIEW _rs.pg_depend AS
    SELECT c.oid AS classid, f.oid AS objid, 0 AS objsubid, r.oid AS refclassid, k.oid AS refobjid, 0 AS refobjsubid,
           'n' AS deptype
    FROM _rs.key AS f JOIN _rs.key AS k ON f.kind = 'f' AND k.kind IN ('p', 'u') AND k.schema_name = f.to_schema
             AND k.table_name = f.to_table AND list_sort(k.columns) = list_sort(f.to_columns)
        JOIN _rs.relation AS c ON c.schema_name = 'pg_catalog' AND c.name = 'pg_constraint'
        JOIN _rs.relation AS r ON r.schema_name = 'pg_catalog' AND r.name = 'pg_class';
CREATE OR REPLACE VIEW _rs.pg_enum AS SELECT 0 AS oid, 0 AS enumtypid, '' AS enumlabel WHERE false;
CREATE OR REPLACE VIEW _rs.pg_cast AS
    SELECT 0 AS oid, 0 AS castsource, 0 AS casttarget, 0 AS castfunc, 'e' AS castcontext, 'b' AS castmethod WHERE false;
CREATE OR REPLACE VIEW _rs.pg_extension AS
    SELECT 0 AS oid, '' AS extname, 0 AS extowner, 0 AS extnamespace, '' AS extversion WHERE false;
CREATE OR REPLACE VIEW _rs.pg_default_acl AS
    SELECT 0 AS oid, 0 AS defaclrole, 0 AS defacluser, 0 AS defaclnamespace, 'r' AS defaclobjtype, CAST(NULL AS VARCHAR[]) AS defaclacl
    WHERE false;
CREATE OR REPLACE VIEW _rs.pg_collation AS SELECT 100 AS oid, 'default' AS collname, 11 AS collnamespace;
CREATE OR REPLACE VIEW _rs.pg_cursors AS SELECT CAST('' AS VARCHAR) AS name WHERE false;
CREATE OR REPLACE VIEW _rs.pg_tablespace AS
    SELECT 1663 AS oid, 'pg_default' AS spcname, 1 AS spcowner, '' AS spclocation, CAST(NULL AS VARCHAR[]) AS spcacl;
CREATE OR REPLACE VIEW _rs.pg_database AS
    SELECT 100001 AS oid, getvariable('rs_database') AS datname, 1 AS datdba, 6 AS encoding, 'C' AS datcollate,
           'C' AS datctype, false AS datistemplate, true AS datallowconn, -1 AS datconnlimit, 0 AS datlastsysoid,
           1663 AS dattablespace, CAST(NULL AS VARCHAR) AS datconfig, CAST(NULL AS VARCHAR[]) AS datacl;
CREATE OR REPLACE VIEW _rs.pg_database_info AS SELECT oid AS datid, * FROM _rs.pg_database;
CREATE OR REPLACE VIEW _rs.pg_roles AS
    SELECT usename AS rolname, usesuper AS rolsuper, true AS rolinherit, usesuper AS rolcreaterole,
           usecreatedb AS rolcreatedb, true AS rolcanlogin, -1 AS rolconnlimit, valuntil AS rolvaliduntil,
           false AS rolreplication, usesysid AS oid, false AS rolbypassrls FROM _rs.pg_user;
CREATE OR REPLACE VIEW _rs.pg_auth_members AS SELECT 0 AS roleid, 0 AS member, 0 AS grantor WHERE false;
CREATE OR REPLACE VIEW _rs.pg_shadow AS SELECT * FROM _rs.pg_user;
CREATE OR REPLACE VIEW _rs.pg_tables AS
    SELECT n.nspname AS schemaname, c.relname AS tablename, _rs.pg_get_userbyid(c.relowner) AS tableowner,
           CAST(NULL AS VARCHAR) AS tablespace, c.relhasindex AS hasindexes, false AS hasrules, false AS hastriggers
    FROM _rs.pg_class AS c JOIN _rs.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'r';
CREATE OR REPLACE MACRO _rs.view_body(s) AS rtrim(regexp_replace(s, '(?is)^\s*CREATE .*?VIEW .*? AS ', ''), ' ;') || ';';
CREATE OR REPLACE VIEW _rs.pg_views AS
    SELECT r.schema_name AS schemaname, r.name AS viewname, _rs.pg_get_userbyid(_rs.user_id(o.owner)) AS viewowner,
           coalesce(t.body, _rs.view_body(r.sql)) AS definition
    FROM _rs.relation AS r LEFT JOIN _rs.owner AS o ON o.kind = 'TABLE' AND o.object = r.schema_name || '.' || r.name
        LEFT JOIN _rs.view_text AS t ON t.schema_name = r.schema_name AND t.name = r.name WHERE r.kind = 'v';
-- Redshift, "PG_TABLE_DEF": only what the search path finds.
CREATE OR REPLACE VIEW _rs.pg_table_def AS
    SELECT r.schema_name AS schemaname, r.table_name AS tablename, r.column_name AS "column", r.type, a.encoding,
           coalesce(a.attisdistkey, false) AS distkey, CAST(a.attsortkeyord AS INTEGER) AS sortkey, r.not_null AS "notnull"
    FROM _rs.relation_column AS r JOIN _rs.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = r.number
    WHERE r.kind = 'r' AND list_contains(string_split(getvariable('rs_search_path'), ','), r.schema_name);
CREATE OR REPLACE VIEW _rs.pg_external_schema AS
    SELECT 0 AS esoid, 0 AS eskind, '' AS esdbname, '' AS esoptions WHERE false;

-- Functions ----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.on_path(s) AS
    s IN ('pg_catalog', 'pg_temp_1') OR list_contains(string_split(getvariable('rs_search_path'), ','), s);
CREATE OR REPLACE MACRO _rs.pg_table_is_visible(o) AS
    EXISTS (SELECT 1 FROM _rs.relation AS _r WHERE _r.oid = o AND _rs.on_path(_r.schema_name));
CREATE OR REPLACE MACRO _rs.pg_type_is_visible(o) AS o IS NOT NULL;
CREATE OR REPLACE MACRO _rs.pg_get_expr
    (b, r) AS CAST(b AS VARCHAR),
    (b, r, p) AS CAST(b AS VARCHAR);
CREATE OR REPLACE MACRO _rs.described(o, c) AS
    (SELECT _d.description FROM _rs.pg_description AS _d JOIN _rs.relation AS _r ON _r.oid = _d.classoid
     WHERE _d.objoid = o AND _d.objsubid = 0 AND (c IS NULL OR _r.name = c) LIMIT 1);
CREATE OR REPLACE MACRO _rs.obj_description
    (o) AS _rs.described(o, NULL),
    (o, c) AS _rs.described(o, c);
CREATE OR REPLACE MACRO _rs.shobj_description(o, c) AS _rs.described(o, c);
CREATE OR REPLACE MACRO _rs.col_description(o, n) AS
    (SELECT _d.description FROM _rs.pg_description AS _d WHERE _d.objoid = o AND _d.objsubid = n AND n > 0);
CREATE OR REPLACE MACRO _rs.view_of(o) AS
    (SELECT _v.definition FROM _rs.pg_views AS _v JOIN _rs.relation AS _r ON _r.schema_name = _v.schemaname AND _r.name = _v.viewname
     WHERE _r.oid = o);
CREATE OR REPLACE MACRO _rs.pg_get_viewdef
    (o) AS _rs.view_of(o),
    (o, p) AS _rs.view_of(o);
CREATE OR REPLACE MACRO _rs.key_text(o) AS
    (SELECT CASE _k.kind WHEN 'p' THEN 'PRIMARY KEY (' WHEN 'u' THEN 'UNIQUE (' ELSE 'FOREIGN KEY (' END
            || array_to_string(_k.columns, ', ') || ')'
            || CASE WHEN _k.kind = 'f' THEN ' REFERENCES '
                    || CASE WHEN _rs.on_path(_k.to_schema) THEN '' ELSE _k.to_schema || '.' END || _k.to_table
                    || '(' || array_to_string(_k.to_columns, ', ') || ')' ELSE '' END
     FROM _rs.key AS _k WHERE _k.oid = o);
CREATE OR REPLACE MACRO _rs.pg_get_constraintdef
    (o) AS _rs.key_text(o),
    (o, p) AS _rs.key_text(o);
CREATE OR REPLACE MACRO _rs.index_text(o, n) AS
    (SELECT CASE WHEN n > 0 THEN _k.columns[n]
            ELSE 'CREATE UNIQUE INDEX ' || _k.name || ' ON ' || _k.schema_name || '.' || _k.table_name || ' USING btree ('
                 || array_to_string(_k.columns, ', ') || ')' END
     FROM _rs.key AS _k WHERE _k.oid = o);
CREATE OR REPLACE MACRO _rs.pg_get_indexdef
    (o) AS _rs.index_text(o, 0),
    (o, n, p) AS _rs.index_text(o, n);
CREATE OR REPLACE MACRO _rs.pg_encoding_to_char(n) AS CASE n WHEN 6 THEN 'UTF8' ELSE '' END;
CREATE OR REPLACE MACRO _rs.pg_table_size(o) AS CAST(0 AS BIGINT);
CREATE OR REPLACE MACRO _rs.pg_relation_size(o) AS CAST(0 AS BIGINT);
CREATE OR REPLACE MACRO _rs.pg_total_relation_size(o) AS CAST(0 AS BIGINT);
CREATE OR REPLACE MACRO _rs.pg_database_size(o) AS CAST(0 AS BIGINT);
CREATE OR REPLACE MACRO _rs.pg_size_pretty(n) AS n || ' bytes';
CREATE OR REPLACE MACRO _rs.format_encoding(n) AS 'none';
CREATE OR REPLACE MACRO _rs.pg_tablespace_location(o) AS '';
CREATE OR REPLACE MACRO _rs.current_schemas(implicit) AS
    CASE WHEN implicit THEN ['pg_catalog'] ELSE CAST([] AS VARCHAR[]) END || string_split(getvariable('rs_search_path'), ',');
-- PostgreSQL's array_out: braces, and quotes where an element could be taken for something else.
CREATE OR REPLACE MACRO _rs.array_text(a) AS
    '{' || array_to_string(list_transform(a, lambda x: coalesce(
        CASE WHEN regexp_full_match(CAST(x AS VARCHAR), '[^\s{}",\\]+') AND upper(CAST(x AS VARCHAR)) <> 'NULL' THEN CAST(x AS VARCHAR)
             ELSE '"' || replace(replace(CAST(x AS VARCHAR), '\', '\\'), '"', '\"') || '"' END, 'NULL')), ',') || '}';
CREATE OR REPLACE MACRO _rs.array_upper(a, n) AS CASE WHEN n = 1 AND len(a) > 0 THEN CAST(len(a) AS INTEGER) END;
CREATE OR REPLACE MACRO _rs.array_lower(a, n) AS CASE WHEN n = 1 AND len(a) > 0 THEN 1 END;
-- information_schema's helper: the columns of a key (pg_index.indkey) with their places, a row each.
CREATE OR REPLACE MACRO _rs._pg_expandarray(k) AS
    unnest(list_transform(regexp_extract_all(CAST(k AS VARCHAR), '-?[0-9]+'), lambda v, i: {'x': CAST(v AS INTEGER), 'n': CAST(i AS INTEGER)}));
CREATE OR REPLACE MACRO _rs.regclass(t) AS
    (SELECT _r.oid FROM _rs.relation AS _r
     WHERE CASE WHEN contains(t, '.') THEN _r.schema_name || '.' || _r.name = replace(lower(t), '"', '')
                ELSE _r.name = replace(lower(t), '"', '') AND _rs.on_path(_r.schema_name) END LIMIT 1);
CREATE OR REPLACE MACRO _rs.regclass_name(o) AS
    (SELECT CASE WHEN _rs.on_path(_r.schema_name) THEN _r.name ELSE _r.schema_name || '.' || _r.name END
     FROM _rs.relation AS _r WHERE _r.oid = o);
CREATE OR REPLACE MACRO _rs.regtype(t) AS
    (SELECT _y.oid FROM _rs.pg_type AS _y
     WHERE _y.typname = replace(lower(t), 'pg_catalog.', '') OR _y.sqlname = replace(lower(t), 'pg_catalog.', '') LIMIT 1);

-- SVV_ views: Redshift, "SVV metadata views" ----------------------------------------------------------------------------

CREATE OR REPLACE MACRO _rs.is_system(s) AS s IN ('pg_catalog', 'information_schema');
CREATE OR REPLACE VIEW _rs.svv_redshift_databases AS
    SELECT getvariable('rs_database') AS database_name, 100 AS database_owner, 'local' AS database_type,
           CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS database_options,
           'Snapshot Isolation' AS database_isolation_level;
CREATE OR REPLACE VIEW _rs.svv_redshift_schemas AS
    SELECT getvariable('rs_database') AS database_name, nspname AS schema_name, nspowner AS schema_owner,
           'local' AS schema_type, CAST(NULL AS VARCHAR) AS schema_acl, CAST(NULL AS VARCHAR) AS schema_option
    FROM _rs.pg_namespace WHERE nspname NOT IN ('pg_catalog', 'pg_temp_1');
CREATE OR REPLACE VIEW _rs.svv_all_schemas AS
    SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, CAST(NULL AS VARCHAR) AS source_database,
           schema_option FROM _rs.svv_redshift_schemas;
CREATE OR REPLACE VIEW _rs.svv_redshift_tables AS
    SELECT getvariable('rs_database') AS database_name, schema_name, name AS table_name,
           CASE kind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS table_type, CAST(NULL AS VARCHAR) AS table_acl,
           _rs.comment_on('TABLE', schema_name || '.' || name, '') AS remarks,
           _rs.owner_of(schema_name, name) AS table_owner
    FROM _rs.relation WHERE schema_name NOT IN ('pg_catalog', 'information_schema');
CREATE OR REPLACE VIEW _rs.svv_all_tables AS
    SELECT database_name, schema_name, table_name, table_acl, table_type, remarks FROM _rs.svv_redshift_tables;
CREATE OR REPLACE VIEW _rs.column_facts AS
    SELECT getvariable('rs_database') AS database_name, schema_name, table_name, column_name,
           CAST(number AS INTEGER) AS ordinal_position, column_default,
           CASE WHEN not_null THEN 'NO' ELSE 'YES' END AS is_nullable, _rs.sqlname(type) AS data_type,
           CASE WHEN type LIKE 'character%(%' THEN _rs.typmod(type) - 4 END AS character_maximum_length,
           CASE WHEN type LIKE 'numeric(%' THEN (_rs.typmod(type) - 4) >> 16 ELSE CASE _rs.sqlname(type)
               WHEN 'smallint' THEN 16 WHEN 'integer' THEN 32 WHEN 'bigint' THEN 64 WHEN 'real' THEN 24
               WHEN 'double precision' THEN 53 END END AS numeric_precision,
           CASE WHEN type LIKE 'numeric(%' THEN (_rs.typmod(type) - 4) & 65535
                WHEN _rs.sqlname(type) IN ('smallint', 'integer', 'bigint') THEN 0 END AS numeric_scale,
           _rs.comment_on('COLUMN', schema_name || '.' || table_name, column_name) AS remarks, kind, keys
    FROM _rs.relation_column;
CREATE OR REPLACE VIEW _rs.svv_redshift_columns AS
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
           coalesce(json_extract_string(json_extract(keys, '$.encodings'), column_name), 'none') AS encoding,
           column_name = json_extract_string(keys, '$.distkey') AS distkey,
           coalesce(list_position(_rs.texts(json_extract(keys, '$.sortkey')), column_name), 0) AS sortkey,
           CAST(NULL AS VARCHAR) AS column_acl, remarks
    FROM _rs.column_facts WHERE NOT _rs.is_system(schema_name);
CREATE OR REPLACE VIEW _rs.svv_all_columns AS
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
           character_maximum_length, numeric_precision, numeric_scale, remarks
    FROM _rs.column_facts WHERE NOT _rs.is_system(schema_name);
CREATE OR REPLACE VIEW _rs.svv_tables AS
    SELECT getvariable('rs_database') AS table_catalog, schema_name AS table_schema, name AS table_name,
           CASE kind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,
           _rs.comment_on('TABLE', schema_name || '.' || name, '') AS remarks
    FROM _rs.relation;
CREATE OR REPLACE VIEW _rs.svv_columns AS
    SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position,
           column_default, is_nullable, data_type, character_maximum_length, numeric_precision,
           CAST(NULL AS INTEGER) AS numeric_precision_radix, numeric_scale, CAST(NULL AS INTEGER) AS datetime_precision,
           CAST(NULL AS VARCHAR) AS interval_type, CAST(NULL AS VARCHAR) AS interval_precision,
           CAST(NULL AS VARCHAR) AS character_set_catalog, CAST(NULL AS VARCHAR) AS character_set_schema,
           CAST(NULL AS VARCHAR) AS character_set_name, CAST(NULL AS VARCHAR) AS collation_catalog,
           CAST(NULL AS VARCHAR) AS collation_schema, CAST(NULL AS VARCHAR) AS collation_name,
           CAST(NULL AS VARCHAR) AS domain_name, remarks
    FROM _rs.column_facts;
CREATE OR REPLACE VIEW _rs.svv_table_info AS
    SELECT getvariable('rs_database') AS database, schema_name AS schema, oid AS table_id, name AS "table",
           'N' AS encoded, coalesce(json_extract_string(keys, '$.diststyle'), 'AUTO(ALL)') AS diststyle,
           _rs.texts(json_extract(keys, '$.sortkey'))[1] AS sortkey1, CAST(size AS DECIMAL(38, 0)) AS tbl_rows
    FROM _rs.relation WHERE kind = 'r' AND NOT _rs.is_system(schema_name);
CREATE OR REPLACE VIEW _rs.svv_external_schemas AS
    SELECT 0 AS esoid, 0 AS eskind, '' AS schemaname, 0 AS esowner, '' AS databasename, '' AS esoptions WHERE false;
CREATE OR REPLACE VIEW _rs.svv_external_tables AS
    SELECT '' AS redshift_database_name, '' AS schemaname, '' AS tablename, '' AS tabletype, '' AS location,
           '' AS input_format, '' AS output_format, '' AS serialization_lib, '' AS serde_parameters, 0 AS compressed,
           '' AS parameters WHERE false;
CREATE OR REPLACE VIEW _rs.svv_external_columns AS
    SELECT '' AS redshift_database_name, '' AS schemaname, '' AS tablename, '' AS columnname, '' AS external_type,
           0 AS columnnum, 0 AS part_key, '' AS is_nullable WHERE false;

-- INFORMATION_SCHEMA -----------------------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW _rs.is_schemata AS
    SELECT getvariable('rs_database') AS catalog_name, nspname AS schema_name,
           _rs.pg_get_userbyid(nspowner) AS schema_owner FROM _rs.pg_namespace WHERE nspname <> 'pg_temp_1';
CREATE OR REPLACE VIEW _rs.is_tables AS
    SELECT table_catalog, table_schema, table_name,
           CASE WHEN table_schema = 'pg_temp_1' THEN 'LOCAL TEMPORARY' ELSE table_type END AS table_type,
           CAST(NULL AS VARCHAR) AS self_referencing_column_name, CAST(NULL AS VARCHAR) AS reference_generation
    FROM _rs.svv_tables;
CREATE OR REPLACE VIEW _rs.is_views AS
    SELECT getvariable('rs_database') AS table_catalog, schemaname AS table_schema, viewname AS table_name,
           definition AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable FROM _rs.pg_views;
CREATE OR REPLACE VIEW _rs.is_columns AS SELECT * EXCLUDE (remarks) FROM _rs.svv_columns;
CREATE OR REPLACE VIEW _rs.is_table_constraints AS
    SELECT getvariable('rs_database') AS constraint_catalog, schema_name AS constraint_schema, name AS constraint_name,
           getvariable('rs_database') AS table_catalog, schema_name AS table_schema, table_name,
           CASE kind WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END AS constraint_type,
           'NO' AS is_deferrable, 'NO' AS initially_deferred FROM _rs.key;
CREATE OR REPLACE VIEW _rs.is_key_column_usage AS
    SELECT getvariable('rs_database') AS constraint_catalog, schema_name AS constraint_schema, name AS constraint_name,
           getvariable('rs_database') AS table_catalog, schema_name AS table_schema, table_name, column_name,
           CAST(seq AS INTEGER) AS ordinal_position FROM _rs.key_column;

-- SHOW -----------------------------------------------------------------------------------------------------------------
-- The rows of SHOW TABLES and its siblings; object_name and signature are there to be asked for, not shown.

CREATE OR REPLACE VIEW _rs.show_databases AS
    SELECT database_name, database_owner, database_type, database_acl, database_options AS parameters,
           database_isolation_level FROM _rs.svv_redshift_databases;
CREATE OR REPLACE VIEW _rs.show_schemas AS
    SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, schema_option
    FROM _rs.svv_all_schemas;
CREATE OR REPLACE VIEW _rs.show_tables AS
    SELECT getvariable('rs_database') AS database_name, schema_name, name AS table_name,
           CASE WHEN _rs.is_system(schema_name) THEN 'SYSTEM VIEW' WHEN temporary THEN 'LOCAL TEMPORARY'
                WHEN kind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS table_type,
           CAST(NULL AS VARCHAR) AS table_acl, _rs.comment_on('TABLE', schema_name || '.' || name, '') AS remarks,
           _rs.owner_of(schema_name, name) AS owner,
           CAST(NULL AS TIMESTAMP) AS last_altered_time, CAST(NULL AS TIMESTAMP) AS last_modified_time,
           coalesce(json_extract_string(keys, '$.diststyle'), 'AUTO(ALL)') AS dist_style, '' AS table_subtype
    FROM _rs.relation;
CREATE OR REPLACE VIEW _rs.show_columns AS
    SELECT database_name, schema_name, table_name AS object_name, table_name, column_name, ordinal_position,
           column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks,
           CASE WHEN json_extract(keys, '$.sortkey') IS NOT NULL THEN 'COMPOUND' END AS sort_key_type,
           coalesce(list_position(_rs.texts(json_extract(keys, '$.sortkey')), column_name), 0) AS sort_key,
           CASE WHEN column_name = json_extract_string(keys, '$.distkey') THEN 1 ELSE 0 END AS dist_key,
           coalesce(json_extract_string(json_extract(keys, '$.encodings'), column_name), 'none') AS encoding,
           CAST(NULL AS VARCHAR) AS collation
    FROM _rs.column_facts ORDER BY schema_name, table_name, ordinal_position;
CREATE OR REPLACE VIEW _rs.show_primary_keys AS
    SELECT getvariable('rs_database') AS database_name, schema_name, table_name AS object_name, table_name, column_name,
           CAST(seq AS SMALLINT) AS key_seq, name AS pk_name
    FROM _rs.key_column WHERE kind = 'p' ORDER BY schema_name, table_name, seq;
CREATE OR REPLACE VIEW _rs.foreign_key AS
    SELECT getvariable('rs_database') AS pk_database_name, to_schema AS pk_schema_name, to_table AS pk_table_name,
           to_column AS pk_column_name, getvariable('rs_database') AS fk_database_name, schema_name AS fk_schema_name,
           table_name AS fk_table_name, column_name AS fk_column_name, CAST(seq AS SMALLINT) AS key_seq,
           CAST(3 AS SMALLINT) AS update_rule, CAST(3 AS SMALLINT) AS delete_rule, f.name AS fk_name,
           (SELECT k.name FROM _rs.key AS k WHERE k.kind = 'p' AND k.schema_name = f.to_schema
                AND k.table_name = f.to_table) AS pk_name, CAST(7 AS SMALLINT) AS deferrability
    FROM _rs.key_column AS f WHERE f.kind = 'f' ORDER BY f.schema_name, f.table_name, f.seq;
CREATE OR REPLACE VIEW _rs.show_foreign_keys AS
    SELECT fk_database_name AS database_name, fk_schema_name AS schema_name, fk_table_name AS object_name, *
    FROM _rs.foreign_key;
CREATE OR REPLACE VIEW _rs.show_exported_keys AS
    SELECT pk_database_name AS database_name, pk_schema_name AS schema_name, pk_table_name AS object_name, *
    FROM _rs.foreign_key;
CREATE OR REPLACE VIEW _rs.show_grants AS
    SELECT getvariable('rs_database') AS database_name, namespace_name AS schema_name, relation_name AS object_name,
           'TABLE' AS object_type, privilege_type, identity_id, identity_name,
           identity_type, admin_option, 'TABLE' AS privilege_scope, 'awsuser' AS grantor_name
    FROM _rs.svv_relation_privileges;
CREATE OR REPLACE VIEW _rs.show_column_grants AS
    SELECT *, object_name AS table_name, '' AS column_name FROM _rs.show_grants WHERE false;
