"""Spellings of PostgreSQL that drivers use of habit and sqlglot does not read: taken for the plain ones.

`OPERATOR(pg_catalog.~)`, `pg_catalog.function(...)`, `information_schema._pg_expandarray(...)`,
`COLLATE pg_catalog.default`, `::pg_catalog.regtype`, `ARRAY(SELECT ...)`.
And Redshift's `UNPIVOT object AS value AT name` in FROM, whose value gets a name that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import Token, TokenType

if TYPE_CHECKING:
    from collections.abc import Sequence

CATALOG = "PG_CATALOG"
# Of its functions, which drivers call; its views keep their schema.
INFORMATION = "INFORMATION_SCHEMA"
UNPIVOT = "rs_unpivot_"


def plain(tokens: Sequence[Token]) -> list[Token]:
    """The same statement; what stays keeps its positions."""
    words = [token.text.upper() for token in tokens]
    tokens = _objects(tokens, words) if "UNPIVOT" in words else tokens
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


def _objects(tokens: Sequence[Token], words: Sequence[str]) -> list[Token]:
    """Without the word UNPIVOT where an expression follows it, and with its mark on the name behind AS."""
    made: list[Token] = []
    marked = False
    for index, token in enumerate(tokens):
        if words[index] == "UNPIVOT" and words[index - 1] in {",", "FROM"} and words[index + 1 : index + 2] != ["("]:
            marked = True
        elif marked and words[index - 1] == "AS":
            made.append(Token(TokenType.VAR, f"{UNPIVOT}{token.text}", token.line, token.col, token.start, token.end))
            marked = False
        else:
            made.append(token)
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
