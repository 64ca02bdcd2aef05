"""What is asked of Redshift, and what its answers mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from builder.adapters.check_warehouse import grantees, privileges
from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.adapters.warehouse import Result
from builder.errors import SettingsError, WarehouseError

SUPERUSER, USER = (("root", True),), (("ci", False),)


@dataclass
class Answering(FakeWarehouse):
    """Answers a query by the first word of `answers` that stands in it; an error in place of rows is raised."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def query(self, sql: str, parameters: Any = ()) -> Result:
        del parameters
        self.asked.append(sql)
        found = next((rows for word, rows in self.answers.items() if word in sql), ())
        if isinstance(found, WarehouseError):
            raise found
        return Result(columns=("a",), rows=found)


def states(**answers: Any) -> dict[str, str]:
    told = {"pg_user": USER, **answers}
    found = privileges(Answering(faults=Faults(), answers=told), schema="carto", database="dev")
    return {each.topic: each.state for each in found}


def test_a_superuser_needs_no_more_questions() -> None:
    assert states(pg_user=SUPERUSER) == {"redshift: privileges": "ok"}


@pytest.mark.parametrize(("may", "state"), [(True, "ok"), (False, "failed")])
def test_the_database_is_asked_where_there_is_no_schema(may: bool, state: str) -> None:  # noqa: FBT001 (a parameter of the test)
    found = states(has_database_privilege=((may,),), svv_language_privileges=(("ci",),))
    assert found == {"redshift: CREATE": state, "redshift: EXFUNC": "ok"}


def test_the_schema_is_asked_where_there_is_one() -> None:
    session = Answering(
        faults=Faults(),
        answers={"pg_user": USER, "has_schema_privilege(current_user, 'carto'": ((True,),), "schema": (("carto",),)},
    )
    found = privileges(session, schema="carto", database="dev")
    assert found[0].what == "CREATE on schema carto"


def test_a_language_that_nobody_granted_has_failed_and_the_remedy_is_a_statement() -> None:
    session = Answering(faults=Faults(), answers={"pg_user": USER, "has_database": ((True,),)})
    language = privileges(session, schema="carto", database="dev")[1]
    assert (language.state, language.exit_code) == ("failed", WarehouseError.exit_code)
    assert 'GRANT USAGE ON LANGUAGE EXFUNC TO "ci"' in language.hint


def test_what_cannot_be_asked_is_skipped() -> None:
    error = WarehouseError("relation does not exist")
    found = states(pg_user=error, has_database_privilege=((True,),), svv_language_privileges=error)
    assert found == {"redshift: CREATE": "ok", "redshift: EXFUNC": "skipped"}


def test_each_grantee_who_is_not_there_is_told() -> None:
    session = Answering(faults=Faults(), absent={"group nobodys"})
    assert grantees(session, ()) == ()
    (found,) = grantees(session, ("ana", "group maps"))
    assert (found.state, found.what) == ("ok", "ana, group maps")
    (found,) = grantees(session, ("ana", "group nobodys"))
    assert (found.state, found.exit_code) == ("failed", SettingsError.exit_code)
    assert found.what == "RS_GRANTEES: Redshift has no group 'nobodys'"


def test_names_are_quoted() -> None:
    session = Answering(faults=Faults(), answers={"pg_user": USER, "has_database": ((True,),)})
    privileges(session, schema="o'clock", database="d'ev")
    assert "SELECT has_database_privilege(current_user, 'd''ev', 'CREATE')" in session.asked
