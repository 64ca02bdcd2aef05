CREATE OR REPLACE EXTERNAL FUNCTION "carto"."quadbin_toquadkey" (BIGINT)
RETURNS VARCHAR(MAX)
STABLE
LAMBDA 'carto-at-quadbin'
IAM_ROLE 'arn:aws:iam::123456789012:role/invoke'
RETRY_TIMEOUT 20000
MAX_BATCH_SIZE 5120 KB;

GRANT USAGE ON SCHEMA "carto" TO "al""ice", GROUP "map makers", ROLE "gis";

REVOKE EXECUTE ON FUNCTION "carto"."quadbin_toquadkey" (BIGINT) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "carto"."quadbin_toquadkey" (BIGINT) TO "al""ice", GROUP "map makers", ROLE "gis";
