"""`builder dev` as a process: it hears a save, in process and in the image, and ends on Ctrl-C."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from builder.adapters.emulator import LABEL, connect
from tests.integration.dev_process import Dev

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "build" / "tiny"
HANDLER = "functions/tiny/greet/code/lambda/python/handler.py"
CASES = '- {name: one, arguments: ["you"], output: "Hello, you"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(DATA, tmp_path / "functions")
    cases = tmp_path / "functions/tiny/greet/tests/unit/cases.yaml"
    cases.parent.mkdir(parents=True)
    cases.write_text(CASES, "utf-8")
    return tmp_path


def heard(dev: Dev, folder: Path) -> None:
    """A handler that is wrong, and right again."""
    assert "1 cases of 2 functions, 0 failed" in dev.round()
    right = (folder / HANDLER).read_text("utf-8")
    (folder / HANDLER).write_text(right.replace(", {name}", "; {name}"), "utf-8")
    said = dev.round()
    assert "1 cases of 1 functions, 1 failed" in said
    assert "; you" in said
    (folder / HANDLER).write_text(right, "utf-8")
    assert "1 cases of 1 functions, 0 failed" in dev.round()


def test_a_save_is_heard_and_ctrl_c_ends_it(folder: Path) -> None:
    dev = Dev(folder)
    try:
        heard(dev, folder)
    finally:
        assert dev.stop() == 130


@pytest.mark.docker
def test_a_save_is_built_and_run_in_the_image_and_no_container_is_left(folder: Path) -> None:
    before = len(connect().containers.list(all=True, filters={"label": LABEL}))
    dev = Dev(folder, "--image")
    try:
        heard(dev, folder)
    finally:
        assert dev.stop() == 130
    assert len(connect().containers.list(all=True, filters={"label": LABEL})) == before
