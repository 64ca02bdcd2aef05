CREATE OR REPLACE EXTERNAL FUNCTION "carto".__greet (a VARCHAR(256), FLOAT8)
RETURNS VARCHAR(256)
STABLE
LAMBDA 'carto-at-quadbin'
IAM_ROLE 'arn:aws:iam::123456789012:role/invoke';

CREATE OR REPLACE FUNCTION "carto".greet (VARCHAR(256))
RETURNS VARCHAR(256)
STABLE
AS $$ -- a body; with a semicolon
    SELECT "carto".__greet($1, 1.0) || ';'
$$ LANGUAGE sql;
