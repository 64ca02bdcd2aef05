"""What `docker buildx bake --progress plain` says, read as it comes: steps done, steps cached, and the one that failed.

#8 [quadbin packages 1/1] RUN ...       a step and its name
#8 0.345 some output                    what it prints, with its seconds
#8 DONE 4.9s | #8 CACHED | #8 ERROR: process "..." did not complete successfully: exit code: 1
ERROR: target quadbin: failed to solve: ...
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from builder.errors import BuildError

# How much of a failing step's output an error shows.
SHOWN = 15

_STEP = re.compile(r"#(\d+) (?:(\d+\.\d+) )?(.*)")
_TARGET = re.compile(r"(?:ERROR: )?target ([\w.-]+): failed to solve: (.*)")
_NO_SPACE = "no space left on device"


@dataclass
class BakeLog:
    """Feed it every line; afterwards ask."""

    done: int = 0
    cached: int = 0
    _names: dict[str, str] = field(default_factory=dict)
    _output: dict[str, deque[str]] = field(default_factory=dict)
    _failed: str | None = None
    _reason: str = ""
    _target: str = ""
    _last: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN))

    def feed(self, line: str) -> None:
        """One line, without its line end."""
        if line.strip():
            self._last.append(line)
        if found := _TARGET.search(line):
            self._target, self._reason = found.groups()
        elif found := _STEP.match(line):
            self._step(*found.groups())

    def summary(self) -> str:
        """`14 steps, 9 of them cached`."""
        return f"{self.done + self.cached} steps, {self.cached} of them cached"

    def error(self, *, log: str) -> BuildError:
        """The failure: the target, the step and the end of what it said. `log` is where all of it can be read."""
        name = self._names.get(self._failed or "", "")
        said = list(self._output.get(self._failed or "", ())) or ([self._reason] if self._reason else list(self._last))
        shown = "\n".join(f"    {line}" for line in said)
        what = f"the build failed in {name}" if name else "the build failed"
        return BuildError(f"{what}:\n{shown}", where=self._target or "docker buildx bake", hint=self._hint(log, said))

    def _hint(self, log: str, said: list[str]) -> str:
        if any(_NO_SPACE in line for line in (*said, self._reason, *self._last)):
            return "the disk is full: `docker builder prune` and `docker image prune` free what builds left behind"
        return f"the whole log: {log}"

    def _step(self, number: str, seconds: str | None, text: str) -> None:
        if seconds is not None:
            self._output.setdefault(number, deque(maxlen=SHOWN)).append(text)
        elif text.startswith("DONE "):
            self.done += 1
        elif text == "CACHED":
            self.cached += 1
        elif text.startswith("ERROR: "):
            self._failed = number
            self._reason = text.removeprefix("ERROR: ")
        elif number not in self._names:
            self._names[number] = text
