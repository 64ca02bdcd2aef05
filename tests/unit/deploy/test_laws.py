"""The laws of a deploy, over fakes that fail at any one call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.adapters.faults import CutError, Faults
from builder.core.deploy.plan import remarks
from tests.unit.deploy.cloud import (
    LAMBDA_ONLY,
    POLYFILL,
    QUADBIN,
    WITH_CLUSTER,
    WITH_REDSHIFT,
    Site,
    a_function,
    lock,
    scopes,
    with_function,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from builder.core.config.settings import Settings

GIVEN = replace(
    WITH_REDSHIFT,
    execution_role="arn:aws:iam::123456789012:role/run",
    invoke_role="arn:aws:iam::123456789012:role/call",
)
KINDS = pytest.mark.parametrize(
    "settings", [WITH_REDSHIFT, LAMBDA_ONLY, GIVEN, WITH_CLUSTER], ids=["own", "lambda-only", "given", "cluster"]
)


def a_site(folder: Path, settings: Settings) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder, settings=settings)
    site.cloud.roles.given |= {role for role in (settings.execution_role,) if role}
    site.push()
    return site


def cut(site: Site, run: Callable[[Site], object], faults: Faults) -> bool:
    """Runs with one call cut off. Whether there was such a call."""
    site.cloud.faults.calls.clear()
    site.cloud.faults.at, site.cloud.faults.after = faults.at, faults.after
    try:
        run(site)
    except CutError:
        return True
    finally:
        site.cloud.faults.at = 0
    return False


def every_cut(folder: Path, prepare: Callable[[Path], Site], run: Callable[[Site], object]) -> Iterator[Site]:
    """Sites on which `run` was cut at its first call, at its second, and so on; before and after the effect."""
    for after in (False, True):
        number = 1
        while True:
            site = prepare(folder / f"{number}-{after}")
            if not cut(site, run, Faults(at=number, after=after)):
                break
            yield site
            number += 1
        assert number > 1, "no call was made at all"


@KINDS
def test_after_a_deploy_the_plan_is_empty(tmp_path: Path, settings: Settings) -> None:
    site = a_site(tmp_path, settings)
    assert site.deploy(scopes())
    assert site.plan(scopes()) == ()


@KINDS
def test_a_deploy_without_changes_makes_no_mutating_call(tmp_path: Path, settings: Settings) -> None:
    site = a_site(tmp_path, settings)
    site.deploy(scopes())
    site.cloud.faults.calls.clear()
    site.deploy(scopes())
    assert site.cloud.faults.calls == []


@KINDS
def test_a_deploy_cut_at_any_call_converges_when_it_is_run_again(tmp_path: Path, settings: Settings) -> None:
    whole = a_site(tmp_path / "whole", settings)
    whole.deploy(scopes())
    for site in every_cut(tmp_path, lambda folder: a_site(folder, settings), lambda site: site.deploy(scopes())):
        site.deploy(scopes())
        assert site.world() == whole.world()
        assert site.receipt == whole.receipt
        assert site.plan(scopes()) == ()


def updated(site: Site) -> None:
    """A second release: another image, more memory, a changed signature."""
    site.images = lock(build=2)
    native = a_function("quadbin_twice", "quadbin", ("BIGINT", "BIGINT"), kind="sql", sql="SELECT $1 * $2")
    module = with_function(QUADBIN, native)
    module = with_function(module, replace(POLYFILL, config=replace(POLYFILL.config, memory_size=3008)))
    site.deploy(scopes(modules=(module,)))


def test_an_update_cut_at_any_call_converges_when_it_is_run_again(tmp_path: Path) -> None:
    def deployed(folder: Path) -> Site:
        site = a_site(folder, WITH_REDSHIFT)
        site.deploy(scopes())
        site.images = lock(build=2)
        site.push()
        return site

    whole = deployed(tmp_path / "whole")
    updated(whole)
    for site in every_cut(tmp_path, deployed, updated):
        updated(site)
        assert site.world() == whole.world()
        assert site.receipt == whole.receipt


@KINDS
def test_a_removal_leaves_nothing(tmp_path: Path, settings: Settings) -> None:
    site = a_site(tmp_path, settings)
    site.deploy(scopes())
    site.remove(scopes())
    assert not any(site.world().values())
    assert not site.file.exists()
    assert site.plan_removal(scopes()) == ()


@KINDS
def test_a_removal_cut_at_any_call_converges_when_it_is_run_again(tmp_path: Path, settings: Settings) -> None:
    def deployed(folder: Path) -> Site:
        site = a_site(folder, settings)
        site.deploy(scopes())
        return site

    for site in every_cut(tmp_path, deployed, lambda site: site.remove(scopes())):
        site.remove(scopes())
        assert not any(site.world().values())
        assert not site.file.exists()


@pytest.mark.parametrize("chosen", ["h3", "quadbin", "quadbin_polyfill", "quadbin_twice"])
@KINDS
def test_what_a_selection_deploys_the_same_selection_removes_and_nothing_else(
    tmp_path: Path, settings: Settings, chosen: str
) -> None:
    alone = a_site(tmp_path / "alone", settings)
    alone.deploy(scopes(chosen))
    alone.remove(scopes(chosen))
    world = alone.world()
    assert not any(world[kind] for kind in ("functions", "routines", "schemas", "roles", "attached"))
    assert not alone.file.exists()

    others = tuple(name for name in ("h3_center", "quadbin_polyfill", "quadbin_toparent") if name != chosen)
    others = tuple(name for name in others if chosen != "quadbin" or name == "h3_center")
    others = tuple(name for name in others if chosen != "h3" or name != "h3_center")
    site = a_site(tmp_path / "site", settings)
    site.deploy(scopes(*others))
    before = site.world()
    untouched = {key: before[key] for key in ("functions", "roles", "schemas", "routines")}
    site.deploy(scopes(chosen, "quadbin_toparent" if chosen == "quadbin_twice" else chosen))
    site.remove(scopes(chosen))
    assert {key: site.world()[key] for key in untouched} == untouched


def test_two_schemas_share_the_lambda_functions_which_go_with_the_last(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    site.deploy(scopes())
    site.remove(scopes())
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3", "carto-at-quadbin")
    assert site.cloud.warehouse.schemas == {"dev_carto"}
    site.settings = WITH_REDSHIFT
    assert site.plan(scopes()) == ()
    site.remove(scopes())
    assert not any(site.world().values())


def test_a_removal_without_redshift_keeps_the_lambda_functions_that_sql_calls(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    before = site.world()
    site.settings = LAMBDA_ONLY
    site.remove(scopes())
    assert site.world() == before
    observed = site.observe(scopes("quadbin"), removal=True)
    (_, said) = remarks(scopes("quadbin"), site.settings, observed, removal=True)
    assert said == "carto-at-quadbin stays, it is called by 2 others in redshift.example.com:5439/dev/dev_carto"


def test_a_schema_that_was_there_before_us_stays(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.cloud.warehouse.schemas.add("dev_carto")
    site.deploy(scopes())
    site.remove(scopes())
    assert site.cloud.warehouse.schemas == {"dev_carto"}


def test_a_schema_of_ours_stays_while_a_table_or_a_function_of_others_is_in_it(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    site.cloud.warehouse.tables = 1
    theirs = ("dev_carto", "their_function", ())
    site.cloud.warehouse.routines[theirs] = "integer"
    site.remove(scopes())
    assert site.cloud.warehouse.schemas == {"dev_carto"}
    assert list(site.cloud.warehouse.routines) == [theirs]
    # Once they are gone, the same command finishes its work.
    site.cloud.warehouse.tables = 0
    del site.cloud.warehouse.routines[theirs]
    site.remove(scopes())
    assert not any(site.world().values())


def test_overloads_of_others_under_our_names_are_left_alone(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    theirs = ("dev_carto", "quadbin_toparent", ("varchar",))
    site.cloud.warehouse.routines[theirs] = "integer"
    assert site.plan(scopes()) == ()
    site.remove(scopes())
    assert list(site.cloud.warehouse.routines) == [theirs]


def test_functions_that_the_catalogue_has_lost_go_with_their_module(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    smaller = replace(QUADBIN, functions=QUADBIN.functions[1:2])
    site.remove(scopes("quadbin", modules=(smaller,)))
    assert {key[1] for key in site.cloud.warehouse.routines} == {"h3_center", "h3_center_external"}
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3",)


def test_a_lost_receipt_costs_a_second_run_of_the_sql_and_nothing_else(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    before = site.world()
    site.file.unlink()
    assert [type(action).__name__ for action in site.deploy(scopes())] == ["RunSql", "RunSql"]
    assert site.world() == before
    assert site.plan(scopes()) == ()


def test_a_lost_receipt_does_not_keep_a_removal_from_its_selection(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes())
    site.file.unlink()
    site.remove(scopes("quadbin_polyfill"))
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3", "carto-at-quadbin")
    site.remove(scopes())
    # The schema may have been there before us: nobody knows any more, so it stays.
    assert {name for name, held in site.world().items() if held} == {"schemas"}


def test_a_world_that_was_wiped_is_deployed_anew(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    first = site.deploy(scopes())
    wiped = a_site(tmp_path, WITH_REDSHIFT)
    assert wiped.plan(scopes()) == first
