"""Statements as tokens: splitting, and a cursor for the grammars that we read ourselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from builder.local.sqlstate import SqlError, syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OPERANDS = frozenset(
    {
        TokenType.VAR,
        TokenType.IDENTIFIER,
        TokenType.NUMBER,
        TokenType.STRING,
        TokenType.R_PAREN,
        TokenType.R_BRACKET,
    }
)
# What may hold a $ that is no parameter: strings, names, comments and $$ bodies; and last a parameter.
_DOLLARS = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$([A-Za-z_]\w*)?\$.*?\$(?(1)\1)\$|\$(\d+)""", re.DOTALL
)
_TEXTS = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.IDENTIFIER})


@dataclass(frozen=True, kw_only=True)
class Source:
    """One statement: its tokens (never none), and the whole text that their positions count in."""

    sql: str
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        return self.sql[self.tokens[0].start : self.tokens[-1].end + 1]

    def words(self, count: int) -> tuple[str, ...]:
        """The first words in upper case, for telling statements apart."""
        return tuple(token.text.upper() for token in self.tokens[:count])


def split(sql: str) -> list[Source]:
    """The statements of a text, by the tokenizer: semicolons in strings, comments and $$ bodies end nothing."""
    statements: list[list[Token]] = [[]]
    for token in tokenize(sql):
        if token.token_type == TokenType.SEMICOLON:
            statements.append([])
        else:
            statements[-1].append(token)
    return [Source(sql=sql, tokens=tuple(tokens)) for tokens in statements if tokens]


class _Words(Redshift):
    """Redshift's tokens, without the words that make one text of all that follows them: CALL, DECLARE, EXECUTE."""

    class Tokenizer(Redshift.Tokenizer):
        COMMANDS: ClassVar[set[TokenType]] = set()


def tokenize(sql: str) -> tuple[Token, ...]:
    """A text's tokens, semicolons among them; every word is one."""
    try:
        # sqlglot takes "$1,$2" for the tag of a $$ body; it reads "@1" as the same parameter, at the same length.
        found = _Words().tokenize(_DOLLARS.sub(lambda part: f"@{part[2]}" if part[2] else part[0], sql))
    except SqlglotError:
        raise syntax("unterminated quoted string or comment") from None
    return tuple(_hashes(found))


def _hashes(tokens: Iterable[Token]) -> Iterator[Token]:
    """`a # b` and `a#b` are exclusive or; `#t` where a name is due is a temporary table.

    sqlglot's tokenizer takes # for a letter of names.
    """
    last: Token | None = None
    for token in tokens:
        if token.token_type == TokenType.FLOAT and token.text.upper() == "FLOAT":
            # FLOAT is FLOAT8 in Redshift ("Numeric types"); sqlglot keeps it as the smaller one.
            yield _made(token, TokenType.DOUBLE, token.text, token.start)
            continue
        pieces = [token]
        if token.token_type == TokenType.VAR and "#" in token.text:
            follows = last is not None and last.token_type in _OPERANDS
            if follows or not token.text.startswith("#"):
                pieces = list(_pieces(token))
        for piece in pieces:
            last = piece
            yield piece


def _pieces(token: Token) -> Iterator[Token]:
    at = token.start
    for index, part in enumerate(token.text.split("#")):
        if index:
            yield _made(token, TokenType.HASH, "#", at)
            at += 1
        if part:
            kind = TokenType.NUMBER if part.isdigit() else TokenType.VAR
            yield _made(token, kind, part, at)
            at += len(part)


def _made(token: Token, kind: TokenType, text: str, start: int) -> Token:
    return Token(kind, text, token.line, token.col, start, start + len(text) - 1)


class Cursor:
    """Reads a statement's tokens from front to back and complains as PostgreSQL does."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.source.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The word ahead in upper case; "" at the end and for a string, which is never a keyword."""
        if self.at + ahead >= len(self.source.tokens):
            return ""
        token = self.source.tokens[self.at + ahead]
        # Some pairs are one token to sqlglot: PRIMARY KEY, DOUBLE PRECISION.
        return "" if token.token_type in _TEXTS else " ".join(token.text.upper().split())

    def accept(self, *words: str) -> bool:
        """Takes all of these words, or none."""
        if all(self.peek(index) == word for index, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise self.error()

    def take(self) -> Token:
        if self.done:
            raise self.error()
        self.at += 1
        return self.source.tokens[self.at - 1]

    def string(self) -> str:
        if self.done or self.source.tokens[self.at].token_type not in {TokenType.STRING, TokenType.HEREDOC_STRING}:
            raise self.error()
        return self.take().text

    def integer(self) -> int:
        if self.done or self.source.tokens[self.at].token_type != TokenType.NUMBER:
            raise self.error()
        text = self.take().text
        if not text.isdigit():
            raise SqlError("42601", f'an integer is needed, not "{text}"')
        return int(text)

    def identifier(self) -> str:
        """Folded to lower case, quoted or not, as Redshift does by default."""
        token = self.take()
        plain = token.text.replace("_", "a").isalnum() and not token.text[0].isdigit()
        if token.token_type != TokenType.IDENTIFIER and (token.token_type == TokenType.STRING or not plain):
            self.at -= 1
            raise self.error()
        return token.text.lower()

    def name(self) -> tuple[str, str]:
        """`[schema.]name`; schema "" where none is given."""
        first = self.identifier()
        return (first, self.identifier()) if self.accept(".") else ("", first)

    def until(self, *words: str) -> str:
        """The source text up to one of these words outside parentheses, which is not taken."""
        start, depth = self.at, 0
        while not self.done and not (depth == 0 and self.peek() in words):
            depth += {"(": 1, ")": -1}.get(self.peek(), 0)
            self.at += 1
        if self.at == start:
            raise self.error()
        return self.source.sql[self.source.tokens[start].start : self.source.tokens[self.at - 1].end + 1]

    def end(self) -> None:
        if not self.done:
            raise self.error()

    def error(self) -> SqlError:
        if self.done:
            return syntax("syntax error at end of input", position=self.source.tokens[-1].end + 2)
        token = self.source.tokens[self.at]
        return syntax(f'syntax error at or near "{token.text}"', position=token.start + 1)
