-- What Redshift's catalogue knows of functions, grants and views, and the system views that clients read.

CREATE SEQUENCE IF NOT EXISTS _rs.oids START 100000;
CREATE TABLE IF NOT EXISTS _rs.function (
    oid BIGINT, schema_name VARCHAR, name VARCHAR, signature VARCHAR, argument_names VARCHAR[],
    argument_types VARCHAR[], returns VARCHAR, volatility VARCHAR, body VARCHAR, lambda_name VARCHAR,
    iam_role VARCHAR, retry_timeout BIGINT, max_batch_rows BIGINT, max_batch_size BIGINT, owner VARCHAR);
-- Two sessions that create one function at a time do not see one another's row: the index does.
CREATE UNIQUE INDEX IF NOT EXISTS function_signature ON _rs.function (schema_name, name, signature);
CREATE TABLE IF NOT EXISTS _rs.procedure (
    oid BIGINT, schema_name VARCHAR, name VARCHAR, signature VARCHAR, argument_names VARCHAR[],
    argument_modes VARCHAR[], argument_types VARCHAR[], body VARCHAR, atomic BOOLEAN, definer BOOLEAN, owner VARCHAR);
CREATE TABLE IF NOT EXISTS _rs.materialized (schema_name VARCHAR, name VARCHAR, body VARCHAR);
CREATE TABLE IF NOT EXISTS _rs.view_text (schema_name VARCHAR, name VARCHAR, body VARCHAR);
-- A late-binding view depends on nothing.
ALTER TABLE _rs.view_text ADD COLUMN IF NOT EXISTS late BOOLEAN DEFAULT false;
