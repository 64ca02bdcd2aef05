-- What Redshift's catalogue knows of functions, grants and views, and the system views that clients read.

CREATE SEQUENCE IF NOT EXISTS _rs.oids START 100000;
CREATE TABLE IF NOT EXISTS _rs.function (
    oid BIGINT, schema_name VARCHAR, name VARCHAR, signature VARCHAR, argument_names VARCHAR[],
    argument_types VARCHAR[], returns VARCHAR, volatility VARCHAR, body VARCHAR, lambda_name VARCHAR,
    iam_role VARCHAR, retry_timeout BIGINT, max_batch_rows BIGINT, max_batch_size BIGINT, owner VARCHAR);
-- Two sessions that create one function at a time do not see one another's row: the index does.
CREATE UNIQUE INDEX IF NOT EXISTS function_signature ON _rs.function (schema_name, name, signature);
CREATE TABLE IF NOT EXISTS _rs.view_text (schema_name VARCHAR, name VARCHAR, body VARCHAR);
-- A late-binding view depends on nothing.
ALTER TABLE _rs.view_text ADD COLUMN IF NOT EXISTS late BOOLEAN DEFAULT false;
-- rs_database and rs_user are set for each session.
CREATE OR REPLACE VIEW _rs.pg_namespace AS
    SELECT oid, nspname, 100 AS nspowner, CAST(NULL AS VARCHAR) AS nspacl
    FROM pg_catalog.pg_namespace WHERE nspname NOT IN ('_rs', 'main');
CREATE OR REPLACE VIEW _rs.pg_language AS
    SELECT * FROM (VALUES (14, 'sql'), (102, 'exfunc')) AS t(oid, lanname);
CREATE OR REPLACE VIEW _rs.pg_proc AS
    SELECT f.oid, f.name AS proname, n.oid AS pronamespace, 100 AS proowner,
           CASE WHEN f.lambda_name IS NULL THEN 14 ELSE 102 END AS prolang, false AS proisagg,
           left(f.volatility, 1) AS provolatile, CAST(len(f.argument_types) AS SMALLINT) AS pronargs,
           f.returns AS prorettype, f.signature AS proargtypes, f.argument_names AS proargnames,
           coalesce(f.body, f.lambda_name) AS prosrc, CAST(f.iam_role AS VARCHAR) AS probin
    FROM _rs.function AS f JOIN pg_catalog.pg_namespace AS n ON n.nspname = f.schema_name;
CREATE OR REPLACE VIEW _rs.pg_proc_info AS
    SELECT oid AS prooid, proname, pronamespace, proowner, prolang, proisagg, provolatile, pronargs, prorettype,
           proargtypes, proargnames, prosrc, probin, 'f' AS prokind FROM _rs.pg_proc;
CREATE OR REPLACE VIEW _rs.svv_redshift_functions AS
    SELECT getvariable('rs_database') AS database_name, schema_name, name AS function_name, 'REGULAR FUNCTION' AS function_type,
           signature AS argument_type, returns AS result_type FROM _rs.function;
CREATE OR REPLACE VIEW _rs.svv_redshift_schemas AS
    SELECT getvariable('rs_database') AS database_name, nspname AS schema_name, 100 AS schema_owner, 'local' AS schema_type
    FROM _rs.pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema');
CREATE OR REPLACE VIEW _rs.svv_all_schemas AS SELECT * FROM _rs.svv_redshift_schemas;
CREATE OR REPLACE VIEW _rs.svv_redshift_tables AS
    SELECT getvariable('rs_database') AS database_name, table_schema AS schema_name, table_name,
           CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS table_type
    FROM information_schema.tables WHERE table_schema NOT IN ('_rs', 'main');
