CREATE OR REPLACE FUNCTION "carto"."quadbin_toparent" (BIGINT, INTEGER)
RETURNS BIGINT
STABLE
AS $$
SELECT CASE WHEN $2 <= "carto".quadbin_resolution($1) THEN $1 - $2 END
$$
LANGUAGE sql;
