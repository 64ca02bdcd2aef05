"""`.env` files, read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.core.config import env_files
from builder.core.config.settings import VARIABLES, Settings, load, resolve
from builder.errors import SettingsError

TEMPLATE = Path(__file__).resolve().parents[3] / ".env.template"
TEXT = """\
# a comment
export A=1

B="two words"   # why
C='single # hash'
D=a#b
E=${A}
F=first
F=second
G=
"""


def test_values_and_where_they_stand() -> None:
    layer, problems = env_files.from_text(TEXT, ".env")
    assert not problems
    assert {key: given.text for key, given in layer.values.items()} == {
        "A": "1",
        "B": "two words",
        "C": "single # hash",
        "D": "a#b",
        "E": "${A}",
        "F": "second",
    }
    assert layer.values["B"].origin == ".env:4 B"
    assert layer.values["F"].origin == ".env:9 F"


def test_a_later_empty_value_takes_an_earlier_one_back() -> None:
    layer, _ = env_files.from_text("A=1\nA=\n", ".env")
    assert not layer.values


def test_lines_that_are_no_assignments_are_named_and_not_quoted() -> None:
    layer, problems = env_files.from_text('A=1\nSECRET\n$x hush\n\nB="hush\nC=3\n', ".env")
    assert [each.where for each in problems] == [".env:2", ".env:3", ".env:5"]
    assert "hush" not in "".join(map(str, problems))
    assert layer.values["C"].text == "3"


@pytest.mark.parametrize("line", ['A="hush', "export A = 'hush", 'A="hu\\"sh', "A='hu\"sh", 'A="'])
def test_a_quote_that_is_not_closed_is_called_so(line: str) -> None:
    layer, (problem,) = env_files.from_text(f"\n{line}\nB=2\n", ".env")
    assert (problem.where, problem.what) == (".env:2", "opens a quote that is not closed")
    assert "hush" not in str(problem)
    assert layer.values["B"].text == "2"


@pytest.mark.parametrize("line", ["nonsense", 'A="x" y', "'A=1"])
def test_what_has_no_open_quote_is_no_assignment(line: str) -> None:
    _, (problem,) = env_files.from_text(f"{line}\n", ".env")
    assert problem.what == "is not NAME=value"


def test_broken_lines_and_malformed_values_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RS_PORT=x\nnonsense\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, flags={}, environ={})
    assert [each.where for each in caught.value.problems] == [".env:2", ".env:1 RS_PORT"]
    assert caught.value.exit_code == 4


def test_a_file_in_another_encoding_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"RS_USER=ren\xe9\n")
    layer, problems = env_files.read(tmp_path / ".env", ".env")
    assert (dict(layer.values), [each.what for each in problems]) == ({}, ["is not UTF-8 (byte 11)"])


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfA=1\r\nB=2\r\n")
    layer, _ = env_files.read(tmp_path / ".env", ".env")
    assert {key: given.text for key, given in layer.values.items()} == {"A": "1", "B": "2"}


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert env_files.read(tmp_path / "none", ".env") == (env_files.Layer(values={}), [])


def test_the_template_is_read_whole_names_every_setting_and_changes_none() -> None:
    layer, problems = env_files.from_text(TEMPLATE.read_text(encoding="utf-8"), ".env")
    named = {line.partition("=")[0] for line in TEMPLATE.read_text(encoding="utf-8").splitlines() if line[:1].isupper()}
    assert not problems
    assert named == set(VARIABLES) - {"AWS_DEFAULT_REGION"}
    assert resolve([layer]) == Settings()
