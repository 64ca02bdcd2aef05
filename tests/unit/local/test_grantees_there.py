"""What a plan asks about RS_GRANTEES, put to the endpoint. Who sees what: Redshift, SVV_ROLES, PG_USER, PG_GROUP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from builder.adapters.warehouse import Result, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.model import Statement
    from tests.unit.local.client import Client


@dataclass
class Local(Session):
    """A session's questions, answered by the endpoint in this process; a truth is `t`, as a protocol's text has it."""

    client: Client

    def __post_init__(self) -> None:
        super().__init__(database="dev")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        del parameters
        rows = [tuple({"t": True, "f": False}.get(value or "", value) for value in row) for row in self.client.run(sql)]
        return Result(rows=tuple(rows))

    def _transact(self, statements: Sequence[Statement]) -> None:
        raise NotImplementedError(statements)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def here(client: Client) -> Local:
    client.run("CREATE USER ana PASSWORD 'Secret123'; CREATE USER bob PASSWORD 'Secret123'")
    client.run("CREATE GROUP maps; CREATE ROLE readers; CREATE ROLE writers; GRANT ROLE readers TO ana")
    return Local(client=client)


def test_a_superuser_is_told_of_all_who_are_not_there(here: Local) -> None:
    there = ("public", "PUBLIC", "ana", "ANA", "group maps", "GROUP Maps", "role readers", "role writers")
    gone = ("anna", "group nobodys", "role nobody", "maps", "group ana", "role maps", "o'clock")
    assert here.missing((*there, *gone)) == gone
    assert here.missing(()) == ()


def test_to_others_a_role_that_they_do_not_see_may_be_there(here: Local) -> None:
    here.client.run("SET SESSION AUTHORIZATION ana")
    assert here.missing(("bob", "bobby", "group maps", "group nobodys", "role readers", "role writers", "role x")) == (
        "bobby",
        "group nobodys",
    )
