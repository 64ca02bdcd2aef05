"""`builder check`, this machine's part: the engine and its plugin buildx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.adapters import docker
from builder.core.deploy import findings
from builder.errors import BuilderError

if TYPE_CHECKING:
    from builder.core.deploy.findings import Finding


def engine() -> Finding:
    """Whether images can be built here."""
    try:
        version = docker.check()
    except BuilderError as error:
        return findings.failed("engine", error)
    return findings.ok("engine", f"Docker {version}, with buildx")
