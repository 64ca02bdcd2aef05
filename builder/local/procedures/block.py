"""PL/pgSQL of the simple kind, read into the values of steps.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.procedures.steps import (
    Assign,
    Block,
    Count,
    Diagnostics,
    End,
    If,
    Leave,
    Loop,
    Raise,
    Rows,
    Run,
    Step,
    Variable,
)
from builder.local.sql.tokens import Cursor, Source, tokenize
from builder.local.sqlstate import syntax, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")


def parse_body(text: str) -> Block:
    """Raises SqlError 42601 for what is no block, 0A000 for a statement that is not supported."""
    tokens = tokenize(text)
    if not tokens:
        raise syntax("syntax error at end of input")
    parser = _Parser(Cursor(Source(sql=text, tokens=tokens)))
    block = parser.block()
    parser.cursor.accept(";")
    parser.cursor.end()
    return block


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def block(self, label: str = "") -> Block:
        cursor = self.cursor
        label = label or self._label()
        variables = []
        if cursor.accept("DECLARE"):
            while cursor.peek() != "BEGIN":
                if not cursor.accept("DECLARE"):
                    variables.append(self._variable())
        cursor.expect("BEGIN")
        body = self._steps("EXCEPTION", "END")
        handler = None
        if cursor.accept("EXCEPTION"):
            cursor.expect("WHEN")
            if not cursor.accept("OTHERS"):
                raise unsupported(f"EXCEPTION WHEN {cursor.peek()}")
            cursor.expect("THEN")
            handler = self._steps("END")
        cursor.expect("END")
        if cursor.peek() not in {";", ""}:
            cursor.identifier()
        return Block(variables=tuple(variables), body=body, handler=handler, label=label)

    def _label(self) -> str:
        if not self.cursor.accept("<<"):
            return ""
        name = self.cursor.identifier()
        self.cursor.expect(">>")
        return name

    def _variable(self) -> Variable:
        cursor = self.cursor
        name = cursor.identifier()
        if cursor.accept("ALIAS"):
            cursor.expect("FOR")
            alias = cursor.until(";")
            cursor.expect(";")
            return Variable(name=name, type="", alias=alias)
        constant = cursor.accept("CONSTANT")
        kind = cursor.until(";", ":=", "=", "DEFAULT", "NOT")
        if "cursor" in kind.lower():
            raise unsupported("a cursor in a procedure")
        not_null = cursor.accept("NOT", "NULL")
        default = ""
        if any(cursor.accept(word) for word in (":=", "=", "DEFAULT")):
            default = cursor.until(";")
        cursor.expect(";")
        return Variable(name=name, type=kind, default=default, constant=constant, not_null=not_null)

    def _steps(self, *ends: str) -> tuple[Step, ...]:
        found: list[Step] = []
        while self.cursor.peek() not in ends:
            if self.cursor.done:
                raise self.cursor.error()
            step = self._step()
            if step is not None:
                found.append(step)
        return tuple(found)

    def _step(self) -> Step | None:
        cursor = self.cursor
        label = self._label()
        word = cursor.peek()
        reader = _STEPS.get(word)
        if word in {"DECLARE", "BEGIN"}:
            step: Step | None = self.block(label)
        elif word in {"LOOP", "WHILE", "FOR"}:
            cursor.take()
            step = self._loop(word, label)
        elif word in {"OPEN", "FETCH", "CLOSE", "MOVE"}:
            raise unsupported(f"{word} in a procedure")
        elif reader is not None:
            cursor.take()
            step = reader(self)
        elif cursor.peek(1) in {":=", "="} or (cursor.peek(1) == "." and cursor.peek(3) in {":=", "="}):
            step = self._assign()
        else:
            step = self._sql()
        cursor.expect(";")
        return step

    def _assign(self) -> Assign:
        name, field = self.cursor.identifier(), ""
        if self.cursor.accept("."):
            field = self.cursor.identifier()
        self.cursor.take()
        return Assign(name=name, field=field, value=self._text(";"))

    def _text(self, *ends: str) -> str:
        """An expression's text. CASE has a THEN and an END of its own."""
        cursor = self.cursor
        start, depth, cases = cursor.at, 0, 0
        while not cursor.done and not (depth == 0 and cases == 0 and cursor.peek() in ends):
            word = cursor.peek()
            depth += {"(": 1, ")": -1}.get(word, 0)
            cases += {"CASE": 1, "END": -1}.get(word, 0)
            cursor.at += 1
        if cursor.at == start:
            raise cursor.error()
        tokens = cursor.source.tokens
        return cursor.source.sql[tokens[start].start : tokens[cursor.at - 1].end + 1]

    def _sql(self, *ends: str) -> Run:
        """A statement up to its semicolon, with INTO taken out of a SELECT."""
        cursor = self.cursor
        start = cursor.at
        select = cursor.peek() in {"SELECT", "WITH"}
        into: tuple[str, ...] = ()
        strict, cut, depth = False, (0, 0), 0
        while not cursor.done and not (depth == 0 and cursor.peek() in {";", *ends}):
            depth += {"(": 1, ")": -1}.get(cursor.peek(), 0)
            if select and depth == 0 and not into and cursor.peek() == "INTO":
                first = cursor.at
                cursor.take()
                strict = cursor.accept("STRICT")
                into = self._targets()
                cut = (first, cursor.at)
            else:
                cursor.at += 1
        tokens = cursor.source.tokens
        kept = tokens[start : cut[0]] + tokens[cut[1] : cursor.at] if into else tokens[start : cursor.at]
        return Run(sql=Source(sql=cursor.source.sql, tokens=kept), into=into, strict=strict)

    def _targets(self) -> tuple[str, ...]:
        found = [self._target()]
        while self.cursor.accept(","):
            found.append(self._target())
        return tuple(found)

    def _target(self) -> str:
        name = self.cursor.identifier()
        return f"{name}.{self.cursor.identifier()}" if self.cursor.accept(".") else name

    def _if(self) -> If:
        cursor = self.cursor
        branches = []
        condition = self._text("THEN")
        while True:
            cursor.expect("THEN")
            branches.append((condition, self._steps("ELSIF", "ELSEIF", "ELSE", "END")))
            if not (cursor.accept("ELSIF") or cursor.accept("ELSEIF")):
                break
            condition = self._text("THEN")
        if cursor.accept("ELSE"):
            branches.append(("", self._steps("END")))
        cursor.expect("END", "IF")
        return If(branches=tuple(branches))

    def _case(self) -> If:
        """CASE as the IF that it stands for; no branch that fits and no ELSE is an error there, as in PL/pgSQL."""
        cursor = self.cursor
        subject = "" if cursor.peek() == "WHEN" else self._text("WHEN")
        branches: list[tuple[str, tuple[Step, ...]]] = []
        while cursor.accept("WHEN"):
            condition = self._text("THEN")
            cursor.expect("THEN")
            condition = f"({subject}) IN ({condition})" if subject else condition
            branches.append((condition, self._steps("WHEN", "ELSE", "END")))
        missing = Raise(level="EXCEPTION", format="case not found", arguments=())
        branches.append(("", self._steps("END") if cursor.accept("ELSE") else (missing,)))
        cursor.expect("END", "CASE")
        return If(branches=tuple(branches))

    def _loop(self, word: str, label: str) -> Step:
        if word == "FOR":
            return self._for(label)
        condition = self._text("LOOP") if word == "WHILE" else ""
        if word == "WHILE":
            self.cursor.expect("LOOP")
        return Loop(body=self._body(), condition=condition, label=label)

    def _body(self) -> tuple[Step, ...]:
        body = self._steps("END")
        self.cursor.expect("END", "LOOP")
        if self.cursor.peek() != ";":
            self.cursor.identifier()
        return body

    def _for(self, label: str) -> Step:
        cursor = self.cursor
        names = self._targets()
        cursor.expect("IN")
        reverse = cursor.accept("REVERSE")
        if cursor.accept("EXECUTE"):
            query = self._sql("LOOP").sql
            cursor.expect("LOOP")
            return Rows(names=names, query=query, dynamic=True, body=self._body(), label=label)
        if cursor.peek() in {"SELECT", "WITH"}:
            query = self._sql("LOOP").sql
            cursor.expect("LOOP")
            return Rows(names=names, query=query, dynamic=False, body=self._body(), label=label)
        first, points, last = self._text("LOOP").partition("..")
        cursor.expect("LOOP")
        if not points or not last.strip():
            raise syntax('syntax error at or near "LOOP"')
        return Count(name=names[0], first=first, last=last, reverse=reverse, body=self._body(), label=label)

    def _leave(self, kind: str) -> Leave:
        cursor = self.cursor
        label = cursor.identifier() if cursor.peek() not in {"WHEN", ";"} else ""
        condition = self._text(";") if cursor.accept("WHEN") else ""
        return Leave(kind=kind, label=label, condition=condition)

    def _return(self) -> Leave:
        if self.cursor.peek() != ";":
            raise syntax("RETURN cannot have a parameter in a procedure")
        return Leave(kind="RETURN")

    def _raise(self) -> Raise:
        cursor = self.cursor
        level = next((each for each in LEVELS if cursor.accept(each)), "EXCEPTION")
        if cursor.peek() == ";":
            return Raise(level="EXCEPTION", format="", arguments=())
        text = cursor.string()
        arguments = []
        while cursor.accept(","):
            arguments.append(self._text(",", ";"))
        return Raise(level=level, format=text, arguments=tuple(arguments))

    def _execute(self) -> Run:
        cursor = self.cursor
        text = self._text("INTO", ";")
        into = self._targets() if cursor.accept("INTO") else ()
        return Run(sql=Source(sql=text, tokens=tokenize(text)), into=into, dynamic=True)

    def _perform(self) -> Run:
        text = f"SELECT {self._text(';')}"
        return Run(sql=Source(sql=text, tokens=tokenize(text)))

    def _diagnostics(self) -> Diagnostics:
        self.cursor.expect("DIAGNOSTICS")
        name = self.cursor.identifier()
        self.cursor.take()
        self.cursor.expect("ROW_COUNT")
        return Diagnostics(name=name)

    def _nothing(self) -> None:
        return None

    def _end(self, kind: str) -> End:
        return End(kind=kind)


_STEPS: dict[str, Callable[[_Parser], Step | None]] = {
    "IF": _Parser._if,  # noqa: SLF001 - the table of this class
    "CASE": _Parser._case,  # noqa: SLF001
    "EXIT": lambda parser: parser._leave("EXIT"),  # noqa: SLF001
    "CONTINUE": lambda parser: parser._leave("CONTINUE"),  # noqa: SLF001
    "RETURN": _Parser._return,  # noqa: SLF001
    "RAISE": _Parser._raise,  # noqa: SLF001
    "EXECUTE": _Parser._execute,  # noqa: SLF001
    "PERFORM": _Parser._perform,  # noqa: SLF001
    "GET": _Parser._diagnostics,  # noqa: SLF001
    "NULL": _Parser._nothing,  # noqa: SLF001
    "COMMIT": lambda parser: parser._end("COMMIT"),  # noqa: SLF001
    "ROLLBACK": lambda parser: parser._end("ROLLBACK"),  # noqa: SLF001
}
