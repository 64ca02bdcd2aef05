"""`builder`, with the command line of every process that it starts written down: others can read those."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from builder.cli import main


def write_down(event: str, arguments: tuple[Any, ...]) -> None:
    """CPython's audit event of subprocess: the program, its arguments, the folder, the environment."""
    if event == "subprocess.Popen":
        with open(os.environ["COMMAND_LINES"], "a", encoding="utf-8") as file:  # noqa: PTH123  pathlib in a hook of every open
            file.write(json.dumps([str(each) for each in arguments[1]]) + "\n")


sys.addaudithook(write_down)
main()
