"""What `builder build`, `push` and `lock` refuse before any process or connection."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from builder.cli import run
from builder.core.images import lock as images

TINY = Path(__file__).parents[2] / "data" / "build" / "tiny"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "functions")
    return tmp_path


def requirements_txt(project: Path) -> Path:
    return project / "functions/tiny/twice/code/lambda/python/requirements.txt"


def test_a_fresh_lock_passes_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(project), "lock", "--check"]) == 0
    assert "up to date: tiny" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["lock", "--check"], ["build"]], ids=["lock --check", "build"])
def test_a_stale_lock_is_refused_with_the_command_that_renews_it(
    command: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requirements_txt(project).write_text("six==1.16.0\n")
    assert run(["--project", str(project), *command]) == 5
    said = capsys.readouterr().err
    assert "tiny/requirements.lock: is older than the functions' requirements" in said
    assert "builder lock --modules tiny" in said
    assert not (project / ".builder").exists()
    assert not (project / "build").exists()


@pytest.mark.parametrize("command", [["lock"], ["build"]], ids=["lock", "build"])
def test_a_requirement_that_is_an_address_is_refused(
    command: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (project / "functions/tiny/requirements.lock").read_text()
    requirements_txt(project).write_text("six @ git+https://example.com/six\n")
    assert run(["--project", str(project), *command]) == 3
    assert "requirements.txt:1: 'six @ git+https://example.com/six' is an address" in capsys.readouterr().err
    assert (project / "functions/tiny/requirements.lock").read_text() == before


@pytest.mark.parametrize("command", ["build", "push", "lock"])
def test_an_unknown_module_is_a_wrong_word(command: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(project), command, "--modules", "tinny"]) == 2
    assert "did you mean 'tiny'?" in capsys.readouterr().err


def test_a_push_of_what_was_never_built_says_so(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert run(["--project", str(project), "push"]) == 5
    assert "run `builder build --modules tiny`" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["build", "push"])
def test_a_corrupt_lock_stops_what_depends_on_it(
    command: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".builder").mkdir()
    (project / ".builder" / images.FILE).write_text('{"version": 1, "images": {"tiny": {}}}')
    assert run(["--project", str(project), command]) == 5
    assert "images.lock.json images.tiny.digest: Field required" in capsys.readouterr().err
