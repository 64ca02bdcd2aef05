"""A project of its own in a temporary folder, over the small catalogue, with the real builder, engine and uv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.images import lock as images

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "data" / "build" / "tiny"


@dataclass(frozen=True)
class Answer:
    """A command that ended."""

    code: int
    out: str
    err: str


def run(command: list[str], environ: Mapping[str, str], umask: int = 0o022) -> Answer:
    """Runs in the checkout, to the end."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
        umask=umask,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass
class Project:
    """Commands run in processes of their own, as a person would run them.

    `said` is what all of them have printed, `command_lines` the file of what they have started.
    """

    folder: Path
    prefix: str
    environ: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shutil.copytree(TINY, self.folder / "functions")
        self.environ.setdefault("RS_LAMBDA_PREFIX", self.prefix)
        chosen = ROOT / ".builder" / "python-image"
        if "PYTHON_IMAGE" not in os.environ and chosen.is_file():
            self.environ["PYTHON_IMAGE"] = chosen.read_text().strip()

    def builder(self, *arguments: str, **environ: str) -> Answer:
        command = [sys.executable, "-m", "tests.integration.spied", "--project", str(self.folder), *arguments]
        told = {"COMMAND_LINES": str(self.command_lines)}
        answer = run(command, self.environ | told | environ)
        self.said += [answer.out, answer.err]
        return answer

    @property
    def command_lines(self) -> Path:
        return self.folder / "command_lines.jsonl"

    @property
    def tag(self) -> str:
        return f"{self.prefix}tiny:latest"

    @property
    def digest(self) -> str:
        return images.read(self.folder / ".builder")["tiny"].digest

    def handler(self, function: str) -> Path:
        return self.folder / "functions" / "tiny" / function / "code" / "lambda" / "python" / "handler.py"

    def engine(self, *arguments: str) -> str:
        done = run(["docker", *arguments], self.environ)
        assert done.code == 0, done.err
        return done.out.strip()

    def remove_images(self) -> None:
        run(["docker", "image", "rm", "--force", self.tag, f"{self.prefix}base:latest"], self.environ)
