"""uv, which resolves requirements and hashes what it found."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from builder.adapters import process
from builder.core.catalog import part_locks
from builder.core.images import requirements
from builder.errors import BuildError, redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# uv's exit codes: 1 says that the requirements cannot be met, 2 that it could not find out.
_UNMET = 1

# pip's names of the settings and uv's: whoever has set up pip has set up this too.
_AS_UV_SAYS = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
}


class UnmetError(Exception):
    """The requirements cannot be met together. The message is uv's, on one line."""


class Resolver:
    """Runs uv with the host's own index and certificates."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environment(environ)

    def resolve(self, lines: Sequence[str], *, current: str = "", upgrade: bool = False) -> str:
        """The pinned and hashed union. `current` is the lock so far: its versions stay where they can.

        Raises UnmetError; BuildError where uv could not find out.
        """
        import uv  # noqa: PLC0415  only locking needs the package

        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / part_locks.LOCK
            output.write_text(current, "utf-8")
            command = requirements.compile_command([uv.find_uv_bin()], output=str(output), upgrade=upgrade)
            done = process.run(command, text="".join(f"{line}\n" for line in lines), environ=self._environ)
            if done.code == _UNMET:
                raise UnmetError(_cause(done.err))
            if not done.ok:
                raise BuildError(
                    f"uv could not resolve the requirements: {_cause(done.err)}",
                    hint="check the network, PIP_INDEX_URL and PIP_CERT",
                )
            return output.read_text("utf-8")

    def complaint(self, lines: Sequence[str]) -> str | None:
        """Why these cannot be met together; None where they can."""
        try:
            self.resolve(lines)
        except UnmetError as error:
            return str(error)
        return None


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What uv is told on top of our environment: pip's settings where uv's own are not made."""
    return {ours: environ[pips] for pips, ours in _AS_UV_SAYS.items() if environ.get(pips) and not environ.get(ours)}


def _cause(said: str) -> str:
    """As uv says it: `error: what`, and then `cause: why`, the last cause being the nearest to the matter.

    It goes on into locks, which people commit: without an index's password.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("warning:")]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return redacted("; ".join([*errors[:1], *causes[:1]]) or " ".join(lines) or "it said nothing")
