"""From texts to a column's type as COPY does it, in SQL over the relation that the records are lent as.

Each column gives the value, and where the text is not one the reason why: Redshift, "Load error reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from builder.local.copying.grammar import Options
    from builder.local.objects.shape import Column

_INTEGERS = {"smallint": "Short", "integer": "Integer", "bigint": "Long"}
_TRUE = "'t', 'true', 'y', 'yes', 'on', '1'"
_FALSE = "'f', 'false', 'n', 'no', 'off', '0'"
# Redshift, "DATEFORMAT and TIMEFORMAT strings", the longer first; strptime's spellings.
_FORMATS = (
    ("YYYY", "%Y"), ("YY", "%y"), ("MONTH", "%B"), ("MON", "%b"), ("MM", "%m"), ("DD", "%d"), ("HH24", "%H"),
    ("HH12", "%I"), ("HH", "%I"), ("MI", "%M"), ("SS.US", "%S.%f"), ("SS", "%S"), ("AM", "%p"), ("PM", "%p"),
    ("OF", "%z"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Filled:
    """`value` and `reason` are SQL; a reason is `code|text`, NULL where all is well."""

    value: str
    reason: str


def filled(column: Column, field: str, options: Options) -> Filled:
    """How a column is filled from the text of a field."""
    name = column.type.name
    if name.startswith("character"):
        made = _text(column, field, options)
    else:
        text = f"nullif(trim({field}), '')"
        made = _BY_TYPE[name](column, text, options)
    if not column.not_null:
        return made
    missing = f"WHEN ({made.value}) IS NULL THEN '1213|Missing data for not-null field'"
    return Filled(value=made.value, reason=f"CASE WHEN ({made.reason}) IS NOT NULL THEN {made.reason} {missing} END")


def _text(column: Column, field: str, options: Options) -> Filled:
    value = f"rtrim({field}, ' ')" if "TRIMBLANKS" in options else field
    if "BLANKSASNULL" in options:
        value = f"CASE WHEN trim({value}) <> '' THEN {value} END"
    elif "EMPTYASNULL" in options:
        value = f"nullif({value}, '')"
    length = column.type.arguments[0] if column.type.arguments else 65535
    reason = f"CASE WHEN strlen({value}) > {length} THEN '1204|String length exceeds DDL length' END"
    if "TRUNCATECOLUMNS" in options:
        value, reason = f"_rs.cut({value}, {length})", "CAST(NULL AS VARCHAR)"
    return Filled(value=value, reason=reason)


def _tried(value: str, text: str, reason: str) -> Filled:
    return Filled(value=value, reason=f"CASE WHEN {text} IS NOT NULL AND ({value}) IS NULL THEN {reason} END")


def _digits(text: str, kind: str, pattern: str) -> str:
    """`Invalid digit, Value 'x', Pos 2, Type: Integer`."""
    good = f"regexp_extract({text}, '{pattern}')"
    value = f"substr({text}, length({good}) + 1, 1)"
    return f"'1207|Invalid digit, Value ''' || {value} || ''', Pos ' || length({good}) || ', Type: {kind}'"


def _integer(column: Column, text: str, _options: Options) -> Filled:
    kind = _INTEGERS[column.type.name]
    whole = f"regexp_full_match({text}, '[+-]?[0-9]+')"
    value = f"CASE WHEN {whole} THEN TRY_CAST({text} AS {column.type.duck}) END"
    # The guide's words for 1204; Redshift's own name a range for some types.
    reason = (
        f"CASE WHEN {whole} THEN '1204|Overflow: input data exceeded the acceptable range for the data type' "
        f"ELSE {_digits(text, kind, '^[+-]?[0-9]*')} END"
    )
    return _tried(value, text, reason)


def _numeric(column: Column, text: str, options: Options) -> Filled:
    scale = column.type.arguments[1]
    cut = text
    if "ROUNDEC" not in options:
        # COPY cuts what the scale does not hold; ROUNDEC rounds.
        kept = rf"(\.[0-9]{{{scale}}})[0-9]+$" if scale else r"()\.[0-9]*$"
        cut = rf"regexp_replace({text}, '{kept}', '\1')"
    number = f"regexp_full_match({text}, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?')"
    value = f"CASE WHEN {number} THEN TRY_CAST({cut} AS {column.type.duck}) END"
    reason = (
        f"CASE WHEN {number} THEN '1207|Numeric data overflow (result precision)' "
        f"ELSE {_digits(text, 'Decimal', '^[+-]?[0-9]*[.]?[0-9]*')} END"
    )
    return _tried(value, text, reason)


def _float(column: Column, text: str, _options: Options) -> Filled:
    return _tried(f"TRY_CAST({text} AS {column.type.duck})", text, "'1208|FLOAT data type format error'")


def _boolean(_column: Column, text: str, _options: Options) -> Filled:
    value = f"CASE WHEN lower({text}) IN ({_TRUE}) THEN true WHEN lower({text}) IN ({_FALSE}) THEN false END"
    return _tried(value, text, "'1210|BOOLEAN data type format error'")


def _date(_column: Column, text: str, options: Options) -> Filled:
    form = options.text("DATEFORMAT", "")
    value = (
        f"TRY_CAST({text} AS DATE)"
        if form.lower() in {"", "auto"}
        else f"CAST(try_strptime({text}, '{_form(form)}') AS DATE)"
    )
    if "ACCEPTANYDATE" in options:
        return Filled(value=value, reason="CAST(NULL AS VARCHAR)")
    short = f"length({text}) < 10"
    long = "1205|Invalid date format or value [YYYY-MM-DD]"
    reason = f"CASE WHEN {short} THEN '1205|Invalid Date Format - length must be 10 or more' ELSE '{long}' END"
    return _tried(value, text, reason)


def _timestamp(column: Column, text: str, options: Options) -> Filled:
    form = options.text("TIMEFORMAT", "")
    if form.lower() in {"epochsecs", "epochmillisecs"}:
        factor = 1 if form.lower() == "epochmillisecs" else 1000
        value = f"make_timestamp(CAST(TRY_CAST({text} AS DECIMAL(38,3)) * {factor * 1000} AS BIGINT))"
    elif form.lower() in {"", "auto"}:
        value = f"TRY_CAST({text} AS {column.type.duck})"
    else:
        value = f"try_strptime({text}, '{_form(form)}')"
    if "ACCEPTANYDATE" in options:
        return Filled(value=value, reason="CAST(NULL AS VARCHAR)")
    return _tried(value, text, "'1206|Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]'")


def _time(column: Column, text: str, _options: Options) -> Filled:
    return _tried(f"TRY_CAST({text} AS {column.type.duck})", text, "'1206|Invalid time format or value [HH24:MI:SS]'")


def _super(_column: Column, text: str, _options: Options) -> Filled:
    return _tried(f"CASE WHEN json_valid({text}) THEN json({text}) END", text, "'1224|Invalid JSON in a SUPER column'")


def _geometry(_column: Column, text: str, _options: Options) -> Filled:
    reason = "'1216|Invalid geometry: hexadecimal EWKB is needed'"
    return _tried(f"TRY(_rs.st_geomfromhexewkb({text}))", text, reason)


def _geography(_column: Column, text: str, _options: Options) -> Filled:
    parts = "{'srid': 4326, 'geom': st_geomfromhexewkb(" + text + "), 'geographic': true}"
    reason = "'1216|Invalid geography: hexadecimal EWKB is needed'"
    return _tried(f"TRY(CASE WHEN {text} IS NOT NULL THEN {parts} END)", text, reason)


def _varbyte(_column: Column, text: str, _options: Options) -> Filled:
    return _tried(f"TRY(unhex({text}))", text, "'1219|Invalid hexadecimal digit in a VARBYTE column'")


_BY_TYPE = {
    **dict.fromkeys(_INTEGERS, _integer),
    "numeric": _numeric,
    "real": _float,
    "double precision": _float,
    "boolean": _boolean,
    "date": _date,
    "timestamp without time zone": _timestamp,
    "timestamp with time zone": _timestamp,
    "time without time zone": _time,
    "super": _super,
    "geometry": _geometry,
    "geography": _geography,
    "binary varying": _varbyte,
}


def _form(text: str) -> str:
    pattern = re.compile("|".join(re.escape(name) for name, _ in _FORMATS), re.IGNORECASE)
    known = dict(_FORMATS)
    if "'" in text or "%" in text:
        raise SqlError("22007", f"invalid date or time format {text}")
    return pattern.sub(lambda found: known[found[0].upper()], text)
