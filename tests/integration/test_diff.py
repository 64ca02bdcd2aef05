"""`--diff REF` over a repository of git's, and what commands make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from builder.adapters.process import run as process
from builder.cli import run
from builder.core.config.settings import VARIABLES
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

YAML = "arguments: [{name: x, type: int}]\noutput: int\nclouds: {redshift: {type: lambda, shared_libs: [words]}}\n"
SQL = "arguments: []\noutput: int\nclouds: {redshift: {type: sql}}\n"


class Project:
    """A catalogue in a folder of a repository, with one commit, tagged `one`."""

    def __init__(self, top: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.top, self.folder, self.capsys = top, top / "team", capsys
        native = {"functions/geo/native/function.yaml": SQL, "functions/geo/native/code/redshift.sql": "SELECT 1"}
        shared = {"functions/_shared/python/words.py": "A = 1\n"}
        write(self.folder, {**function("spoken", YAML), **native, **shared})
        self.git("init", "--quiet")
        self.commit()
        self.git("tag", "one")

    def git(self, *words: str) -> None:
        name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        done = process(["git", *name, "-C", str(self.top), *words])
        assert done.ok, done.err

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "more")

    def builder(self, *words: str) -> tuple[int, str, str]:
        code = run(["--project", str(self.folder), *words])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def listed(self, *words: str) -> list[str]:
        code, out, err = self.builder("list", "--format", "json", *words)
        assert code == 0, err
        return [each["function"] for each in json.loads(out)]


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return Project(tmp_path, capsys)


def test_a_commit_is_compared_by_content_whatever_is_committed_since(project: Project) -> None:
    assert project.listed("--diff", "one") == []
    write(project.folder, {"functions/_shared/python/words.py": "A = 2\n"})
    assert project.listed("--diff", "one") == ["spoken"]
    project.commit()
    assert project.listed("--diff", "one") == ["spoken"]
    assert project.listed("--diff", "HEAD") == []
    write(project.folder, {"functions/_shared/python/words.py": "A = 1\n"})
    assert project.listed("--diff", "one") == []


def test_names_and_the_diff_narrow_one_another(project: Project) -> None:
    write(
        project.folder,
        {"functions/_shared/python/words.py": "A = 2\n", "functions/geo/native/code/redshift.sql": "SELECT 2"},
    )
    assert project.listed("--diff", "one") == ["native", "spoken"]
    assert project.listed("--diff", "one", "--functions", "NATIVE") == ["native"]
    code, out, _ = project.builder("sql", "--diff", "one", "--functions", "native")
    assert (code, "native" in out, "spoken" in out) == (0, True, False)


def test_a_function_that_is_gone_is_named(project: Project) -> None:
    (project.folder / "functions/geo/native/code/redshift.sql").unlink()
    (project.folder / "functions/geo/native/function.yaml").unlink()
    _, _, err = project.builder("list", "--diff", "one")
    assert "1 deleted (native)" in err


def test_without_a_ref_everything_is_new_until_it_was_built(project: Project) -> None:
    assert project.listed("--diff") == ["native", "spoken"]


def test_what_is_no_commit_is_a_usage_error(project: Project, tmp_path: Path) -> None:
    code, _, err = project.builder("list", "--diff", "nothing")
    assert (code, "git knows no commit 'nothing'" in err) == (2, True)
    code, _, err = project.builder("list", "--diff", "--output=/tmp/x")
    assert code == 2
    lonely = tmp_path.parent / f"{tmp_path.name}-lonely"
    write(lonely, function("spoken", YAML.replace(", shared_libs: [words]", "")))
    assert run(["--project", str(lonely), "list", "--diff", "one"]) == 2
