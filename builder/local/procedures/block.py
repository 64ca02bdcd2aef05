"""A block of PL/pgSQL and the steps that hold others, read into the values of steps.py."""

from __future__ import annotations

from builder.local.procedures.pieces import expression, statement, targets
from builder.local.procedures.simple import SIMPLE, assign, variable
from builder.local.procedures.steps import Block, Count, If, Loop, Raise, Rows, Step
from builder.local.sql.tokens import Cursor, Source, tokenize
from builder.local.sqlstate import syntax, unsupported


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
                    variables.append(variable(cursor))
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
        if word in {"DECLARE", "BEGIN"}:
            step: Step | None = self.block(label)
        elif word in {"LOOP", "WHILE", "FOR"}:
            cursor.take()
            step = self._loop(word, label)
        elif word in {"OPEN", "FETCH", "CLOSE", "MOVE"}:
            raise unsupported(f"{word} in a procedure")
        elif word in {"IF", "CASE"}:
            cursor.take()
            step = self._if() if word == "IF" else self._case()
        elif word in SIMPLE:
            cursor.take()
            step = SIMPLE[word](cursor)
        elif cursor.peek(1) in {":=", "="} or (cursor.peek(1) == "." and cursor.peek(3) in {":=", "="}):
            step = assign(cursor)
        else:
            step = statement(cursor)
        cursor.expect(";")
        return step

    def _if(self) -> If:
        cursor = self.cursor
        branches = []
        condition = expression(cursor, "THEN")
        while True:
            cursor.expect("THEN")
            branches.append((condition, self._steps("ELSIF", "ELSEIF", "ELSE", "END")))
            if not (cursor.accept("ELSIF") or cursor.accept("ELSEIF")):
                break
            condition = expression(cursor, "THEN")
        if cursor.accept("ELSE"):
            branches.append(("", self._steps("END")))
        cursor.expect("END", "IF")
        return If(branches=tuple(branches))

    def _case(self) -> If:
        """CASE as the IF that it stands for; no branch that fits and no ELSE is an error there, as in PL/pgSQL."""
        cursor = self.cursor
        subject = "" if cursor.peek() == "WHEN" else expression(cursor, "WHEN")
        branches: list[tuple[str, tuple[Step, ...]]] = []
        while cursor.accept("WHEN"):
            condition = expression(cursor, "THEN")
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
        condition = expression(self.cursor, "LOOP") if word == "WHILE" else ""
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
        names = targets(cursor)
        cursor.expect("IN")
        reverse = cursor.accept("REVERSE")
        if cursor.accept("EXECUTE"):
            query = statement(cursor, "LOOP").sql
            cursor.expect("LOOP")
            return Rows(names=names, query=query, dynamic=True, body=self._body(), label=label)
        if cursor.peek() in {"SELECT", "WITH"}:
            query = statement(cursor, "LOOP").sql
            cursor.expect("LOOP")
            return Rows(names=names, query=query, dynamic=False, body=self._body(), label=label)
        first, points, last = expression(cursor, "LOOP").partition("..")
        cursor.expect("LOOP")
        if not points or not last.strip():
            raise syntax('syntax error at or near "LOOP"')
        return Count(name=names[0], first=first, last=last, reverse=reverse, body=self._body(), label=label)
