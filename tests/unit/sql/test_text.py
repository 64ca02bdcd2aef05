from __future__ import annotations

import pytest

from builder.core.sql.text import Made, dollar_quoted, family, made, split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (";;  ; -- only a comment", []),
        ("SELECT 1;\n\nSELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';', \"a;b\"; SELECT 2;", ["SELECT ';', \"a;b\"", "SELECT 2"]),
        ("SELECT 'it''s;', 'it\\'s;'; SELECT 2", ["SELECT 'it''s;', 'it\\'s;'", "SELECT 2"]),
        ("SELECT 1 -- a; b\n; SELECT /* c; /* d; */ e; */ 2", ["SELECT 1 -- a; b", "SELECT /* c; /* d; */ e; */ 2"]),
        ("AS $$ a; b $$; AS $x$ $$; $y$; $x$", ["AS $$ a; b $$", "AS $x$ $$; $y$; $x$"]),
        ("CALL p('a;b'); UNLOAD ('SELECT '';''') TO 's'", ["CALL p('a;b')", "UNLOAD ('SELECT '';''') TO 's'"]),
        ("SHOW x; EXPLAIN SELECT ';' ; VACUUM", ["SHOW x", "EXPLAIN SELECT ';'", "VACUUM"]),
    ],
)
def test_statements_end_at_semicolons_outside_of_quotes_and_comments(text: str, expected: list[str]) -> None:
    assert list(split(text)) == expected


@pytest.mark.parametrize("text", ["SELECT 'a", 'SELECT "a', "SELECT $$ a $", "SELECT $x$ a $$", "/* a /* b */"])
def test_what_is_never_closed_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="never closed"):
        split(text)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            'create or replace external function "S".F(Varchar(max), float8) returns super stable lambda',
            Made(schema="s", name="f", arguments=("varchar", "double precision"), returns="super"),
        ),
        (
            "CREATE FUNCTION f(a int, character varying(10), b NUMERIC(10, 2)) RETURNS double precision IMMUTABLE AS",
            Made(schema="", name="f", arguments=("integer", "varchar", "decimal"), returns="double precision"),
        ),
        (
            "CREATE PROCEDURE s.p(INOUT a float, b OUT int, timestamp without time zone) AS $$ $$",
            Made(schema="s", name="p", arguments=("double precision", "timestamp"), returns=""),
        ),
        ('CREATE FUNCTION s."a.b"() RETURNS int STABLE', Made(schema="s", name="a.b", arguments=(), returns="integer")),
        ("CREATE TABLE function (a int)", None),
        ("DROP FUNCTION s.f(int)", None),
        ("SELECT 'CREATE FUNCTION f() RETURNS int'", None),
    ],
)
def test_what_a_statement_makes(statement: str, expected: Made | None) -> None:
    assert made(statement) == expected


@pytest.mark.parametrize(
    ("spelling", "one"),
    [
        ("VARCHAR(MAX)", "varchar"),
        ("character varying", "varchar"),
        ("TEXT", "varchar"),
        ("bpchar", "char"),
        ("numeric(18,0)", "decimal"),
        ("float", "double precision"),
        ("FLOAT8", "double precision"),
        ("timestamp without time zone", "timestamp"),
        ("timestamp  with time zone", "timestamptz"),
        ("binary varying", "varbyte"),
        ("int8", "bigint"),
        ("hllsketch", "hllsketch"),
    ],
)
def test_aliases_of_a_type_are_one(spelling: str, one: str) -> None:
    assert family(spelling) == one


def test_the_dollar_quote_is_one_that_the_body_does_not_hold() -> None:
    assert dollar_quoted("a") == "$$\na\n$$"
    assert dollar_quoted("$$ $body1$") == "$body2$\n$$ $body1$\n$body2$"
