"""`python -m tests.faults`: the fault matrix of deploy, update and removal, with its figures. Fails if one run did not
converge.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.unit.deploy import matrix


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    tried: list[matrix.Tried] = []
    for number, scenario in enumerate(matrix.every()):
        with tempfile.TemporaryDirectory() as folder:
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
