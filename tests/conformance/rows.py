"""The rows of the conformance table: what Redshift's documentation says, and a statement that shows it.

A file `*.yaml` is one section of docs/conformance.md:

    title: Aggregates
    rows:
      - behaviour: AVG of integers is a BIGINT, cut to a whole number     # what is shown
        page: r_AVG                                  # of the Amazon Redshift Database Developer Guide
        says: BIGINT for any integer type argument   # its statement, short: a fact in our words, or a few of its own
        setup: [CREATE TABLE t (a INT), "INSERT INTO t VALUES (1), (2)"]
        sql: SELECT AVG(a) FROM t
        rows: [[1]]                                  # as redshift-connector gives them; what YAML has not, as text
        types: [bigint]
        names: [avg]

Instead of `rows`: `error: {code: "22012", text: division by zero}` (the text is a part of the message), or neither
for a statement that need only run. `objects` and `leaves` are what lies in S3 before and after: text by `s3://`
address.
Each row runs in a transaction of its own, which is rolled back; with `autocommit: true` it runs without, and
`cleanup` takes away what it has made.

What no single statement shows has `tests` instead of `sql`: names of tests, `integration/test_client_tls.py::test_x`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "conformance.md"
GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg"


def _flat(given: Any) -> Any:
    """A list inside a list is another row's, by YAML's alias."""
    if not isinstance(given, list):
        return [given]
    return [text for each in given for text in (each if isinstance(each, list) else [each])]


Statements = Annotated[tuple[str, ...], BeforeValidator(_flat)]


class Error(BaseModel):
    """SQLSTATE, and a part of the message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    text: str = ""


class Row(BaseModel):
    """One behaviour. `source` is for one that another document than the guide states."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: str
    page: str = ""
    source: str = ""
    says: str
    setup: Statements = ()
    sql: str = ""
    tests: Statements = ()
    rows: list[list[Any]] | None = None
    types: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    error: Error | None = None
    autocommit: bool = False
    cleanup: Statements = ()
    objects: dict[str, str] = {}
    leaves: dict[str, str] = {}


class Section(BaseModel):
    """A file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    rows: tuple[Row, ...]


def sections() -> dict[str, Section]:
    """By the file's name without its ending, in the order of these names."""
    return {
        path.stem: Section.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


_HEAD = """\
# Conformance

What the local Redshift does as Amazon Redshift's documentation says. Each line is run by
`tests/conformance/test_conformance.py`: redshift-connector sends the statement over the wire to an endpoint that the
test has started, and rows, column types or the error must be those that the page leads one to expect. This page is
written from the same files (`python -m tests.conformance`). Behind a line that no single statement shows stand the
tests that do.

"Says" is the page's statement, shortened. Pages are of the Amazon Redshift Database Developer Guide unless another
source is named. The Data API's table is in [local-data-api.md](local-data-api.md#what-holds); what is not supported,
and what differs, in [local-redshift.md](local-redshift.md#what-is-supported).
"""


def render(found: dict[str, Section]) -> str:
    """The whole page."""
    parts = [_HEAD]
    for section in found.values():
        lines = [f"| {_cell(row.behaviour)} | {_cell(row.says)} | {_source(row)} |" for row in section.rows]
        head = [f"## {section.title}", "", "| behaviour | says | where |", "|---|---|---|"]
        parts.append("\n".join([*head, *lines]) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _source(row: Row) -> str:
    found = [f"[{row.page}]({GUIDE}/{row.page}.html)" if row.page else _cell(row.source)]
    for test in row.tests:
        file, _, name = test.partition("::")
        found.append(f"[{name}](../tests/{file})")
    return "; ".join(found)
