"""A running `builder dev`, for its test and its benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[2]
# Far more than a round ever takes: a test that hangs should end.
SECONDS = 300


def environment() -> dict[str, str]:
    """Ours, with this checkout and the Python image that its host has."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'images' / 'runtime'}"}
    chosen = ROOT / ".builder" / "python-image"
    if "PYTHON_IMAGE" not in environ and chosen.is_file():
        environ["PYTHON_IMAGE"] = chosen.read_text("utf-8").strip()
    return environ


class Dev:
    """A running `builder dev tiny`."""

    def __init__(self, folder: Path, *words: str) -> None:
        line = [sys.executable, "-m", "builder", "--project", str(folder), "dev", "tiny", *words]
        self.process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        )
        self.lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def round(self) -> str:
        """Everything up to the line that ends a round."""
        said = ""
        while "Ctrl-C ends" not in said:
            said += self.lines.get(timeout=SECONDS)
        return said

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)
