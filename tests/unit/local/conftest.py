"""A session of the local Redshift per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.calls.invoker import FakeInvoker
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from tests.unit.local.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One for all tests: to load the spatial extension takes a quarter of a second."""
    made = Engine(database=open_database(None), invoker=FakeInvoker({}))
    yield made
    made.close()


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    """With three Lambda functions: `twice`, `same` and `joined`."""
    functions = {
        "twice": lambda n: None if n is None else 2 * n,
        "same": lambda value: value,
        "joined": lambda *values: "|".join(str(value) for value in values),
    }
    made = Client(engine, functions)
    yield made
    made.close()
