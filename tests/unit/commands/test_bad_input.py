"""What people get wrong before anything is asked of AWS or Redshift: one message, the right exit code, nothing made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.catalog.trees import function

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without any AWS credentials: no files, no profile, no instance role."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("words", [("plan",), ("deploy", "--yes"), ("status",), ("remove", "--yes")], ids=" ".join)
def test_no_credentials(words: tuple[str, ...], typed: Typed, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AWS_REGION=eu-west-1\n", encoding="utf-8")
    before = files(tmp_path)
    code, out, err = typed(*words)
    assert (code, out) == (4, "")
    assert "AWS: no AWS credentials were found" in err
    assert "set AWS_PROFILE" in err
    assert files(tmp_path) == before


@pytest.mark.usefixtures("nobody")
def test_no_region(typed: Typed) -> None:
    code, _, err = typed("plan")
    assert code == 4
    assert "AWS_REGION: no AWS Region is set" in err


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('RS_SCHEMA="a\\nb"\n', "control character"),
        (f"RS_SCHEMA={'s' * 128}\n", "128 bytes, Redshift takes 127"),
        (f"RS_LAMBDA_PREFIX={'p' * 64}-\n", "cannot begin an AWS name"),
        ("RS_LAMBDA_PREFIX=Carto\n", "use lower case"),
    ],
    ids=["a new line", "a long schema", "a long prefix", "a capital"],
)
def test_names_that_cannot_be(lines: str, message: str, typed: Typed, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    code, out, err = typed("sql")
    assert (code, out) == (4, "")
    assert ".env:1" in err
    assert message in " ".join(err.split())


def test_a_schema_with_quotes_is_refused(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RS_SCHEMA='a\"; DROP SCHEMA b'\n", encoding="utf-8")
    code, out, err = typed("sql", "--functions", "half")
    assert (code, out) == (4, "")
    assert "holds a quote, a backslash or a dollar sign" in err


def test_a_function_twice_and_an_unknown_type_are_told_together(typed: Typed, tmp_path: Path) -> None:
    twice = function("half", "arguments: []\noutput: strnig\nclouds: {redshift: {}}\n", module="other")
    for path, text in twice.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    code, out, err = typed("build")
    assert (code, out) == (3, "")
    assert "'half' is defined twice" in err
    assert "did you mean 'string'?" in err
    assert not (tmp_path / ".builder").exists()


@pytest.mark.parametrize(("word", "meant"), [("dploy", "deploy"), ("validat", "validate")])
def test_a_slip_in_a_verb(word: str, meant: str, typed: Typed) -> None:
    code, out, err = typed(word)
    assert (code, out) == (2, "")
    assert f"No such command {word!r}. Did you mean {meant!r}?" in err


def test_a_word_that_is_like_no_verb(typed: Typed) -> None:
    assert "Did you mean" not in typed("xyzzy")[2]
