from __future__ import annotations

from dataclasses import replace

import pytest

from builder import __version__
from builder.core.sql import statements as sql
from builder.errors import CatalogError
from tests.unit.sql.samples import TARGET, a_function, native


def problems(text: str, *, template: bool = False, types: tuple[str, ...] = ("BIGINT",)) -> list[str]:
    function = a_function("f", types, kind="sql", sql=text, template=template)
    return [str(problem).splitlines()[0] for problem in sql.check(function, target=TARGET)]


FILE = "functions/quadbin/f/code/redshift.sql"


REFUSED = "in a SQL function, where Redshift takes none (CREATE FUNCTION)"
OPEN = "a quote, a dollar quote or a comment is opened and never closed"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT 1; SELECT 2", "2 statements"),
        ("-- nothing", "0 statements"),
        ("DROP TABLE t", "the body does not begin with SELECT"),
        ("SELECT a FROM t WHERE b LIMIT 1", f"FROM, WHERE, LIMIT {REFUSED}"),
        ("SELECT $1 ORDER BY 1", f"ORDER {REFUSED}"),
        ("SELECT $2 + $0 + $1", "$0, $2 in a function of 1 argument"),
        ("SELECT 'a", OPEN),
        ("SELECT /* a", OPEN),
        ("SELECT {{ shema }}.f($1)", "unknown variable {{ shema }}"),
        ("SELECT @@SHEMA@@.f($1)", "unknown variable @@SHEMA@@"),
    ],
)
def test_a_body_that_redshift_would_refuse(text: str, what: str) -> None:
    assert problems(text) == [f"{FILE}: {what}"]


def test_a_template_that_does_not_parse_names_its_line() -> None:
    (line,) = problems("SELECT 1\n+ {{ schema")

    assert line.startswith(f"{FILE}:2: the template does not parse: ")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT EXTRACT(YEAR FROM CURRENT_DATE) + $1",
        "SELECT TRIM(BOTH 'x' FROM 'xax')",
        "SELECT 'a FROM b; $9' || $1",
        'SELECT $1 AS "from"',
        "select case when $1 % 2 = 0 then -1 else 1 end -- where",
    ],
)
def test_clauses_inside_parentheses_and_quotes_are_no_clauses(text: str) -> None:
    assert problems(text) == []


def test_all_unknown_variables_of_a_file_are_named_at_once() -> None:
    text = "SELECT {{ one }}, {% if two %}{{ schema }}{% endif %}, @@THREE@@, @@SCHEMA@@"

    assert [line.rpartition(" ")[2] for line in problems(text)] == ["}}", "}}", "@@THREE@@"]


def test_a_template_must_make_something_in_our_schema() -> None:
    assert problems("SELECT 1", template=True) == [f"{FILE}: the template makes no function"]
    text = "CREATE FUNCTION f (int) RETURNS int STABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    assert problems(text, template=True) == [f"{FILE}: f is made outside of the schema"]


def test_a_template_cannot_leave_the_sandbox() -> None:
    text = "{{ schema.__class__.__mro__[1].__subclasses__() }}"

    assert any("the template stops" in line for line in problems(text, template=True))


@pytest.mark.parametrize("schema", ["a'b", 'a"b', "a\\b", "a$$b"])
def test_a_schema_that_could_close_an_authors_quotes_is_refused_there(schema: str) -> None:
    function = a_function("f", ("BIGINT",), sql="SELECT '@@SCHEMA@@'", kind="sql", template=True)

    with pytest.raises(CatalogError, match="holds a quote, a backslash or a dollar sign"):
        sql.create(function, replace(TARGET, schema=schema))


def test_markers_are_right_bare_and_between_either_quotes() -> None:
    body = "SELECT @@SCHEMA@@.g($1), \"@@RS_SCHEMA@@\".g($1), '@@SCHEMA@@', '@@PACKAGE_VERSION@@'"

    (statement,) = sql.create(native("f", body), TARGET)

    assert f"SELECT \"carto\".g($1), \"carto\".g($1), 'carto', '{__version__}'" in statement.text


def test_filters_quote_what_an_author_computes() -> None:
    (statement,) = sql.create(native("f", 'SELECT {{ (function_name ~ "\'s") | literal }}'), TARGET)

    assert "SELECT 'f''s'" in statement.text
