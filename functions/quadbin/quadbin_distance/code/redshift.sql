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
{%- macro z(cell) -%}
(({{ cell }} >> 52) & CAST(31 AS BIGINT))
{%- endmacro -%}
{%- macro rest(cell) -%}
(4503599627370495 >> CAST(2 * {{ z(cell) }} AS INT))
{%- endmacro -%}
{%- macro is_wrong(cell) -%}
NOT (({{ cell }} >> 59) = 9 AND {{ z(cell) }} <= 26 AND ({{ cell }} & {{ rest(cell) }}) = {{ rest(cell) }})
{%- endmacro -%}
{%- macro failure(argument, cell) -%}
CAST('QUADBIN_DISTANCE: {{ argument }} ' || CAST({{ cell }} AS VARCHAR)
        || ' is not a quadbin cell (resolution 0 to 26, mode 1)' AS BIGINT)
{%- endmacro -%}
SELECT CASE
    WHEN $1 IS NULL OR $2 IS NULL THEN NULL
    WHEN {{ is_wrong("$1") }} THEN {{ failure("origin", "$1") }}
    WHEN {{ is_wrong("$2") }} THEN {{ failure("destination", "$2") }}
    WHEN {{ z("$1") }} <> {{ z("$2") }} THEN NULL
    ELSE GREATEST(
        ABS({{ gathered("$1") }} - {{ gathered("$2") }}),
        ABS({{ gathered("($1 >> 1)") }} - {{ gathered("($2 >> 1)") }})
    ) >> CAST(26 - {{ z("$1") }} AS INT)
END
