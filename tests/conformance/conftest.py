"""One endpoint for all rows, in this process; Lambda and S3 are in memory beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import redshift_connector

from builder.local.calls.invoker import FakeInvoker, rowwise
from builder.local.copying.objects import FakeObjects
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.server import Server
from builder.local.wire.session import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "conformance"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What rows are sent to."""

    engine: Engine
    port: int

    def connect(self) -> redshift_connector.Connection:
        return redshift_connector.connect(
            host="localhost", port=self.port, database="dev", user="awsuser", password=PASSWORD, ssl=False
        )


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    """With Lambda functions: `same` gives its argument, `twice` its double, `joined` all of them as text."""
    functions = {
        "same": rowwise(lambda value: value),
        "twice": rowwise(lambda number: None if number is None else 2 * number),
        "joined": rowwise(lambda *values: "|".join(str(value) for value in values)),
    }
    engine = Engine(database=open_database(None), invoker=FakeInvoker(functions), objects=FakeObjects())
    server = Server(engine=engine, credentials=Credentials(user="awsuser", password=PASSWORD), port=0)
    server.start()
    yield Endpoint(engine=engine, port=server.address[1])
    server.close()
    engine.close()
