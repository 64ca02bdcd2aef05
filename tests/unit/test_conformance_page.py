"""docs/conformance.md is what the rows say, and every row names its source."""

from __future__ import annotations

from tests.conformance.rows import FOLDER, PAGE, render, sections


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(sections()), "run: python -m tests.conformance"


def test_every_row_names_its_source_once() -> None:
    rows = [row for section in sections().values() for row in section.rows]
    assert [row.behaviour for row in rows if bool(row.page) == bool(row.source)] == []


def test_no_two_rows_of_a_section_have_the_same_name() -> None:
    for section in sections().values():
        names = [row.behaviour for row in section.rows]
        assert sorted(names) == sorted(set(names))


def test_every_row_is_a_statement_or_names_tests_that_are_there() -> None:
    rows = [row for section in sections().values() for row in section.rows]
    assert [row.behaviour for row in rows if bool(row.sql) == bool(row.tests)] == []
    named = [test.partition("::") for row in rows for test in row.tests]
    texts = {file: (FOLDER.parent / file).read_text(encoding="utf-8") for file, _, _ in named}
    assert [name for file, _, name in named if f"def {name}(" not in texts[file]] == []
