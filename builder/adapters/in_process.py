"""The runtime in this very process, over the catalogue's own files: breakpoints in a handler work.

The one place of the builder that touches the runtime, and by its public entry alone: a manifest's path in, reply text
out, as in an image.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from builder.errors import BuilderError

if TYPE_CHECKING:
    from pathlib import Path


class InProcess:
    """Answers for one module."""

    def __init__(self, manifest: Path) -> None:
        try:
            local: Any = importlib.import_module("gateway.local")
        except ImportError as error:
            raise BuilderError(
                f"the runtime cannot be imported: {error}",
                hint="pip install 'analytics-toolbox-gateway[runtime]'",
            ) from error
        self._answer = local.answer(manifest)

    def invoke(self, event: bytes) -> str:
        """The reply's text."""
        reply: str = self._answer(event)
        return reply
