{#- SQL has no way to raise an error: the message is the value of a cast that fails. -#}
{#- Every second bit of the position, moved together in five steps. `v * (2^n + 1) / 2^n` is `v | v >> n` for bits that far
    apart, with the argument written once instead of twice: five steps would write it 32 times. No step leaves 63 bits. -#}
{%- macro step(value, apart, keep) -%}
(({{ value }} * {{ apart + 1 }} / {{ apart }}) & {{ keep }})
{%- endmacro -%}
{%- macro gathered(bits) -%}
{{ step(step(step(step(step("(" ~ bits ~ " & 1501199875790165)", 2, 900719925474099), 4, 4238682002231055),
    16, 71777214294589695), 256, 281470681808895), 65536, 4294967295) }}
{%- endmacro -%}
{%- set z = "(($1 >> 52) & CAST(31 AS BIGINT))" -%}
{%- set rest = "(4503599627370495 >> CAST(2 * " ~ z ~ " AS INT))" -%}
{%- set unused = "CAST(26 - " ~ z ~ " AS INT)" -%}
SELECT JSON_PARSE(CASE
    WHEN $1 IS NULL THEN NULL
    WHEN ($1 >> 59) = 9 AND {{ z }} <= 26 AND ($1 & {{ rest }}) = {{ rest }} THEN
        '{"z":' || CAST({{ z }} AS VARCHAR)
        || ',"x":' || CAST({{ gathered("$1") }} >> {{ unused }} AS VARCHAR)
        || ',"y":' || CAST({{ gathered("($1 >> 1)") }} >> {{ unused }} AS VARCHAR) || '}'
    ELSE CAST(CAST('QUADBIN_TOZXY: quadbin ' || CAST($1 AS VARCHAR)
        || ' is not a quadbin cell (resolution 0 to 26, mode 1)' AS INT) AS VARCHAR)
END)
