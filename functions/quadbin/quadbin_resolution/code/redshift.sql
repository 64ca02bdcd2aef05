{#- SQL has no way to raise an error: the message is the value of a cast that fails. -#}
{%- set z = "(($1 >> 52) & CAST(31 AS BIGINT))" -%}
{%- set rest = "(4503599627370495 >> CAST(2 * " ~ z ~ " AS INT))" -%}
SELECT CASE
    WHEN $1 IS NULL THEN NULL
    WHEN ($1 >> 59) = 9 AND {{ z }} <= 26 AND ($1 & {{ rest }}) = {{ rest }} THEN CAST({{ z }} AS INT)
    ELSE CAST('QUADBIN_RESOLUTION: quadbin ' || CAST($1 AS VARCHAR)
        || ' is not a quadbin cell (resolution 0 to 26, mode 1)' AS INT)
END
