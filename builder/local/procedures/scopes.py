"""The variables of one call: found by name, given values, and put into the SQL that names them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot.tokenizer_core import TokenType

from builder.local.engine import query
from builder.local.procedures.values import Value, Variable
from builder.local.sql import types
from builder.local.sql.tokens import Source, split, tokenize
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.local.engine.backend import Session
    from builder.local.procedures.steps import Variable as Declaration

_TEXTS = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.NUMBER})


@dataclass
class Scopes:
    """`levels` are those of the blocks, the innermost last; `positions` the names of the arguments, for $n."""

    session: Session
    levels: list[dict[str, Variable]] = field(default_factory=lambda: [{}])
    positions: tuple[str, ...] = ()

    @contextmanager
    def inner(self) -> Iterator[dict[str, Variable]]:
        """A block's or a loop's own variables, while it runs."""
        self.levels.append({})
        try:
            yield self.levels[-1]
        finally:
            self.levels.pop()

    def value(self, text: str) -> Value:
        """An expression's value: the first column of the first row of SELECT it."""
        tokens = tokenize(text)
        if len(tokens) == 1 and tokens[0].token_type not in _TEXTS:
            # A variable alone needs no query; in a handler, none can be run.
            plain = self._plain(tokens[0].text.lower())
            if plain is not None:
                return plain
        source = _one(f"SELECT {text}")
        columns, rows = query.texts(self.session, self.source(source, dynamic=False))
        row = next(iter(rows), None)
        return Value(row[0] if row else None, columns[0].type)

    def _plain(self, name: str) -> Value | None:
        found = next((scope[name].value for scope in reversed(self.levels) if name in scope), None)
        return found if isinstance(found, Value) else None

    def holds(self, condition: str) -> bool:
        return self.value(f"CAST(({condition}) AS BOOLEAN)").text == "t"

    def declare(self, variable: Declaration) -> None:
        if variable.alias:
            self.levels[-1][variable.name] = self._find(self._position(variable.alias.lstrip("$@")))
            return
        kind = self._kind(variable.type)
        made = Variable(kind, {} if kind is None else Value(None, kind), not_null=variable.not_null)
        self.levels[-1][variable.name] = made
        if variable.default:
            self.give(variable.name, self.value(variable.default))
        made.constant = variable.constant

    def _kind(self, text: str) -> types.Type | None:
        lowered = "".join(text.lower().split())
        if lowered == "record" or lowered.endswith("%rowtype"):
            return None
        if lowered.endswith("%type"):
            path = lowered.removesuffix("%type").split(".")
            if len(path) == 1:
                return self._find(path[0]).type
            table, column = ".".join(path[:-1]), path[-1]
            return query.describe(self.session, f"SELECT {column} FROM {table}")[0].type  # noqa: S608 - the procedure's own text
        return types.of(text)

    def _find(self, name: str) -> Variable:
        for scope in reversed(self.levels):
            if name in scope:
                return scope[name]
        raise SqlError("42601", f'"{name}" is not a known variable')

    def _position(self, number: str) -> str:
        index = int(number) if number.isdigit() else 0
        if not 1 <= index <= len(self.positions):
            raise SqlError("42P02", f"there is no parameter ${number}")
        return self.positions[index - 1]

    def give(self, target: str, value: Value) -> None:
        name, _, part = target.partition(".")
        variable = self._find(name)
        if variable.constant:
            raise SqlError("22005", f'"{name}" is declared CONSTANT')
        if part and isinstance(variable.value, dict):
            variable.value[part] = value
            return
        if variable.type is None:
            raise SqlError("42804", f'"{name}" is a record: give it a row')
        if value.text is None and variable.not_null:
            raise SqlError("22004", f'null value cannot be assigned to variable "{name}" declared NOT NULL')
        variable.value = self.as_type(value, variable.type)

    def as_type(self, value: Value, kind: types.Type) -> Value:
        if value.type == kind or value.text is None:
            return Value(value.text, kind)
        if kind.name == "super":
            return Value(
                value.text if value.type.name == "super" else self.value(f"CAST({value.sql} AS SUPER)").text, kind
            )
        return Value(self.value(f"CAST({value.sql} AS {kind})").text, kind)

    def fill(self, targets: Sequence[str], columns: Sequence[Any], row: Sequence[str | None]) -> None:
        """A row into variables, or into one record."""
        values = [Value(text, column.type) for text, column in zip(row, columns, strict=True)]
        first = self._find(targets[0].partition(".")[0])
        if len(targets) == 1 and first.type is None and "." not in targets[0]:
            first.value = {column.name: value for column, value in zip(columns, values, strict=True)}
            return
        for index, target in enumerate(targets):
            kind = types.of("varchar")
            self.give(target, values[index] if index < len(values) else Value(None, kind))

    def set_text(self, name: str, text: str) -> None:
        kind = types.of("varchar(max)")
        self.levels[-1][name] = Variable(kind, Value(text, kind))

    def set_found(self, found: bool) -> None:  # noqa: FBT001 - PL/pgSQL's own variable
        kind = types.of("boolean")
        self.levels[0]["found"] = Variable(kind, Value("t" if found else "f", kind))

    def source(self, source: Source, *, dynamic: bool) -> Source:
        """The statement to run: variables in their place, or for EXECUTE the text that the expression gives."""
        if not dynamic:
            return _one(self._substituted(source))
        text = self.value(source.text).text
        if text is None:
            raise SqlError("22004", "cannot EXECUTE a null querystring")
        return _one(text)

    def _substituted(self, source: Source) -> str:
        """Every name that is a variable's is its value, as PostgreSQL 8.0 does it; behind a dot or AS it is not."""
        parts, tokens, index = [], source.tokens, 0
        while index < len(tokens):
            token = tokens[index]
            before = tokens[index - 1].text.upper() if index else ""
            after = [each.text for each in tokens[index + 1 : index + 3]]
            replaced, taken = None, 1
            if token.text == "@" and after:
                replaced, taken = self._text_of(self._position(after[0])), 2
            elif token.token_type not in _TEXTS and before not in {".", "AS"} and after[:1] != ["("]:
                replaced, taken = self._named(token.text.lower(), after)
            if replaced is None:
                parts.append(source.sql[token.start : token.end + 1])
            else:
                parts.append(replaced)
            index += taken
        return " ".join(parts)

    def _named(self, name: str, after: Sequence[str]) -> tuple[str | None, int]:
        for scope in reversed(self.levels):
            if name in scope:
                value = scope[name].value
                if isinstance(value, Value):
                    return (None, 1) if after[:1] == ["."] else (value.sql, 1)
                if len(after) > 1 and after[0] == ".":
                    if after[1].lower() not in value:
                        raise SqlError("42703", f'record "{name}" has no field "{after[1].lower()}"')
                    return value[after[1].lower()].sql, 3
        return None, 1

    def _text_of(self, name: str) -> str:
        value = self._find(name).value
        return value.sql if isinstance(value, Value) else name


def _one(text: str) -> Source:
    sources = split(text)
    if len(sources) != 1:
        raise SqlError("42601", "one statement is needed")
    return sources[0]
