"""Pages of a list, and the tokens that lead to the next one."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from builder.local.data_api.model import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def token(number: int, scope: str) -> str:
    """Opaque to callers, and good for one list only."""
    return base64.urlsafe_b64encode(f"{scope}{number}".encode()).decode()


def start(given: Mapping[str, Any], scope: str) -> int:
    """Where the request's token leads; 0 without one. Raises ApiError for a token of another list."""
    text = given.get("NextToken")
    if not text:
        return 0
    try:
        inner = base64.urlsafe_b64decode(text).decode()
    except (binascii.Error, ValueError):
        inner = ""
    number = inner.removeprefix(scope)
    if not inner.startswith(scope) or not number.isdigit():
        raise invalid("Invalid NextToken.")
    return int(number)


def page(member: str, entries: Sequence[Any], given: Mapping[str, Any], *, most: int) -> dict[str, Any]:
    """At most MaxResults entries (0 and nothing: `most`), and NextToken where more follow."""
    scope = f"{member}/"
    at, size = start(given, scope), given.get("MaxResults") or most
    reply: dict[str, Any] = {member: list(entries[at : at + size])}
    if at + size < len(entries):
        reply["NextToken"] = token(at + size, scope)
    return reply
