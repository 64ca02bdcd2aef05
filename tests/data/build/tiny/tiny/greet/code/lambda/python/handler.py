"""GREET: a greeting."""

from __future__ import annotations

from gateway import redshift_handler
from lib.words import GREETING


@redshift_handler
def lambda_handler(name: str) -> str:
    return f"{GREETING}, {name}"
