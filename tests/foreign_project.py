"""A copy of the catalogues that stand for other people's, in a project of its own: built, changed, and weighed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from builder.adapters.layout import Layout
from builder.core.images import lock as images

ROOT = Path(__file__).resolve().parents[1]
CATALOGS = ROOT / "tests" / "data" / "catalogs"
# The second adds to a module of the first, overrides a function of it, and brings a wrapper's name.
ROOTS = ("foreign", "foreign_more")


def copy(folder: Path) -> tuple[str, ...]:
    """The catalogues' folders in `folder`, to be changed."""
    for name in ROOTS:
        shutil.copytree(CATALOGS / name, folder / name)
    return tuple(str(folder / name) for name in ROOTS)


def change_handler(folder: Path) -> None:
    """One line of one handler."""
    _replace(
        folder / "foreign/text/text_shout/code/lambda/python/handler.py", "lambda_handler =", "\n\nlambda_handler ="
    )


def change_library(folder: Path) -> None:
    """One line of a library that functions of one module share."""
    _replace(folder / "foreign/_shared/python/marks.py", "CLOSE = ')'", "CLOSE = ')'  # the other one")


def change_requirement(folder: Path) -> None:
    """One pin of one function, of a package that is small."""
    _replace(folder / "foreign/stats/stats_scale/code/lambda/python/more.txt", "six>=1.16", "six==1.16.0")


CHANGES = {"handler": change_handler, "shared-lib": change_library, "requirement": change_requirement}


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    if old not in text:
        raise AssertionError(f"{file} has no {old!r}")
    file.write_text(text.replace(old, new), "utf-8")


@dataclass
class ForeignProject:
    """Commands over the copies, with a state and a build folder of their own."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roots = copy(self.folder)
        recorded = ROOT / ".builder" / "python-image"
        if "PYTHON_IMAGE" not in os.environ and recorded.is_file():
            self.environ.setdefault("PYTHON_IMAGE", recorded.read_text("utf-8").strip())

    def builder(self, *arguments: str) -> str:
        """Standard output. Raises RuntimeError with what a failing command said."""
        roots = [word for root in self.roots for word in ("--functions-root", root)]
        done = subprocess.run(
            [sys.executable, "-m", "builder", "--project", str(self.folder), *arguments, *roots],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environ},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"builder {arguments[0]}: {done.stderr}")
        return done.stdout

    def blobs(self) -> dict[str, dict[str, int]]:
        """What each image is made of: sizes by digest, of its layers, its configuration and its manifest."""
        layout = Layout(self.folder / "build" / "images")
        found = {name: layout.image(image.digest) for name, image in images.read(self.folder / ".builder").items()}
        return {
            name: {blob.digest: blob.size for blob in (*image.blobs, image.manifest)}
            for name, image in found.items()
            if image
        }


def new_bytes(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> dict[str, list[int]]:
    """The sizes of what a push would send, by image: what that image's repository does not have. None: no entry."""
    found = {
        name: sorted(size for digest, size in blobs.items() if digest not in before.get(name, {}))
        for name, blobs in after.items()
    }
    return {name: sizes for name, sizes in found.items() if sizes}
