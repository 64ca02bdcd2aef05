"""Reads SQL by its tokens: where a statement ends, what it calls and what it makes. Nothing here splits on `;`.

The tokens are sqlglot's, in the Redshift dialect: dollar quotes, escaped quotes and nested comments are its business.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from builder.core.catalog.types import redshift_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_QUOTED = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.BYTE_STRING, TokenType.RAW_STRING})
_QUOTES = re.compile(r"""('[^']*'|"[^"]*")""")
# What is more than one blank, or another one than a space.
_BLANKS = re.compile(r"[^\S ]\s*| \s+")
_MODES = frozenset({"IN", "OUT", "INOUT"})
_END_OF_RETURNS = frozenset({"VOLATILE", "STABLE", "IMMUTABLE", "AS", "LAMBDA"})
# Redshift, CREATE FUNCTION: a SQL function's SELECT takes none of these.
_REFUSED_CLAUSES = frozenset({"FROM", "INTO", "WHERE", "GROUP", "ORDER", "LIMIT"})


class _Tokenizer(Redshift.Tokenizer):
    # sqlglot takes the rest of a CALL, UNLOAD or SHOW up to the next `;` as one opaque text, strings cut in two.
    COMMANDS: ClassVar[set[TokenType]] = set()


class Made(NamedTuple):
    """A function or procedure that a statement makes. `schema` is "" where the name is not qualified.

    Names are in lower case; types are in lower case and without lengths, as Redshift tells overloads apart.
    `returns` is "" for a procedure.
    """

    schema: str
    name: str
    arguments: tuple[str, ...]
    returns: str


def split(text: str) -> tuple[str, ...]:
    """The statements of a text, in order, without the semicolons between them; comments stay where they stand.

    Raises ValueError when a quote or a comment is never closed.
    """
    found, start, filled = [], 0, False
    for token in tokens(text):
        if token.token_type is not TokenType.SEMICOLON:
            filled = True
            continue
        if filled:
            found.append(text[start : token.start].strip())
        start, filled = token.end + 1, False
    if filled:
        found.append(text[start:].strip())
    return tuple(found)


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """Raises ValueError when a quote or a comment is never closed.

    Kept, because one text is read many times on its way into a plan: for its checks, its order and its fingerprint.
    """
    try:
        return tuple(_Tokenizer(dialect="redshift").tokenize(text))
    except TokenError:
        raise ValueError("a quote, a dollar quote or a comment is opened and never closed") from None


def normal(text: str) -> str:
    """The same statement in one spelling: comments dropped, blanks between the tokens made one, quoted text kept."""
    return " ".join(text[token.start : token.end + 1] for token in tokens(text))


def placeholders(text: str) -> frozenset[int]:
    """The numbers n of the arguments `$n` that a body uses."""
    found = tokens(text)
    return frozenset(
        int(after.text)
        for token, after in pairwise(found)
        if token.token_type is TokenType.PARAMETER and after.token_type is TokenType.NUMBER and after.text.isdecimal()
    )


def refused_clauses(body: str) -> tuple[str, ...]:
    """The clauses outside of any parentheses that Redshift takes in no SQL function."""
    found, depth = [], 0
    for token in tokens(body):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        word = _upper(token).split()[:1]
        if depth == 0 and word and word[0] in _REFUSED_CLAUSES:
            found.append(word[0])
    return tuple(dict.fromkeys(found))


def normal_blanks(text: str) -> str:
    """Blanks outside of quotes made one, without a look at the tokens: for texts without comments, as ours are.

    A quote is closed by its like; a quote inside it is doubled, which reads as two quotes side by side.
    """
    parts = _QUOTES.split(text)
    parts[::2] = [_BLANKS.sub(" ", part) for part in parts[::2]]
    return "".join(parts)


def calls(text: str, schema: str) -> frozenset[str]:
    """The names, in lower case, that a text calls as `schema.name(`, inside its dollar quotes too."""
    return frozenset(_calls(text, schema.lower()))


def made(statement: str) -> Made | None:
    """What a CREATE FUNCTION, EXTERNAL FUNCTION or PROCEDURE makes; None for any other statement."""
    found = tokens(statement)
    start = _after_create(found)
    if start is None:
        return None
    procedure = _upper(found[start - 1]) == "PROCEDURE"
    parts, at = _name(found, start)
    if not parts or at >= len(found) or found[at].token_type is not TokenType.L_PAREN:
        return None
    close = _closing(found, at)
    arguments = [_argument(statement, each) for each in _listed(found[at + 1 : close])]
    return Made(
        schema=parts[-2] if len(parts) > 1 else "",
        name=parts[-1],
        arguments=tuple(each for each in arguments if each is not None),
        returns="" if procedure else _returns(statement, found[close + 1 :]),
    )


@lru_cache(maxsize=4096)
def family(name: str) -> str:
    """A type as Redshift tells overloads apart: one spelling for its aliases, lower case, no length.

    `VARCHAR(MAX)` and `character varying` give `varchar`. A type that we do not know keeps its own spelling.
    """
    word = " ".join(name.split())
    if word.upper() == "FLOAT":  # Redshift's own FLOAT; the catalogue's generic `float` never gets here
        return "double precision"
    with suppress(ValueError):
        word = redshift_type(word.upper())
    return word.partition("(")[0].strip().lower()


def dollar_quoted(body: str) -> str:
    """A body between dollar quotes that it cannot close.

    Redshift takes a word between the dollar signs (CREATE FUNCTION, "AS $$ statement $$"): one is found that the body
    does not hold.
    """
    tag, n = "$$", 0
    while tag in body:
        n += 1
        tag = f"$body{n}$"
    return f"{tag}\n{body}\n{tag}"


def _calls(text: str, schema: str) -> Iterator[str]:
    found = tokens(text)
    for index, token in enumerate(found):
        if token.token_type is TokenType.HEREDOC_STRING:
            yield from _calls(token.text, schema)
        if token.token_type is TokenType.L_PAREN and _is_qualified(found, index, schema):
            yield found[index - 1].text.lower()


def _is_qualified(found: Sequence[Token], index: int, schema: str) -> bool:
    if index < 3 or found[index - 2].token_type is not TokenType.DOT:  # noqa: PLR2004 (schema, dot, name)
        return False
    name, owner = found[index - 1], found[index - 3]
    return name.token_type not in _QUOTED and owner.text.lower() == schema


def _after_create(found: Sequence[Token]) -> int | None:
    words = [_upper(token) for token in found[:5]]
    if words[:1] != ["CREATE"]:
        return None
    at = 3 if words[1:3] == ["OR", "REPLACE"] else 1
    at += words[at : at + 1] == ["EXTERNAL"]
    return at + 1 if words[at : at + 1] and words[at] in {"FUNCTION", "PROCEDURE"} else None


def _name(found: Sequence[Token], at: int) -> tuple[list[str], int]:
    parts = []
    while at < len(found):
        parts.append(found[at].text.lower())
        at += 1
        if at >= len(found) or found[at].token_type is not TokenType.DOT:
            break
        at += 1
    return parts, at


def _closing(found: Sequence[Token], at: int) -> int:
    depth = 0
    for index in range(at, len(found)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(found[index].token_type, 0)
        if depth == 0:
            return index
    return len(found)


def _listed(found: Sequence[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    depth = 0
    for token in found:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type is TokenType.COMMA and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _argument(statement: str, part: Sequence[Token]) -> str | None:
    """The type in `[name] [mode] type` or `[mode] [name] type`; None for an OUT argument, which no signature has."""
    words = [_upper(token) for token in part]
    mode = next((word for word in words[:2] if word in _MODES), "IN")
    if mode == "OUT":
        return None
    rest = [token for token, word in zip(part, words, strict=True) if word not in _MODES]
    if len(rest) > 1 and not _is_type(_text(statement, rest)):
        rest = rest[1:]
    return family(_text(statement, rest))


def _returns(statement: str, rest: Sequence[Token]) -> str:
    words = [_upper(token) for token in rest]
    if words[:1] != ["RETURNS"]:
        return ""
    end = next((index for index, word in enumerate(words) if word in _END_OF_RETURNS), len(words))
    return family(_text(statement, rest[1:end])) if end > 1 else ""


def _is_type(text: str) -> bool:
    try:
        redshift_type(text.upper())
    except ValueError:
        return text.upper() == "FLOAT"
    return True


def _text(statement: str, part: Sequence[Token]) -> str:
    return statement[part[0].start : part[-1].end + 1] if part else ""


def _upper(token: Token) -> str:
    quoted = token.token_type in _QUOTED or token.token_type is TokenType.IDENTIFIER
    return "" if quoted else token.text.upper()
