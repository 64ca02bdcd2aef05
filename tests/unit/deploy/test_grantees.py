"""Who may call the functions: those on the list, and nobody who has been taken off it.

Expectations: Redshift, GRANT ("EXECUTE on a new function is PUBLIC's") and REVOKE.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.deploy import explain
from builder.core.deploy.actions import RunSql
from builder.core.deploy.receipt import place_of
from builder.errors import SettingsError
from tests.unit.deploy.cloud import PARENT, QUADBIN, WITH_REDSHIFT, Site, scopes, with_function

if TYPE_CHECKING:
    from pathlib import Path

    from builder.core.deploy.actions import Action


def with_grantees(site: Site, *grantees: str) -> Site:
    site.settings = replace(WITH_REDSHIFT, grantees=grantees)
    return site


def texts(plan: tuple[Action, ...]) -> list[str]:
    return [statement.text for action in plan if isinstance(action, RunSql) for statement in action.statements]


def test_grantees_who_are_not_there_are_refused_one_by_one_before_anything_is_made(site: Site) -> None:
    site.cloud.warehouse.absent |= {"group nobodys", "anna"}
    site.cloud.faults.calls.clear()
    with pytest.raises(SettingsError) as caught:
        with_grantees(site, "anna", "bob", "group nobodys", "public").deploy(scopes())
    assert [(each.where, each.what) for each in caught.value.problems] == [
        ("RS_GRANTEES", "Redshift has no user 'anna'"),
        ("RS_GRANTEES", "Redshift has no group 'nobodys'"),
    ]
    assert "PG_GROUP" in caught.value.problems[1].hint
    assert site.cloud.faults.calls == []


def test_a_removal_asks_for_no_grantees(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    site.cloud.warehouse.absent.add("ana")
    site.remove(scopes())
    assert site.cloud.warehouse.routines == {}


def test_who_is_taken_off_the_list_loses_what_the_list_gave(site: Site, tmp_path: Path) -> None:
    with_grantees(site, "ana", "group maps").deploy(scopes())
    with_grantees(site, "group maps").deploy(scopes())
    fresh = with_grantees(Site(tmp_path / "fresh"), "group maps")
    fresh.push()
    fresh.deploy(scopes())
    assert site.cloud.warehouse.privileges == fresh.cloud.warehouse.privileges
    assert set(site.cloud.warehouse.privileges.values()) == {frozenset({"GROUP maps"})}
    assert site.plan(scopes()) == ()


def test_other_grantees_are_privileges_alone_and_the_plan_says_whose(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    plan = with_grantees(site, "bob").plan(scopes())
    assert {type(action) for action in plan} == {RunSql}
    assert {text.split()[0] for text in texts(plan)} == {"GRANT", "REVOKE"}
    said = explain.text(plan)
    assert "    revoke  quadbin_toparent from ana\n    grant  quadbin_toparent to bob\n" in said
    assert "    revoke  schema dev_carto from ana\n" in said
    assert "replace" not in said
    assert explain.summary(plan) == "0 to make, 2 to change, 0 to take away"


def test_an_empty_list_gives_the_functions_back_to_public(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    with_grantees(site).deploy(scopes())
    privileges = site.cloud.warehouse.privileges
    assert privileges.pop(("dev_carto",)) == frozenset()
    assert set(privileges.values()) == {frozenset({"PUBLIC"})}
    with_grantees(site, "public").deploy(scopes())
    assert privileges[("dev_carto",)] == frozenset({"PUBLIC"})
    plan = with_grantees(site).deploy(scopes())
    assert "revoke  quadbin_toparent" not in explain.text(plan)
    assert site.plan(scopes()) == ()


def test_the_schema_stays_open_while_a_function_is_left(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    with_grantees(site, "bob").deploy(scopes("h3"))
    assert site.cloud.warehouse.privileges[("dev_carto",)] == frozenset({"ana", "bob"})
    with_grantees(site, "bob").deploy(scopes())
    assert site.cloud.warehouse.privileges[("dev_carto",)] == frozenset({"bob"})


def test_usage_of_a_schema_that_is_not_ours_is_not_taken_away(site: Site) -> None:
    site.cloud.warehouse.schemas.add("dev_carto")
    with_grantees(site, "ana").deploy(scopes())
    with_grantees(site, "bob").deploy(scopes())
    assert site.cloud.warehouse.privileges[("dev_carto",)] == frozenset({"ana", "bob"})


def test_a_grant_of_others_stays(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    key = ("dev_carto", "h3_center", "varchar")
    site.cloud.warehouse.privileges[key] |= {"carol"}
    with_grantees(site, "bob").deploy(scopes())
    assert site.cloud.warehouse.privileges[key] == frozenset({"bob", "carol"})


def test_a_new_signature_needs_no_revoke(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    wider = with_function(QUADBIN, replace(PARENT, returns="VARCHAR(MAX)"))
    plan = with_grantees(site, "bob").deploy(scopes("quadbin_toparent", modules=(wider,)))
    assert [text for text in texts(plan) if text.startswith("REVOKE") and "ana" in text] == []
    assert site.cloud.warehouse.privileges[("dev_carto", "quadbin_toparent", "bigint", "integer")] == {"bob"}


def test_going_back_takes_back_who_was_let_in_since(site: Site) -> None:
    with_grantees(site, "ana").deploy(scopes())
    before = dict(site.cloud.warehouse.privileges)
    with_grantees(site, "bob").deploy(scopes())
    site.rollback()
    assert site.cloud.warehouse.privileges == before
    assert site.receipt.place(place_of(site.settings)).functions["h3_center"].grantees == ("ana",)
