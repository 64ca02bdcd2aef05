"""Redshift's dialect as sqlglot parses it, narrowed to the functions that Redshift has and we support."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.parsers.redshift import RedshiftParser

from builder.local.sql.spellings import plain
from builder.local.sql.tokens import Source, split
from builder.local.sqlstate import SqlError, syntax, unsupported

# sqlglot warns on its logger of every statement that it keeps as text; those we refuse by name instead.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

SCHEMA = "_rs"
SCRIPTS = tuple(Path(__file__).with_name(f"{name}.sql") for name in ("functions", "catalog", "accounts", "system"))
FUNCTIONS_SQL, *_, SYSTEM_SQL = SCRIPTS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Redshift's functions whose meaning sqlglot translates to DuckDB.
_TRANSLATED = _words(
    """
    ABS ACOS ADD_MONTHS ANY_VALUE ASCII ASIN ATAN ATAN2 AVG BIT_AND BIT_OR BOOL_AND BOOL_OR CBRT CEIL CEILING
    CHARINDEX CHR COALESCE CONCAT CONVERT_TIMEZONE COS COT COUNT CUME_DIST CURRENT_DATE CURRENT_TIMESTAMP
    DATEADD DATEDIFF DATE_ADD DATE_DIFF DATE_PART DATE_TRUNC DEGREES DENSE_RANK EXP FIRST_VALUE FLOOR GETDATE
    GREATEST LAG LAST_DAY LAST_VALUE LEAD LEAST LEFT LEN LENGTH LISTAGG LN LOG LOWER LPAD LTRIM MAX MD5 MEDIAN
    MIN MOD MONTHS_BETWEEN NTH_VALUE NTILE NULLIF NVL NVL2 PERCENTILE_CONT PERCENTILE_DISC PERCENT_RANK PI POW POWER
    RADIANS RANK REGEXP_REPLACE REGEXP_SUBSTR REPEAT REPLACE REVERSE RIGHT ROUND ROW_NUMBER RPAD RTRIM SIGN SIN
    SPLIT_PART SQRT STDDEV STDDEV_POP STDDEV_SAMP STRPOS SUBSTR SUBSTRING SUM TAN TO_CHAR TO_DATE TO_TIMESTAMP
    TRANSLATE TRUNC UPPER VARIANCE VAR_POP VAR_SAMP
    """
)
# The same name and meaning in DuckDB, unknown to sqlglot.
SAME = _words(
    """
    char_length character_length sha1 random current_database current_schema generate_series sinh cosh tanh
    """
)
# Macros of functions.sql that are no function of Redshift's, but the inside of one.
_INTERNAL = _words(
    """
    float_text similar text super div mod shl shr wrap32 wrap64 digits geo kept srid_bytes wkb_code ewkb_hex
    ewkb_srid wkt elements ratio digits_of nonzero type_name sqlname typmod user_id texts on_path view_of view_body
    key_text index_text is_system function_arguments regclass regclass_name regtype regproc regproc_name shl64 shr64
    """
)
_MACRO = re.compile(r"^CREATE OR REPLACE MACRO _rs\.(\w+)", re.MULTILINE)

_VIEW = re.compile(r"^CREATE OR REPLACE VIEW _rs\.((?:pg|svv|sys|is)_\w+)", re.MULTILINE)

MACROS = frozenset(_MACRO.findall(FUNCTIONS_SQL.read_text() + SYSTEM_SQL.read_text())) - _INTERNAL
# The system views that a query may name; those of information_schema begin with is_.
VIEWS = frozenset(name for script in SCRIPTS for name in _VIEW.findall(script.read_text())) | {"sys_ludf_detail"}


class Parser(RedshiftParser):
    """Functions outside the list stay as they are written, so that they can be looked up, bound or refused."""

    FUNCTIONS = {name: build for name, build in RedshiftParser.FUNCTIONS.items() if name in _TRANSLATED}  # noqa: RUF012 - sqlglot's own form


DEPTH = 500


class LocalRedshift(Redshift):
    """Redshift, read by the parser above."""

    Parser = Parser


def parse(source: Source) -> exp.Expr:
    """A statement's tree. Raises SqlError 42601 where it breaks, 0A000 where sqlglot only keeps the text."""
    dialect = LocalRedshift()
    try:
        trees = dialect.parser().parse(plain(source.tokens), source.sql)
    except ParseError as error:
        raise _near(error, source) from None
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, LookupError):
        # Some texts that are no SQL break the parser itself.
        raise syntax("syntax error") from None
    tree = trees[0] if trees else None
    if not isinstance(tree, exp.Expr):
        raise syntax("syntax error")
    if tree.find(exp.Command):
        raise unsupported(" ".join(source.words(2)))
    _check_depth(tree)
    return tree


def _check_depth(tree: exp.Expr) -> None:
    """The time that DuckDB takes to bind nested operators grows with the cube of their depth."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise SqlError("54001", f"the statement is nested too deeply: more than {DEPTH} levels")
        level = [child for node in level for child in node.iter_expressions()]


def parse_text(sql: str) -> exp.Expr:
    """The tree of a text that holds one statement."""
    sources = split(sql)
    if len(sources) != 1:
        raise syntax("one statement is needed")
    return parse(sources[0])


def _near(error: ParseError, source: Source) -> SqlError:
    """Where sqlglot stopped. It counts lines and columns from 1, and a column is the token's last character."""
    first = error.errors[0] if error.errors else {}
    near = str(first.get("highlight") or "")
    if not near.strip():
        return syntax("syntax error at end of input", position=source.tokens[-1].end + 2)
    before = source.sql.splitlines(keepends=True)[: int(first.get("line") or 1) - 1]
    position = sum(map(len, before)) + int(first.get("col") or 0) - len(near) + 1
    return syntax(f'syntax error at or near "{near.strip()}"', position=max(position, 0))


def render(tree: exp.Expr) -> str:
    """DuckDB's text of a translated tree."""
    return DuckDB().generate(tree, normalize_functions=False, copy=True, unsupported_level=ErrorLevel.IGNORE)


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of our own macros."""
    function = exp.Anonymous(this=name, expressions=list(arguments))
    return exp.Dot(this=exp.to_identifier(SCHEMA), expression=function)


def quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
