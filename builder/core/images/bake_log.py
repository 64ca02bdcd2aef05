"""What `docker buildx bake --progress plain` says, read as it comes: steps done, steps cached, and the one that failed.

A step says `#8 [quadbin packages 1/1] RUN ...` first, then its output with the seconds (`#8 0.345 text`), and last
`#8 DONE 4.9s`, `#8 CACHED` or `#8 ERROR: process "..." did not complete successfully: exit code: 1`.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from builder.errors import BuildError

# How many lines of a failing step's output an error shows, and how much of a step's command.
SHOWN = 15
COMMAND = 100

_LINE = re.compile(r"#(\d+) (?:(\d+\.\d+) )?(.*)")
# `[target stage 2/5] command`, `[stage 2/5] command` where a single target is built, `[target internal] what`.
_STEP = re.compile(r"\[(?:(?P<target>[\w.-]+) )?(?P<stage>[\w.-]+)(?: +\d+/\d+)?\] (?P<command>.*)")
_UNSOLVED = "ERROR: failed to solve: "

_HINTS = (
    ("no space left on device", "the disk is full: `docker builder prune` frees what earlier builds left behind"),
    ("load metadata for", "the Python image cannot be had: set PYTHON_IMAGE to one that can, or run `make setup`"),
    ("THESE PACKAGES DO NOT MATCH THE HASHES", "the index serves another file than the one that was locked"),
    ("CERTIFICATE_VERIFY_FAILED", "the network has a certificate authority of its own: set PIP_CERT to its file"),
)


@dataclass
class BakeLog:
    """Feed it every line; afterwards ask."""

    done: int = 0
    cached: int = 0
    _names: dict[str, str] = field(default_factory=dict)
    _output: dict[str, deque[str]] = field(default_factory=dict)
    _failed: str = ""
    _reason: str = ""
    _last: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN))

    def feed(self, line: str) -> None:
        """One line, without its line end."""
        if line.strip():
            self._last.append(line)
        if found := _LINE.match(line):
            self._step(*found.groups())
        elif line.startswith(_UNSOLVED) and not self._reason:
            self._reason = line.removeprefix(_UNSOLVED)

    def summary(self) -> str:
        """`14 steps, 9 of them cached`."""
        return f"{self.done + self.cached} steps, {self.cached} of them cached"

    def error(self, *, log: str) -> BuildError:
        """The failure: the target, the step and the end of what it said. `log` is where all of it can be read."""
        name = self._names.get(self._failed, "")
        step = _STEP.match(name)
        target = (step and step["target"]) or "docker buildx bake"
        command = " ".join(step["command"].split()) if step else name
        where = f" in {step['stage']}: {_shortened(command)}" if step else ""
        said = list(self._output.get(self._failed, ())) or ([self._reason] if self._reason else list(self._last))
        told = "".join(f"\n    {line}" for line in said)
        return BuildError(
            f"the build failed{where}{told}",
            where=target,
            hint=_hint([name, *said, *self._last], f"the whole log: {log}"),
        )

    def _step(self, number: str, seconds: str | None, text: str) -> None:
        if seconds is not None:
            self._output.setdefault(number, deque(maxlen=SHOWN)).append(text)
        elif text.startswith("DONE "):
            self.done += 1
        elif text == "CACHED":
            self.cached += 1
        elif text.startswith("ERROR: "):
            # The steps beside it that are cancelled for its sake say so later.
            if not self._failed:
                self._failed, self._reason = number, text.removeprefix("ERROR: ")
        elif number not in self._names:
            self._names[number] = text


def _hint(said: list[str], otherwise: str) -> str:
    known = (hint for sign, hint in _HINTS if any(sign in line for line in said))
    return next(known, otherwise)


def _shortened(command: str) -> str:
    """Mounts come first in a RUN and say nothing to whom it failed for."""
    bare = re.sub(r"--(?:mount|network)=\S+ ", "", command)
    return bare if len(bare) <= COMMAND else f"{bare[: COMMAND - 3]}..."
