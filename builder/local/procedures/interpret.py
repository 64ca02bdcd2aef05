"""Runs a procedure's block on a session: variables are texts with a type, expressions are queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot.tokenizer_core import TokenType

from builder.local.engine import query
from builder.local.procedures import steps as plpgsql
from builder.local.procedures.values import Value, Variable
from builder.local.sql import types
from builder.local.sql.tokens import Source, split, tokenize
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from builder.local.engine.backend import Session

# Inside a transaction block of the caller's, a handler can run no SQL any more.
_ABORTED = frozenset({"25000", "25P02"})
_TEXTS = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.NUMBER})


class _Left(Exception):  # noqa: N818 - no error: a jump
    """EXIT, CONTINUE or RETURN, on its way to what it leaves."""

    def __init__(self, kind: str, label: str) -> None:
        super().__init__(kind)
        self.kind, self.label = kind, label


@dataclass
class Frame:
    """One call: the variables of its blocks, the innermost last. `ends`: COMMIT and ROLLBACK may stand in it."""

    session: Session
    ends: bool
    scopes: list[dict[str, Variable]] = field(default_factory=list)
    positions: tuple[str, ...] = ()
    rows: int = 0
    caught: SqlError | None = None

    def run(self, block: plpgsql.Block) -> None:
        try:
            self._block(block)
        except _Left as left:
            if left.kind != "RETURN":
                raise SqlError("42601", f"{left.kind} cannot be used outside a loop") from None

    # Blocks and steps -----------------------------------------------------------------------------------------------

    def _block(self, block: plpgsql.Block) -> None:
        self.scopes.append({})
        try:
            for variable in block.variables:
                self._declare(variable)
            self._guarded(block)
        except _Left as left:
            if left.kind != "EXIT" or not block.label or left.label != block.label:
                raise
        finally:
            self.scopes.pop()

    def _guarded(self, block: plpgsql.Block) -> None:
        """EXCEPTION: the work is rolled back, the handler runs in a transaction of its own, and the error goes on.

        Redshift, "Trapping errors": a procedure that is atomic raises the error again behind its handler.
        """
        try:
            self._steps(block.body)
        except SqlError as error:
            if block.handler is None or error.code == "57014":
                raise
            if self.ends:
                self.session.rollback()
                self.session.begin()
            before, self.caught = self.caught, error
            self._set_text("sqlerrm", error.message)
            self._set_text("sqlstate", error.code)
            try:
                self._steps(block.handler)
                if self.ends:
                    self.session.commit()
                    self.session.begin()
            except SqlError as second:
                if second.code not in _ABORTED:
                    raise
            finally:
                self.caught = before
            raise

    def _steps(self, steps: Iterable[plpgsql.Step]) -> None:
        # Also of a body without steps: a loop around it would never ask.
        self._check()
        for step in steps:
            _RUN[type(step)](self, step)
            self._check()

    def _check(self) -> None:
        if self.session.cancelled.is_set():
            raise SqlError("57014", "canceling statement due to user request")

    def _assign(self, step: plpgsql.Assign) -> None:
        self._give(f"{step.name}.{step.field}" if step.field else step.name, self.value(step.value))

    def _if(self, step: plpgsql.If) -> None:
        for condition, steps in step.branches:
            if not condition or self._holds(condition):
                self._steps(steps)
                return

    def _loop(self, step: plpgsql.Loop) -> None:
        while not step.condition or self._holds(step.condition):
            if self._left(step.body, step.label):
                return

    def _count(self, step: plpgsql.Count) -> None:
        first, last = (int(str(self.value(f"CAST({text} AS BIGINT)").text)) for text in (step.first, step.last))
        kind = types.of("integer")
        numbers = range(first, last - 1, -1) if step.reverse else range(first, last + 1)
        self.scopes.append({})
        try:
            for number in numbers:
                self.scopes[-1][step.name] = Variable(kind, Value(str(number), kind))
                if self._left(step.body, step.label):
                    return
        finally:
            self.scopes.pop()

    def _rows(self, step: plpgsql.Rows) -> None:
        columns, rows = query.texts(self.session, self._parsed(step.query, dynamic=step.dynamic))
        found = list(rows)
        for row in found:
            self._fill(step.names, columns, row)
            if self._left(step.body, step.label):
                break
        self._set_found(bool(found))

    def _left(self, steps: Iterable[plpgsql.Step], label: str) -> bool:
        """Runs a loop's body; whether the loop is left."""
        try:
            self._steps(steps)
        except _Left as left:
            if left.kind == "RETURN" or (left.label and left.label != label):
                raise
            return left.kind == "EXIT"
        return False

    def _leave(self, step: plpgsql.Leave) -> None:
        if not step.condition or self._holds(step.condition):
            raise _Left(step.kind, step.label)

    def _raise(self, step: plpgsql.Raise) -> None:
        if not step.format:
            raise self.caught or SqlError("0Z002", "RAISE cannot be used without parameters outside a handler")
        parts = step.format.replace("%%", "\0").split("%")
        if len(parts) - 1 != len(step.arguments):
            few = "few" if len(parts) - 1 > len(step.arguments) else "many"
            raise SqlError("42601", f"too {few} parameters specified for RAISE")
        values = [self.value(text).text for text in step.arguments]
        texts = ["<NULL>" if value is None else value for value in values]
        message = parts[0] + "".join(text + part for text, part in zip(texts, parts[1:], strict=True))
        message = message.replace("\0", "%")
        if step.level == "EXCEPTION":
            raise SqlError("P0001", message)
        if step.level not in {"DEBUG", "LOG"}:
            self.session.notice(step.level, message)

    def _diagnostics(self, step: plpgsql.Diagnostics) -> None:
        self._give(step.name, Value(str(self.rows), types.of("bigint")))

    def _end(self, step: plpgsql.End) -> None:
        if not self.ends:
            raise SqlError(
                "2D000", f"{step.kind} cannot be invoked from a procedure that is executing in an atomic context."
            )
        if step.kind == "COMMIT":
            self.session.commit()
        else:
            self.session.rollback()
        self.session.begin()

    def _run(self, step: plpgsql.Run) -> None:
        if step.into:
            columns, rows = query.texts(self.session, self._parsed(step.sql, dynamic=step.dynamic))
            row = next(iter(rows), None)
            if row is None and step.strict:
                raise SqlError("P0002", "query returned no rows")
            self._fill(step.into, columns, row if row is not None else [None] * len(columns))
            self.rows = 0 if row is None else 1
            self._set_found(row is not None)
            return
        source = self._source(step.sql, dynamic=step.dynamic)
        self.rows = query.run_nested(self.session, source)
        self._set_found(self.rows > 0)

    # Values ---------------------------------------------------------------------------------------------------------

    def value(self, text: str) -> Value:
        """An expression's value: the first column of the first row of SELECT it."""
        tokens = tokenize(text)
        if len(tokens) == 1 and tokens[0].token_type not in _TEXTS:
            # A variable alone needs no query; in a handler, none can be run.
            plain = self._plain(tokens[0].text.lower())
            if plain is not None:
                return plain
        source = _source(f"SELECT {text}")
        columns, rows = query.texts(self.session, self._parsed(source, dynamic=False))
        row = next(iter(rows), None)
        return Value(row[0] if row else None, columns[0].type)

    def _plain(self, name: str) -> Value | None:
        found = next((scope[name].value for scope in reversed(self.scopes) if name in scope), None)
        return found if isinstance(found, Value) else None

    def _holds(self, condition: str) -> bool:
        return self.value(f"CAST(({condition}) AS BOOLEAN)").text == "t"

    def _declare(self, variable: plpgsql.Variable) -> None:
        if variable.alias:
            self.scopes[-1][variable.name] = self._find(self._position(variable.alias.lstrip("$@")))
            return
        kind = self._kind(variable.type)
        made = Variable(kind, {} if kind is None else Value(None, kind), not_null=variable.not_null)
        self.scopes[-1][variable.name] = made
        if variable.default:
            self._give(variable.name, self.value(variable.default))
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
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        raise SqlError("42601", f'"{name}" is not a known variable')

    def _position(self, number: str) -> str:
        index = int(number) if number.isdigit() else 0
        if not 1 <= index <= len(self.positions):
            raise SqlError("42P02", f"there is no parameter ${number}")
        return self.positions[index - 1]

    def _give(self, target: str, value: Value) -> None:
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

    def _fill(self, targets: Sequence[str], columns: Sequence[Any], row: Sequence[str | None]) -> None:
        """A row into variables, or into one record."""
        values = [Value(text, column.type) for text, column in zip(row, columns, strict=True)]
        first = self._find(targets[0].partition(".")[0])
        if len(targets) == 1 and first.type is None and "." not in targets[0]:
            first.value = {column.name: value for column, value in zip(columns, values, strict=True)}
            return
        for index, target in enumerate(targets):
            kind = types.of("varchar")
            self._give(target, values[index] if index < len(values) else Value(None, kind))

    def _set_text(self, name: str, text: str) -> None:
        kind = types.of("varchar(max)")
        self.scopes[-1][name] = Variable(kind, Value(text, kind))

    def _set_found(self, found: bool) -> None:  # noqa: FBT001 - PL/pgSQL's own variable
        kind = types.of("boolean")
        self.scopes[0]["found"] = Variable(kind, Value("t" if found else "f", kind))

    # SQL with variables ---------------------------------------------------------------------------------------------

    def _parsed(self, source: Source, *, dynamic: bool) -> Source:
        return self._source(source, dynamic=dynamic)

    def _source(self, source: Source, *, dynamic: bool) -> Source:
        """The statement to run: variables in their place, or for EXECUTE the text that the expression gives."""
        if not dynamic:
            return _source(self._substituted(source))
        text = self.value(source.text).text
        if text is None:
            raise SqlError("22004", "cannot EXECUTE a null querystring")
        return _source(text)

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
        for scope in reversed(self.scopes):
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


def _source(text: str) -> Source:
    sources = split(text)
    if len(sources) != 1:
        raise SqlError("42601", "one statement is needed")
    return sources[0]


_RUN: dict[type[Any], Callable[[Frame, Any], None]] = {
    plpgsql.Block: Frame._block,  # noqa: SLF001 - the table of this class
    plpgsql.Assign: Frame._assign,  # noqa: SLF001
    plpgsql.Run: Frame._run,  # noqa: SLF001
    plpgsql.If: Frame._if,  # noqa: SLF001
    plpgsql.Loop: Frame._loop,  # noqa: SLF001
    plpgsql.Count: Frame._count,  # noqa: SLF001
    plpgsql.Rows: Frame._rows,  # noqa: SLF001
    plpgsql.Leave: Frame._leave,  # noqa: SLF001
    plpgsql.Raise: Frame._raise,  # noqa: SLF001
    plpgsql.Diagnostics: Frame._diagnostics,  # noqa: SLF001
    plpgsql.End: Frame._end,  # noqa: SLF001
}
