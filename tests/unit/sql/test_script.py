from __future__ import annotations

import pytest

from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.core.config.settings import Settings
from builder.core.deploy.sql_script import creations, removals, script
from builder.core.sql.text import made, split
from builder.errors import CatalogError
from builder.model import Module
from tests.unit.sql.samples import POLYFILL, ROLE, TOPARENT, TOQUADKEY, native

RESOLUTION = native("quadbin_resolution", "SELECT ($1 >> 52) & 31", returns="INTEGER")
MODULE = Module(name="quadbin", functions=(POLYFILL, RESOLUTION, TOPARENT, TOQUADKEY))
SETTINGS = Settings(schema="dev_carto", lambda_prefix="dev-carto-at-", invoke_role=ROLE)


def test_the_script_is_the_schema_and_a_transaction_with_callees_first() -> None:
    parts = split(script(creations([MODULE], SETTINGS), SETTINGS))

    assert parts[0].endswith('CREATE SCHEMA IF NOT EXISTS "dev_carto"')
    assert parts[1].endswith("BEGIN")
    assert parts[-1] == "COMMIT"
    assert [found.name for found in map(made, parts) if found] == [
        "quadbin_polyfill_external",
        "quadbin_polyfill",
        "quadbin_toquadkey",
        "quadbin_resolution",
        "quadbin_toparent",
    ]


def test_the_lambda_and_the_role_are_those_of_the_settings() -> None:
    text = script(creations([MODULE], SETTINGS), SETTINGS)

    assert "LAMBDA 'dev-carto-at-quadbin'" in text
    assert f"IAM_ROLE '{ROLE}'" in text
    assert "000000000000" not in text


def test_an_account_that_nobody_knows_is_said_to_be_assumed() -> None:
    text = script(creations([MODULE], Settings()), Settings())

    assert "IAM_ROLE 'arn:aws:iam::000000000000:role/CartoATRedshiftInvokeRole'" in text
    assert "-- Assumed: account 000000000000" in text


def test_removals_undo_creations_and_leave_the_schema() -> None:
    warehouse = FakeWarehouse(Faults())
    for transaction in creations([MODULE], SETTINGS):
        warehouse.run(transaction.statements)
    assert len(warehouse.functions_in("dev_carto")) == 5

    for transaction in removals([MODULE], SETTINGS):
        warehouse.run(transaction.statements)

    assert warehouse.functions_in("dev_carto") == ()
    assert warehouse.schemas == {"dev_carto"}


def test_problems_of_all_functions_come_together() -> None:
    bad = Module(name="m", functions=(native("a", "SELECT {{ x }}"), native("b", "SELECT $9"), RESOLUTION))

    with pytest.raises(CatalogError) as caught:
        creations([bad], SETTINGS)

    assert [problem.where for problem in caught.value.problems] == [
        "functions/quadbin/a/code/redshift.sql",
        "functions/quadbin/b/code/redshift.sql",
    ]


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    assert script(creations([MODULE], SETTINGS), SETTINGS) == script(creations([MODULE], SETTINGS), SETTINGS)
