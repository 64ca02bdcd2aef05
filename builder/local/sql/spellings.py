"""Spellings of PostgreSQL that drivers use of habit and sqlglot does not read: taken for the plain ones.

`OPERATOR(pg_catalog.~)`, `pg_catalog.function(...)`, `information_schema._pg_expandarray(...)`,
`COLLATE pg_catalog.default`, `::pg_catalog.regtype`, `ARRAY(SELECT ...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import Token, TokenType

if TYPE_CHECKING:
    from collections.abc import Sequence

CATALOG = "PG_CATALOG"
# Of its functions, which drivers call; its views keep their schema.
INFORMATION = "INFORMATION_SCHEMA"


def plain(tokens: Sequence[Token]) -> list[Token]:
    """The same statement; what stays keeps its positions."""
    words = [token.text.upper() for token in tokens]
    if not {CATALOG, INFORMATION, "ARRAY"} & set(words):
        return list(tokens)
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        skipped, taken = _spelling(tokens, words, at)
        made.extend(taken)
        at += skipped
    return made


def _spelling(tokens: Sequence[Token], words: Sequence[str], at: int) -> tuple[int, Sequence[Token]]:
    """How many tokens stand for it, and what they mean."""
    ahead = [*words[at : at + 6], "", "", "", "", "", ""]
    if ahead[0] == "OPERATOR" and ahead[1:4] == ["(", CATALOG, "."]:
        end = words.index(")", at) if ")" in words[at:] else at
        return end + 1 - at, tokens[at + 4 : end]
    if ahead[0] == "COLLATE" and ahead[1:3] == [CATALOG, "."]:
        return 4, ()
    if ahead[0] in {"::", "AS"} and ahead[1:3] == [CATALOG, "."]:
        return 4, (tokens[at], tokens[at + 3])
    if ahead[0] in {CATALOG, INFORMATION} and ahead[1] == "." and ahead[3] == "(":
        return 2, ()
    if ahead[0] == "ARRAY" and ahead[1:3] == ["(", "SELECT"]:
        old = tokens[at]
        return 1, (Token(TokenType.VAR, "rs_array_of", old.line, old.col, old.start, old.end),)
    return 1, (tokens[at],)
