"""Releases: what a deploy leaves to go back to, and going back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.adapters.releases import History
from builder.core.config.rollout import Rollout
from builder.core.deploy import rollback
from builder.core.deploy.actions import DeleteFunction, DeleteRepository, RunSql
from builder.core.deploy.receipt import place_of
from builder.core.deploy.release import number_of
from builder.errors import AwsError, InvokeError, SettingsError, StaleError
from builder.model import Module
from tests.unit.deploy.cloud import (
    LAMBDA_ONLY,
    MODULES,
    POLYFILL,
    QUADBIN,
    WITH_REDSHIFT,
    Site,
    a_function,
    digest,
    image,
    lock,
    scopes,
    with_function,
)

if TYPE_CHECKING:
    from pathlib import Path

HERE = place_of(WITH_REDSHIFT)
S2 = Module(name="s2", functions=(a_function("s2_center", "s2"),))
TWICE = a_function("quadbin_twice", "quadbin", ("BIGINT", "BIGINT"), kind="sql", sql="SELECT $1 * $2")


def second(site: Site) -> None:
    """Other images, more memory, another signature, a function less, a module more."""
    module = with_function(QUADBIN, TWICE)
    module = with_function(module, replace(POLYFILL, config=replace(POLYFILL.config, memory_size=3008)))
    modules = (MODULES[0], module, S2)
    site.images = lock(build=2, modules=modules)
    site.push()
    site.deploy(scopes(modules=modules))


def standing(site: Site) -> dict[str, object]:
    """What SQL can call and what it leads to; version numbers only grow."""
    functions = site.cloud.functions
    return {
        "lambdas": {name: (held.image, held.memory_size, set(held.tags)) for name, held in functions.held.items()},
        "live": {name: functions.versions[name][at["live"]].image for name, at in functions.aliases.items()},
        "routines": dict(site.cloud.warehouse.routines),
        "receipt": site.receipt.places,
        "content": site.history.current(HERE),
    }


def test_a_rollback_leads_to_what_stood_and_the_next_one_back_again(site: Site) -> None:
    site.deploy(scopes())
    first = standing(site)
    second(site)
    changed = standing(site)
    assert changed != first
    site.rollback()
    assert standing(site) == first
    assert site.plan_rollback("r0001") == ()
    site.rollback()
    assert standing(site) == changed
    assert site.history.numbers(HERE) == (1, 2, 3, 4)
    assert [each.of for each in site.history.every()] == [None, None, 1, 2]


def test_a_rollback_keeps_the_repositories_to_come_back_to(site: Site) -> None:
    site.deploy(scopes())
    second(site)
    kinds = {type(action) for action in site.rollback()}
    assert DeleteFunction in kinds
    assert DeleteRepository not in kinds
    assert "carto-at-s2" in site.cloud.repositories.held


def test_a_module_s_sql_goes_back_in_one_transaction_what_goes_first(site: Site) -> None:
    site.deploy(scopes())
    second(site)
    (sql,) = (each for each in site.plan_rollback() if isinstance(each, RunSql) and each.module == "quadbin")
    assert [statement.text.split()[0] for statement in sql.statements] == ["DROP", "CREATE"]
    assert [change.function for change in sql.changes] == ["quadbin_twice"]


def test_a_release_of_a_part_covers_the_whole_place(site: Site) -> None:
    site.deploy(scopes("quadbin"))
    site.deploy(scopes("h3"))
    content = site.history.current(HERE)
    assert sorted(content.lambdas) == ["h3", "quadbin"]
    assert sorted(content.functions) == ["h3_center", "quadbin_polyfill", "quadbin_toparent", "quadbin_twice"]
    site.rollback()
    assert sorted(site.history.current(HERE).lambdas) == ["quadbin"]
    assert site.cloud.functions.names("carto-at-") == ("carto-at-quadbin",)


def test_a_deploy_that_changes_nothing_is_no_release(site: Site) -> None:
    site.deploy(scopes())
    site.deploy(scopes())
    site.deploy(scopes("h3"))
    assert site.history.numbers(HERE) == (1,)


def test_a_deploy_that_was_killed_before_its_release_was_kept_keeps_it_when_it_is_run_again(site: Site) -> None:
    site.deploy(scopes())
    (file,) = site.history.folder.iterdir()
    text = file.read_text(encoding="utf-8")
    file.unlink()
    assert site.deploy(scopes()) == ()
    assert file.read_text(encoding="utf-8") == text


def test_a_removal_of_a_part_can_be_gone_back_on(site: Site) -> None:
    site.deploy(scopes())
    before = standing(site)
    site.remove(scopes("quadbin_twice"))
    site.rollback()
    assert standing(site) == before


def test_a_removal_of_everything_leaves_no_release(site: Site) -> None:
    site.deploy(scopes())
    site.remove(scopes())
    assert site.history.every() == ()


def test_the_last_releases_of_each_place_are_kept(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(releases=2))
    site.deploy(scopes("h3"))
    site.settings = replace(site.settings, schema="carto")
    site.deploy(scopes("h3"))
    site.settings = replace(site.settings, schema="dev_carto")
    for number in range(2, 5):
        site.images = lock(build=number)
        site.push()
        site.deploy(scopes("h3"))
    assert site.history.numbers(HERE) == (4, 5)
    assert site.history.numbers(HERE.replace("dev_carto", "carto")) == (2,)


def test_a_digest_that_is_no_longer_in_the_registry_is_named_and_nothing_is_done(site: Site) -> None:
    site.deploy(scopes())
    second(site)
    site.cloud.repositories.images["carto-at-quadbin"].remove(digest("quadbin", 1))
    site.cloud.faults.calls.clear()
    with pytest.raises(StaleError) as caught:
        site.rollback()
    (problem,) = caught.value.problems
    assert problem.what == f"{image(QUADBIN).reference} is no longer in its registry"
    assert site.cloud.faults.calls == []


def test_an_image_that_runs_is_not_looked_for(site: Site) -> None:
    site.deploy(scopes())
    site.images = {**site.images, "h3": image(MODULES[0], build=2)}
    site.push()
    site.deploy(scopes())
    site.cloud.faults.looks.clear()
    site.plan_rollback()
    looked = [call for call in site.cloud.faults.looks if call.startswith("describe_images")]
    assert looked == [f"describe_images carto-at-h3 {digest('h3', 1)}"]


@pytest.mark.parametrize(
    ("to", "what"),
    [("", "has only one release"), ("r0009", "has no release r0009"), ("last", "'last' is no release")],
)
def test_what_there_is_nothing_to_go_back_to_is_refused(site: Site, to: str, what: str) -> None:
    site.deploy(scopes())
    with pytest.raises(StaleError, match=what):
        site.rollback(to)


def test_a_release_of_another_place_is_refused(site: Site) -> None:
    site.deploy(scopes())
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    with pytest.raises(StaleError, match="dev/carto has no release r0001"):
        site.rollback("r0001")
    with pytest.raises(StaleError, match="dev/carto has no release: there is nothing to go back to"):
        site.rollback()


def test_releases_are_named_in_any_case_and_with_any_number_of_zeros() -> None:
    assert [number_of(name) for name in ("r0007", "R7", "7", " r07 ")] == [7, 7, 7, 7]


def test_a_lambda_function_that_another_place_calls_stays_and_the_other_place_is_named(site: Site) -> None:
    site.deploy(scopes("quadbin"))
    site.deploy(scopes())
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    site.deploy(scopes("h3"))
    site.settings = WITH_REDSHIFT
    site.images = lock(build=2)
    site.push()
    site.deploy(scopes("quadbin"))
    _, target, observed = site._back("r0001")
    assert rollback.remarks(target, site.settings, observed) == ()
    site.rollback("r0001")
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3", "carto-at-quadbin")
    _, target, observed = site._back("r0002")
    (said,) = rollback.remarks(target, site.settings, observed)
    assert said.startswith("redshift.example.com:5439/dev/carto calls the same Lambda functions")


def test_after_a_deploy_that_stopped_half_way_the_last_release_can_be_gone_back_to(site: Site) -> None:
    site.deploy(scopes())
    before = standing(site)
    site.images = lock(build=2)
    site.push()
    # h3 arrives, quadbin does not work.
    site.cloud.versions.broken.add(digest("quadbin", 2))
    with pytest.raises(InvokeError):
        site.deploy(scopes())
    site.rollback("r0001")
    assert standing(site) == before
    assert site.history.numbers(HERE) == (1,)


def half(site: Site, build: int) -> None:
    """A deploy that breaks: h3 arrives, quadbin does not work."""
    site.images = lock(build=build)
    site.push()
    site.cloud.versions.broken.add(digest("quadbin", build))
    with pytest.raises(InvokeError):
        site.deploy(scopes())


def test_after_half_a_deploy_the_bare_command_goes_to_the_only_release(site: Site) -> None:
    site.deploy(scopes())
    before = standing(site)
    half(site, 2)
    assert standing(site) != before
    site.rollback()
    assert standing(site) == before
    # What stands is that release again: there is nothing before it.
    with pytest.raises(StaleError, match="has only one release"):
        site.rollback()


def test_after_half_a_deploy_the_bare_command_goes_no_release_too_far(site: Site) -> None:
    site.deploy(scopes())
    first = standing(site)
    second(site)
    before = standing(site)
    half(site, 3)
    site.rollback()
    assert standing(site) == before
    site.rollback()
    assert standing(site) == first


def test_a_rollback_that_stopped_half_way_goes_on_where_it_was_going(site: Site) -> None:
    site.deploy(scopes())
    first = standing(site)
    second(site)
    site.cloud.versions.broken.add(digest("quadbin", 1))
    with pytest.raises(InvokeError):
        site.rollback()
    site.cloud.versions.broken.clear()
    site.rollback()
    assert standing(site) == first


def test_a_deploy_that_goes_on_after_a_failure_is_the_release_to_go_back_from(site: Site) -> None:
    site.deploy(scopes())
    first = standing(site)
    half(site, 2)
    site.cloud.versions.broken.clear()
    site.deploy(scopes())
    assert site.history.numbers(HERE) == (1, 2)
    site.rollback()
    assert standing(site) == first


def test_half_a_deploy_of_another_place_is_not_this_one_s(site: Site) -> None:
    site.deploy(scopes())
    second(site)
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    half(site, 3)
    assert set(site.receipt.begun) == {place_of(site.settings)}
    site.settings = WITH_REDSHIFT
    site.rollback()
    assert [each.of for each in site.history.every()] == [None, None, 1]


def test_a_function_in_the_way_that_is_not_ours_is_left_alone(site: Site) -> None:
    site.deploy(scopes("h3"))
    site.images = lock(build=2)
    site.push()
    site.deploy(scopes("h3"))
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], tags=())
    with pytest.raises(AwsError, match="is not ours"):
        site.rollback()


def test_without_redshift_the_lambda_functions_go_back(site: Site) -> None:
    site.settings = LAMBDA_ONLY
    site.deploy(scopes("h3"))
    site.deploy(scopes("quadbin"))
    site.rollback()
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3",)
    assert set(site.receipt.place("lambda").functions) == {"h3_center"}


def test_functions_come_back_after_those_that_they_call_whatever_the_order_of_the_deploys(site: Site) -> None:
    caller = a_function("a_first", "math", kind="sql", sql="SELECT @@RS_SCHEMA@@.z_last($1)")
    callee = a_function("z_last", "math", kind="sql", sql="SELECT $1")
    both = Module(name="math", functions=(caller, callee))
    site.deploy(scopes(modules=(both,)))
    # A deploy of the callee alone puts it behind its caller in the release.
    changed = with_function(both, replace(callee, sql="SELECT $1 + 0"))
    site.deploy(scopes("z_last", modules=(changed,)))
    site.remove(scopes("a_first", modules=(changed,)))
    site.cloud.warehouse.routines.clear()
    (sql,) = (each for each in site.rollback("r0002") if isinstance(each, RunSql))
    assert [change.function for change in sql.changes] == ["z_last", "a_first"]


def test_a_release_that_another_version_wrote_is_refused_by_name(site: Site, tmp_path: Path) -> None:
    site.deploy(scopes())
    (file,) = site.history.folder.iterdir()
    body = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**body, "version": 2}), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cannot read this release: version"):
        History(folder=tmp_path / "releases" / site.file.stem).every()
