"""`python -m tests.fuzz [--messages N] [--statements M] [--seed S]`: the whole fuzz; `make test` runs a sample."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from tests.fuzz.drive import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--statements", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        verdict = run(
            Path(folder),
            count=given.messages,
            queries=given.statements,
            seed=given.seed,
            say=lambda words: say(sys.stderr, words),
        )
    for kind, found in (("crashed", verdict.crashed), ("hung", verdict.hung)):
        for what in found[:20]:
            say(sys.stderr, f"{kind}: {what[:300]}")
    say(sys.stdout, str(verdict))
    return 0 if verdict.clean else 1


def say(stream: TextIO, words: str) -> None:
    stream.write(words + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
