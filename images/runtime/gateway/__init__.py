"""The runtime that ships in every image: Redshift's batches in, a handler's answers out.

A handler imports from here and nothing below. Only the standard library, orjson and awslambdaric are used, and little
of them is imported at start-up: a cold start waits for every import.
"""

from __future__ import annotations

from gateway.decorators import redshift_batch_handler, redshift_handler
from gateway.errors import RowError

__all__ = ["RowError", "redshift_batch_handler", "redshift_handler"]
