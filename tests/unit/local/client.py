"""A session of the endpoint in this process, with Lambda functions in memory; rows are read off DataRow messages."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from builder.local.calls.invoker import FakeInvoker, rowwise
from builder.local.sql.tokens import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.engine import Engine

ROLE = "arn:aws:iam::123456789012:role/invoke"


class Client:
    """`functions` are rows' functions by Lambda name; `calls` the requests that they were sent."""

    def __init__(self, engine: Engine, functions: dict[str, Callable[..., Any]]) -> None:
        self.invoker = FakeInvoker({name: rowwise(function) for name, function in functions.items()})
        self.engine = engine
        engine.invoker = self.invoker
        self.session = engine.session("awsuser")
        self.columns: list[tuple[str, str]] = []
        self.first = self.session.duck.rows("SELECT * FROM _rs.acl")

    @property
    def sent(self) -> list[list[list[Any]]]:
        """The rows of each request, in the order of the calls."""
        return [request["arguments"] for _, request in self.invoker.calls]

    def run(self, sql: str) -> list[tuple[str | None, ...]]:
        """Every statement of a text; the last one's rows, as text."""
        rows: list[tuple[str | None, ...]] = []
        for source in split(sql):
            self.session.attend()
            prepared = self.session.prepare(source)
            self.columns = [(column.name, str(column.type)) for column in prepared.columns or ()]
            result = self.session.execute(prepared, (), (0,) * len(self.columns))
            rows = data_rows(b"".join(data for data, _ in result.chunks or ()))
        return rows

    def external(
        self, name: str, arguments: str, returns: str, *, options: str = "", volatility: str = "STABLE"
    ) -> None:
        """An external function on the Lambda function of the same name."""
        self.run(
            f"CREATE EXTERNAL FUNCTION {name}({arguments}) RETURNS {returns} {volatility} "
            f"LAMBDA '{name.rpartition('.')[2]}' IAM_ROLE '{ROLE}' {options}"
        )

    def close(self) -> None:
        """Takes away what a test has made."""
        self.session.close()
        self.engine.details.rows.clear()
        duck = self.engine.session("awsuser").duck
        for (name,) in duck.rows("SELECT nspname FROM _rs.pg_namespace WHERE oid > 13"):
            duck.run(f'DROP SCHEMA "{name}" CASCADE')
        for table in ("function", "procedure", "acl", "owner", "member", "default_acl", "view_text", "comment"):
            duck.run(f"DELETE FROM _rs.{table}")
        duck.run("DELETE FROM _rs.account WHERE oid <> 100")
        for row in self.first:
            duck.run("INSERT INTO _rs.acl VALUES (?, ?, ?, ?, ?, ?, ?)", list(row))
        duck.run("CREATE SCHEMA public")
        duck.connection.close()


def data_rows(data: bytes) -> list[tuple[str | None, ...]]:
    """PostgreSQL, "Message Formats", DataRow: `D`, length, count of values, and each value with its length."""
    rows = []
    while data:
        size, count = struct.unpack("!ih", data[1:7])
        body, data = data[7 : size + 1], data[size + 1 :]
        row: list[str | None] = []
        for _ in range(count):
            length = struct.unpack("!i", body[:4])[0]
            row.append(None if length < 0 else body[4 : 4 + length].decode())
            body = body[4 + max(length, 0) :]
        rows.append(tuple(row))
    return rows
