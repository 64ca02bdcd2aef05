"""`python -m tests.faults`: the fault matrix of every command that changes something, with its figures.

Fails if one run did not converge. Receipts and releases are forced to the disk after every step, as they must be: in
memory, where there is a file system of it, that costs nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.unit.deploy import matrix

MEMORY = Path("/dev/shm")  # noqa: S108  the folders in it are made by tempfile


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    tried: list[matrix.Tried] = []
    for number, scenario in enumerate(matrix.every()):
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            found = list(matrix.tries(scenario, Path(folder) / str(number)))
        good = sum(not each.wrong for each in found)
        calls = len({each.call for each in found})
        say(f"{scenario.name:<28} {calls:>3} calls, {len(found):>4} tried, {good:>4} converged")
        for each in found:
            if each.wrong:
                say(f"    {each.call}, {each.way}: {'; '.join(each.wrong)}")
        tried += found
    converged = sum(not each.wrong for each in tried)
    say(f"faults: {len(tried)} tried, {converged} converged")
    return 0 if tried and converged == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
