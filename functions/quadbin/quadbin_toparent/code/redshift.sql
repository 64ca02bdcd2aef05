{#- SQL has no way to raise an error: the message is the value of a cast that fails. -#}
{%- set z = "(($1 >> 52) & CAST(31 AS BIGINT))" -%}
{%- set rest = "(4503599627370495 >> CAST(2 * " ~ z ~ " AS INT))" -%}
SELECT CASE
    WHEN $1 IS NULL OR $2 IS NULL THEN NULL
    WHEN NOT (($1 >> 59) = 9 AND {{ z }} <= 26 AND ($1 & {{ rest }}) = {{ rest }}) THEN
        CAST('QUADBIN_TOPARENT: quadbin ' || CAST($1 AS VARCHAR)
            || ' is not a quadbin cell (resolution 0 to 26, mode 1)' AS BIGINT)
    WHEN $2 < 0 OR $2 > {{ z }} THEN
        CAST('QUADBIN_TOPARENT: resolution ' || CAST($2 AS VARCHAR)
            || ' is out of range 0 to ' || CAST({{ z }} AS VARCHAR) AS BIGINT)
    ELSE ($1 - (({{ z }} - $2) << 52)) | (4503599627370495 >> (2 * $2))
END
