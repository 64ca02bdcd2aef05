"""Named parameters of the Data API: `:name` in a statement becomes `$n`, outside texts, names and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import TokenType

from builder.local.sql.tokens import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[0-9a-zA-Z_]+")


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A statement with `$n` for its parameters, and their values in that order. `names` are those it refers to."""

    sql: str
    values: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def bind(sql: str, parameters: Mapping[str, str]) -> Bound:
    """Names that nothing is given for stay as they are, and fail as the syntax error that they are in Redshift."""
    if not parameters:
        return Bound(sql=sql)
    order: dict[str, int] = {}
    pieces: list[str] = []
    at = 0
    for start, end in _places(sql):
        name = sql[start + 1 : end]
        if name in parameters:
            number = order.setdefault(name, len(order) + 1)
            pieces += [sql[at:start], f"${number}"]
            at = end
    values = tuple(parameters[name] for name in order)
    return Bound(sql="".join([*pieces, sql[at:]]), values=values, names=frozenset(order))


def _places(sql: str) -> Iterable[tuple[int, int]]:
    """Where `:name` stands. `::` is a cast, and a token of its own."""
    done = 0
    for source in split(sql):
        for token in source.tokens:
            if token.token_type == TokenType.COLON and token.start >= done:
                found = _NAME.match(sql, token.end + 1)
                if found:
                    done = found.end()
                    yield token.start, found.end()
