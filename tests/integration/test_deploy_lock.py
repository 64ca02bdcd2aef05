"""The lock of a process that was killed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from builder.adapters import locks
from builder.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import pathlib, sys, time
from builder.adapters import locks
with locks.hold(pathlib.Path(sys.argv[1]), "builder deploy"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    file = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(BusyError, match=f"process {holder.pid} on"), locks.hold(file, "builder deploy"):
                pytest.fail("two have it")
        finally:
            holder.kill()
            holder.wait()
    assert str(holder.pid) in file.read_text(encoding="utf-8")
    with locks.hold(file, "builder deploy"):
        pass
