"""Gives its event back."""

from __future__ import annotations

from typing import Any


def handler(event: Any, _context: Any) -> Any:
    return event
