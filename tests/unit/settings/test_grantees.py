"""RS_GRANTEES reaches the SQL of a deploy and of `builder sql`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.adapters.fake_registry import IDENTITY
from builder.core.deploy import desired, sql_script
from tests.unit.deploy.cloud import QUADBIN, WITH_REDSHIFT, image, scopes

if TYPE_CHECKING:
    from builder.core.config.settings import Settings

GRANTEES = ("alice", "group map makers")
SETTINGS = replace(WITH_REDSHIFT, grantees=GRANTEES)


def statements(settings: Settings) -> list[str]:
    wanted = desired.desire(scopes("quadbin_toparent"), {"quadbin": image(QUADBIN)}, settings, IDENTITY)
    return [statement.text for each in wanted.sql for statement in (*each.statements, *each.grants)]


def test_the_grantees_may_use_the_schema_and_call_the_function_and_public_may_not() -> None:
    texts = statements(SETTINGS)
    assert 'GRANT USAGE ON SCHEMA "dev_carto" TO "alice", GROUP "map makers"' in texts
    granted = [text for text in texts if text.startswith("GRANT EXECUTE ON FUNCTION")]
    assert granted
    assert all(text.endswith('TO "alice", GROUP "map makers"') for text in granted)
    assert len([text for text in texts if text.startswith("REVOKE") and text.endswith("FROM PUBLIC")]) == len(granted)


def test_other_grantees_are_a_change_to_deploy() -> None:
    assert statements(SETTINGS) != statements(replace(SETTINGS, grantees=("bob",))) != statements(WITH_REDSHIFT)


def test_builder_sql_prints_the_same_grants() -> None:
    (_, module) = sql_script.creations((QUADBIN,), SETTINGS)
    assert 'GRANT USAGE ON SCHEMA "dev_carto" TO "alice", GROUP "map makers"' in [
        each.text for each in module.statements
    ]
