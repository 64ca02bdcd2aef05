"""Redshift's dialect as sqlglot parses it, narrowed to the functions that Redshift has and we support."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import TokenType

from builder.local.sql.spellings import plain
from builder.local.sql.tokens import Source, split
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot.tokenizer_core import Token

# sqlglot warns on its logger of every statement that it keeps as text; those we refuse by name instead.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

SCHEMA = "_rs"
SCRIPTS = tuple(
    Path(__file__).with_name(f"{name}.sql")
    for name in ("functions", "library", "formats", "catalog", "accounts", "system", "routines")
)
FUNCTIONS_SQL, LIBRARY_SQL, FORMATS_SQL, *_, SYSTEM_SQL, ROUTINES_SQL = SCRIPTS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Redshift's functions whose meaning sqlglot translates to DuckDB.
_TRANSLATED = _words(
    """
    ABS ACOS ADD_MONTHS ANY_VALUE ASCII ASIN ATAN ATAN2 AVG BIT_AND BIT_OR BOOL_AND BOOL_OR CEIL CEILING
    CHARINDEX CHR COALESCE CONCAT CONVERT_TIMEZONE COS COT COUNT CUME_DIST CURRENT_DATE CURRENT_TIMESTAMP
    DATEADD DATEDIFF DATE_ADD DATE_DIFF DATE_PART DATE_TRUNC DEGREES DENSE_RANK EXP FIRST_VALUE FLOOR GETDATE
    GREATEST LAG LAST_DAY LAST_VALUE LEAD LEAST LEFT LEN LENGTH LISTAGG LN LOG LOWER LPAD LTRIM MAX MD5 MEDIAN
    MIN MOD MONTHS_BETWEEN NTH_VALUE NTILE NULLIF NVL NVL2 PERCENTILE_CONT PERCENTILE_DISC PERCENT_RANK PI POW POWER
    RADIANS RANK REPEAT REPLACE REVERSE RIGHT ROUND ROW_NUMBER RPAD RTRIM SIGN SIN
    SPLIT_PART SQRT STDDEV STDDEV_POP STDDEV_SAMP STRPOS SUM TAN
    TRANSLATE TRUNC UPPER VARIANCE VAR_POP VAR_SAMP
    """
)
# The same name and meaning in DuckDB, unknown to sqlglot.
SAME = _words(
    """
    char_length character_length sha1 random current_database current_schema generate_series sinh cosh tanh now
    grouping grouping_id cbrt
    """
)
# Macros of functions.sql that are no function of Redshift's, but the inside of one.
_INTERNAL = _words(
    """
    float_text similar text super div mod shl shr wrap32 wrap64 digits geo kept srid_bytes wkb_code ewkb_hex
    ewkb_srid wkt elements ratio digits_of nonzero type_name sqlname typmod user_id texts on_path view_of view_body
    key_text index_text is_system function_arguments regclass regclass_name regtype regproc regproc_name shl64 shr64
    cut pattern found_at compared weekday items ordered whole characters of_mode result_type type_oid shown_types
    object_key comment_on owner_of described array_text
    padded counted day_part ordinal element_pattern to_char_date whole_digits grouped number_text
    roman number_of pairs regexp_part
    """
)
_MACRO = re.compile(r"^CREATE OR REPLACE MACRO _rs\.(\w+)", re.MULTILINE)

_VIEW = re.compile(r"^CREATE OR REPLACE VIEW _rs\.((?:pg|svv|sys|is)_\w+)", re.MULTILINE)

_MADE = "".join(script.read_text() for script in (FUNCTIONS_SQL, LIBRARY_SQL, FORMATS_SQL, SYSTEM_SQL, ROUTINES_SQL))
MACROS = frozenset(_MACRO.findall(_MADE)) - _INTERNAL
# Those over what the endpoint has in memory: engine/virtual.py makes the relations that stand for them.
IN_MEMORY = frozenset({"sys_ludf_detail", "stl_load_errors", "sys_load_error_detail", "pg_settings"})
# The system views that a query may name; those of information_schema begin with is_.
VIEWS = frozenset(name for script in SCRIPTS for name in _VIEW.findall(script.read_text())) | IN_MEMORY
# Functions of Redshift's guide that are refused by name.
REFUSED = _words(
    """
    object_transform soundex difference crc32 fnv_hash farmfingerprint64 checksum collate text_to_int_alt
    text_to_numeric_alt getbit bttext_pattern_cmp lower_attribute_names upper_attribute_names hll hll_cardinality
    hll_combine hll_create_sketch hll_combine_sketches current_aws_account current_namespace current_setting set_config
    pg_last_query_id pg_last_unload_id pg_cancel_backend pg_terminate_backend h3_fromlonglat h3_frompoint h3_polyfill
    h3_boundary h3_center h3_iscompatible h3_isvalid h3_resolution h3_toparent h3_tochildren st_geohash st_geosquare
    st_geomfromgeohash st_geomfromgeosquare st_angle st_addpoint st_removepoint st_setpoint st_memsize addbbox dropbbox
    supportsbbox st_interiorringn st_linefrommultipoint st_ispolygonccw st_ispolygoncw
    regexp_like interval_to_text isfinite age
    """
)


class Parser(RedshiftParser):
    """Functions outside the list stay as they are written, so that they can be looked up, bound or refused."""

    FUNCTIONS = {name: build for name, build in RedshiftParser.FUNCTIONS.items() if name in _TRANSLATED}  # noqa: RUF012 - sqlglot's own form


DEPTH = 250
# After these a statement goes on.
_OPEN = frozenset(
    {TokenType.FROM, TokenType.WHERE, TokenType.SELECT, TokenType.COMMA, TokenType.AND, TokenType.OR, TokenType.ON}
    | {TokenType.JOIN, TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.HAVING, TokenType.EQ, TokenType.SET}
)


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
    except RecursionError:
        raise SqlError("54001", "the statement is nested too deeply") from None
    except (SqlglotError, ValueError, TypeError, AttributeError, LookupError):
        # Some texts that are no SQL break the parser itself.
        raise syntax("syntax error") from None
    tree = trees[0] if trees else None
    if not isinstance(tree, exp.Expr):
        raise syntax("syntax error")
    if tree.find(exp.Command):
        raise unsupported(_title(source))
    _forget_places(tree)
    for window in list(tree.find_all(exp.Window)):
        _ratio(window)
    for listed in tree.find_all(exp.GroupConcat):
        _separator(listed)
    for when in tree.find_all(exp.When):
        _values_of(when)
    _check_depth(tree)
    return tree


def _forget_places(tree: exp.Expr) -> None:
    """Where a node stood in the text: nobody asks, and a copy of the node takes twice as long with it."""
    for node in tree.walk():
        if node.meta_get("line") is not None:
            node.meta.clear()


def _values_of(when: exp.When) -> None:
    """MERGE's `INSERT VALUES (...)`, which sqlglot takes for a list of columns with a function in it."""
    insert = when.args.get("then")
    if isinstance(insert, exp.Insert) and isinstance(insert.this, exp.Tuple) and len(insert.this.expressions) == 1:
        only = insert.this.expressions[0]
        if isinstance(only, exp.Anonymous) and only.name.upper() == "VALUES":
            insert.set("this", None)
            insert.set("expression", exp.Tuple(expressions=only.expressions))


def _title(source: Source) -> str:
    """A statement's name: `ALTER TABLE ... APPEND`, `COMMENT ON`."""
    words = source.words(6)
    at = 5 if words[3:4] == (".",) else 3
    return f"ALTER TABLE ... {words[at]}" if words[:2] == ("ALTER", "TABLE") and words[at:] else " ".join(words[:2])


def _separator(node: exp.GroupConcat) -> None:
    """LISTAGG(DISTINCT value, ','): sqlglot takes the separator for one more value to be distinct in."""
    values = node.this
    if isinstance(values, exp.Distinct) and len(values.expressions) == 2:  # noqa: PLR2004 - value and separator
        node.set("separator", values.expressions[1].copy())
        values.set("expressions", values.expressions[:1])


def _ratio(window: exp.Window) -> None:
    """RATIO_TO_REPORT(x) OVER (...): x by the sum of x over the same window."""
    function = window.this
    if isinstance(function, exp.Anonymous) and function.name.upper() == "RATIO_TO_REPORT" and function.expressions:
        value = function.expressions[0]
        part = exp.Cast(this=value.copy(), to=exp.DataType.build("double"))
        total = window.copy()
        total.set("this", exp.Sum(this=value.copy()))
        window.replace(exp.Div(this=part, expression=exp.Nullif(this=total, expression=exp.Literal.number(0))))


def _check_depth(tree: exp.Expr) -> None:
    """DuckDB's time to bind nested operators grows with the cube of their depth. A chain of ORs is flat."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise SqlError("54001", f"the statement is nested too deeply: more than {DEPTH} levels")
        level = [child for node in level for child in _inside(node)]


def _inside(node: exp.Expr) -> Iterator[exp.Expr]:
    found = [node]
    while found:
        for child in found.pop().iter_expressions():
            if isinstance(child, exp.Connector) and type(child) is type(node):
                found.append(child)
            else:
                yield child


def parse_text(sql: str) -> exp.Expr:
    """The tree of a text that holds one statement, a part of another one: an error has no position there."""
    try:
        sources = split(sql)
        if len(sources) != 1:
            raise syntax("one statement is needed")
        return parse(sources[0])
    except SqlError as error:
        error.position = 0
        raise


def _near(error: ParseError, source: Source) -> SqlError:
    """Where sqlglot stopped. It counts lines and columns from 1, and a column is the token's last character."""
    first = error.errors[0] if error.errors else {}
    near, told = str(first.get("highlight") or ""), str(first.get("description") or "")
    end = source.tokens[-1].end
    if not near.strip():
        return syntax("syntax error at end of input", position=end + 2)
    before = source.sql.splitlines(keepends=True)[: int(first.get("line") or 1) - 1]
    position = max(sum(map(len, before)) + int(first.get("col") or 0) - len(near) + 1, 0)
    tokens = [token for token in source.tokens if token.start < position]
    if "number of provided arguments" in told or "Required argument" in told:
        return SqlError("42883", f"function {_called(tokens)} does not take these arguments", position=position)
    if len(tokens) > 1 and tokens[-2].token_type == TokenType.DCOLON:
        return SqlError("42704", f'type "{near.strip().lower()}" does not exist', position=position)
    if tokens and tokens[-1].end == end and _unfinished(source):
        return syntax("syntax error at end of input", position=end + 2)
    return syntax(f'syntax error at or near "{near.strip()}"', position=position)


def _called(tokens: Sequence[Token]) -> str:
    """The function whose arguments end with these tokens."""
    depth = 0
    for index in range(len(tokens) - 1, 0, -1):
        depth += {TokenType.R_PAREN: 1, TokenType.L_PAREN: -1}.get(tokens[index].token_type, 0)
        if tokens[index].token_type == TokenType.L_PAREN and depth <= 0:
            return tokens[index - 1].text.lower()
    return ""


def _unfinished(source: Source) -> bool:
    """Whether the text ends inside parentheses or after a keyword: what is wrong is that more should follow.

    Behind another keyword (FROM WHERE) it is the last one that is wrong.
    """
    kinds = [token.token_type for token in source.tokens]
    before, last = kinds[-2:] if len(kinds) > 1 else (None, kinds[-1])
    return kinds.count(TokenType.L_PAREN) > kinds.count(TokenType.R_PAREN) or (last in _OPEN and before not in _OPEN)


def render(tree: exp.Expr) -> str:
    """DuckDB's text of a translated tree."""
    return DuckDB().generate(tree, normalize_functions=False, copy=True, unsupported_level=ErrorLevel.IGNORE)


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of our own macros."""
    function = exp.Anonymous(this=name, expressions=list(arguments))
    return exp.Dot(this=exp.to_identifier(SCHEMA), expression=function)


def quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
