"""SQL that somebody has changed in Redshift under the same signature: seen, told, put right.

Expectations: PG_PROC ("prosrc", "provolatile", "prolang"); COMMENT, which knows no functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy import explain, recording
from builder.core.deploy.actions import RunSql
from builder.core.deploy.receipt import place_of
from builder.core.sql import catalog
from builder.model import Definition
from tests.unit.deploy.cloud import Site, scopes

if TYPE_CHECKING:
    from builder.core.deploy.actions import Action

WRAPPER = ("dev_carto", "quadbin_polyfill", ("geometry", "integer"))
EXTERNAL = ("dev_carto", "quadbin_polyfill_external", ("varchar", "integer"))


def changed(plan: tuple[Action, ...]) -> dict[str, list[str]]:
    """Which functions are made again, and which of their signatures were altered."""
    found = (change for action in plan if isinstance(action, RunSql) for change in action.changes)
    return {change.function: [each.name for each in change.altered] for change in found if change.made}


def test_a_body_that_somebody_has_replaced_is_planned_told_and_put_right(site: Site) -> None:
    site.deploy(scopes())
    before = dict(site.cloud.warehouse.sources)
    site.cloud.warehouse.sources[WRAPPER] = "SELECT JSON_PARSE('[]')"
    plan = site.plan(scopes())
    assert changed(plan) == {"quadbin_polyfill": ["quadbin_polyfill"]}
    said = explain.text(plan)
    assert "    changed in Redshift  quadbin_polyfill  stable sql: SELECT JSON_PARSE('[]')\n" in said
    assert explain.summary(plan) == "0 to make, 1 to change, 0 to take away"
    site.deploy(scopes())
    assert site.cloud.warehouse.sources == before
    assert site.plan(scopes()) == ()


def test_an_external_function_that_shows_something_else_takes_its_wrapper_along(site: Site) -> None:
    site.deploy(scopes())
    site.cloud.warehouse.sources[EXTERNAL] = "another-lambda"
    assert changed(site.plan(scopes("quadbin"))) == {"quadbin_polyfill": ["quadbin_polyfill_external"]}


def test_what_was_never_looked_at_is_made_once_more(site: Site) -> None:
    """A receipt from before definitions were kept in it."""
    site.deploy(scopes())
    place = place_of(site.settings)
    text = site.file.read_text(encoding="utf-8")
    assert '"shown"' in text
    held = site.receipt.place(place).functions
    unknown = {
        name: entry.model_copy(
            update={"signatures": tuple(each.model_copy(update={"shown": None}) for each in entry.signatures)}
        )
        for name, entry in held.items()
    }
    site.file.write_text(site.receipt.with_functions(place, unknown).model_dump_json(), encoding="utf-8")
    assert changed(site.plan(scopes())) == {name: [] for name in held}
    site.deploy(scopes())
    assert site.plan(scopes()) == ()


def test_what_redshift_does_not_show_is_no_drift(site: Site) -> None:
    """A procedure, of which the views tell nothing more than the signature."""
    plan = site.plan(scopes("h3"))
    (action,) = (action for action in plan if isinstance(action, RunSql))
    made = recording.after(site.receipt, action, place_of(site.settings), ())
    (entry,) = made.place(place_of(site.settings)).functions.values()
    assert [each.shown for each in entry.signatures] == ["", ""]


def test_a_row_of_the_catalogue_is_a_definition_with_the_signature_of_its_routine() -> None:
    row = ("F_Area", "geometry, character varying", "sql", "immutable", "\n SELECT $1\n")
    found = catalog.definition(row)
    assert found.key == ("f_area", ("geometry", "varchar"))
    assert str(found) == "immutable sql: SELECT $1"
    same = Definition(name="g", arguments=(), language="sql", volatility="immutable", source="\n SELECT $1\n")
    assert found.fingerprint == same.fingerprint
    assert found.fingerprint != catalog.definition((*row[:3], "stable", row[4])).fingerprint
