"""`builder sql` and what `builder query` refuses before it opens a session."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from builder.cli import run
from builder.core.sql.text import made, split

if TYPE_CHECKING:
    from pathlib import Path

YAML = """
function_type: scalar
status: stable
author: us
description: A test.
arguments:
  - {name: a, type: bigint, description: A number.}
output: {type: %(returns)s, description: A value.}
clouds:
  redshift:
    type: %(kind)s
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RS_HOST", "RS_SCHEMA", "RS_PREFIX", "RS_LAMBDA_PREFIX", "RS_LAMBDA_INVOKE_ROLE", "RS_ROLES"):
        monkeypatch.delenv(name, raising=False)
    native = tmp_path / "functions" / "demo" / "twice"
    (native / "code").mkdir(parents=True)
    (native / "function.yaml").write_text(YAML % {"returns": "bigint", "kind": "sql"})
    (native / "code" / "redshift.sql").write_text("SELECT 2 * $1")
    handled = tmp_path / "functions" / "demo" / "pair"
    (handled / "code" / "lambda" / "python").mkdir(parents=True)
    (handled / "function.yaml").write_text(YAML % {"returns": "object", "kind": "lambda"})
    (handled / "code" / "lambda" / "python" / "handler.py").write_text("def lambda_handler(a): ...\n")
    (handled / "code" / "lambda" / "python" / "requirements.txt").write_text("")
    return tmp_path


def test_sql_prints_a_script_that_makes_every_function(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(project), "sql"]) == 0

    found = [each for each in map(made, split(capsys.readouterr().out)) if each]
    assert [(each.schema, each.name) for each in found] == [
        ("carto", "pair_external"),
        ("carto", "pair"),
        ("carto", "twice"),
    ]


def test_sql_of_a_selection_in_json_names_module_and_subject(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--project", str(project), "sql", "--drop", "--functions", "twice", "--format", "json"]

    assert run(arguments) == 0

    assert json.loads(capsys.readouterr().out) == [
        {"module": "demo", "subject": "carto.twice", "text": 'DROP FUNCTION "carto"."twice" (BIGINT)'}
    ]


def test_sql_puts_the_settings_schema_and_prefix(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RS_PREFIX", "dev_")
    monkeypatch.setenv("RS_LAMBDA_PREFIX", "dev-at-")

    assert run(["--project", str(project), "sql", "--functions", "pair"]) == 0
    shown = capsys.readouterr().out
    assert '"dev_carto"."pair_external"' in shown
    assert "LAMBDA 'dev-at-demo'" in shown
    assert run(["--project", str(project), "sql", "--functions", "pair", "--production"]) == 0
    assert '"carto"."pair_external"' in capsys.readouterr().out


def test_a_wrong_body_is_an_error_of_the_catalogue(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "functions" / "demo" / "twice" / "code" / "redshift.sql").write_text("SELECT $2")

    assert run(["--project", str(project), "sql"]) == 3

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "code/redshift.sql: $2 in a function of 1 argument" in captured.err.replace("\n", " ")


def test_query_without_redshift_says_what_to_set(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(project), "query", "SELECT 1"]) == 4

    assert "RS_HOST" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "said"), [("SELECT 'a", "never closed"), (" ; -- none", "there is no statement")])
def test_query_refuses_what_is_no_sql(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    assert run(["--project", str(project), "query", "-"]) == 2

    assert said in capsys.readouterr().err
