"""A second set beside the first, with a suffix, and its promotion."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.adapters import receipts
from builder.adapters.fake_registry import IDENTITY
from builder.core.config.env_files import from_environment, from_flags
from builder.core.config.settings import resolve
from builder.core.deploy import promotion
from builder.core.deploy.actions import CreateFunction, DeleteRepository, DeleteRole, RunSql
from builder.core.deploy.plan import remarks
from builder.core.deploy.receipt import place_of
from builder.core.deploy.release import Content
from builder.errors import SettingsError, StaleError
from builder.model import Catalog
from tests.unit.deploy.cloud import (
    H3,
    H3_MODULE,
    LAMBDA_ONLY,
    MODULES,
    PARENT,
    WITH_REDSHIFT,
    Site,
    a_function,
    digest,
    lock,
    scopes,
    with_function,
)

if TYPE_CHECKING:
    from pathlib import Path

NEXT = replace(WITH_REDSHIFT, suffix="_next", schema="dev_carto_next")


def first(site: Site) -> None:
    site.settings = WITH_REDSHIFT


def second(site: Site) -> None:
    site.settings = NEXT


@pytest.fixture
def both(site: Site) -> Site:
    """A first set, and a second one of newer images; the settings are those of the second."""
    site.deploy(scopes())
    site.images = lock(build=2)
    site.push()
    second(site)
    site.deploy(scopes())
    return site


def test_the_suffix_is_in_the_names_of_lambda_functions_and_of_the_schema() -> None:
    settings = resolve([from_flags({"suffix": "_next"}), from_environment({"RS_SCHEMA": "maps"})])
    assert (settings.suffix, settings.schema) == ("_next", "maps_next")
    assert (settings.plain.suffix, settings.plain.schema) == ("", "maps")
    assert resolve([from_flags({"suffix": "_next", "production": "true"})]).schema == "carto_next"


def test_the_suffix_is_the_command_line_s_alone() -> None:
    assert resolve([from_flags({}), from_environment({"suffix": "_next"})]).suffix == ""


@pytest.mark.parametrize("text", ["next", "_Next", "-next", "_", "_a+b", "_" + "x" * 20])
def test_a_suffix_that_no_name_can_end_in_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no suffix"):
        resolve([from_flags({"suffix": text})])


def test_a_schema_that_the_suffix_makes_too_long_is_refused_before_anything_is_made() -> None:
    # Redshift, "Names and identifiers": 127 bytes.
    layers = [from_flags({"suffix": "_next"}), from_environment({"RS_SCHEMA": "s" * 123})]
    with pytest.raises(SettingsError, match="128 bytes"):
        resolve(layers)


def test_a_lambda_function_s_name_that_the_suffix_makes_too_long_is_refused(site: Site) -> None:
    # CreateFunction: 64 characters. The name has 60 without the suffix.
    site.settings = replace(NEXT, lambda_prefix="p" * 52 + "-")
    with pytest.raises(SettingsError, match="65 characters"):
        site.plan(scopes("quadbin"))


def test_the_second_set_runs_beside_the_first_and_calls_itself(both: Site) -> None:
    held = both.cloud.functions.held
    assert {name: state.digest for name, state in held.items()} == {
        "carto-at-h3": digest("h3", 1),
        "carto-at-h3_next": digest("h3", 2),
        "carto-at-quadbin": digest("quadbin", 1),
        "carto-at-quadbin_next": digest("quadbin", 2),
    }
    assert both.cloud.warehouse.schemas == {"dev_carto", "dev_carto_next"}
    texts = [
        text.text for entry in both.history.current(place_of(NEXT)).functions.values() for text in entry.statements
    ]
    assert any("LAMBDA 'carto-at-quadbin_next'" in text for text in texts)
    assert not [text for text in texts if '"dev_carto"' in text]
    assert both.plan(scopes()) == ()
    first(both)
    both.images = lock(build=1)
    assert both.plan(scopes()) == ()


def test_the_second_set_has_a_receipt_and_releases_of_its_own(both: Site) -> None:
    names = [file.name for file in sorted((both.folder / "receipts").iterdir())]
    assert names == ["123456789012-eu-west-1-carto-at-+_next.json", "123456789012-eu-west-1-carto-at-.json"]
    assert receipts.suffixes(both.folder, IDENTITY, "carto-at-") == ("_next",)
    assert both.history.numbers(place_of(NEXT)) == (1,)
    assert both.history.numbers(place_of(WITH_REDSHIFT)) == ()


def test_the_second_set_goes_and_leaves_the_first_with_its_roles_and_images(both: Site) -> None:
    actions = both.remove(scopes())
    assert not [action for action in actions if isinstance(action, (DeleteRepository, DeleteRole))]
    assert both.cloud.functions.names("carto-at-") == ("carto-at-h3", "carto-at-quadbin")
    assert both.cloud.warehouse.schemas == {"dev_carto"}
    assert not both.file.exists()
    first(both)
    both.images = lock(build=1)
    assert both.plan(scopes()) == ()


def test_the_first_set_goes_and_leaves_the_images_that_the_second_runs(both: Site) -> None:
    first(both)
    observed = both.observe(scopes(), removal=True)
    said = remarks(scopes(), both.settings, observed, removal=True)
    assert "the image of carto-at-h3_next stays, which runs it" in said
    both.remove(scopes())
    assert both.cloud.functions.names("carto-at-") == ("carto-at-h3_next", "carto-at-quadbin_next")
    assert sorted(both.cloud.repositories.held) == ["carto-at-h3", "carto-at-quadbin"]
    second(both)
    assert both.plan(scopes()) == ()
    both.remove(scopes())
    assert both.cloud.roles.held == {}


def test_a_promotion_makes_the_second_set_the_first(both: Site, tmp_path: Path) -> None:
    alone = Site(tmp_path / "alone", images=lock(build=2))
    alone.push()
    alone.deploy(scopes())
    both.promote()
    functions = {name: (state.image, state.memory_size) for name, state in both.cloud.functions.held.items()}
    assert functions == {name: (held.image, held.memory_size) for name, held in alone.cloud.functions.held.items()}
    assert both.cloud.warehouse.routines == alone.cloud.warehouse.routines
    assert both.cloud.warehouse.schemas == {"dev_carto"}
    assert both.history.every() == ()
    first(both)
    assert both.plan(scopes()) == ()
    # What was before can be gone back to.
    both.rollback()
    assert both.cloud.functions.held["carto-at-h3"].digest == digest("h3", 1)


def test_the_first_set_is_whole_before_the_second_one_goes(both: Site) -> None:
    both.cloud.faults.calls.clear()
    actions = both.promote()
    schemas = [action.schema for action in actions if isinstance(action, RunSql)]
    # The statements of the first set are the same, and only its code moves; then the second set's are dropped.
    assert schemas == ["dev_carto_next", "dev_carto_next"]
    calls = both.cloud.faults.calls
    assert calls.index("update_alias carto-at-quadbin") < calls.index("delete_function carto-at-quadbin_next")


def test_a_second_set_that_had_no_first_keeps_the_roles(site: Site) -> None:
    second(site)
    site.deploy(scopes())
    actions = site.promote()
    assert [action.name for action in actions if isinstance(action, CreateFunction)] == [
        "carto-at-h3",
        "carto-at-quadbin",
    ]
    assert sorted(site.cloud.roles.held) == ["CartoATLambdaExecutionRole", "CartoATRedshiftInvokeRole"]
    first(site)
    assert site.plan(scopes()) == ()


def test_what_the_second_set_has_not_stays_in_the_first(site: Site) -> None:
    site.deploy(scopes())
    site.images = lock(build=2)
    site.push()
    second(site)
    site.deploy(scopes("h3"))
    site.promote()
    held = site.cloud.functions.held
    assert {name: state.digest for name, state in held.items()} == {
        "carto-at-h3": digest("h3", 2),
        "carto-at-quadbin": digest("quadbin", 1),
    }


@pytest.mark.parametrize("what", ["lock", "sql", "configuration"])
def test_what_is_not_what_was_compared_is_not_promoted(both: Site, what: str) -> None:
    modules = MODULES
    if what == "lock":
        both.images = lock(build=3)
        both.push()
        message = "carto-at-h3_next: runs .*1, the lock has"
    elif what == "sql":
        modules = (with_function(H3_MODULE, replace(H3, returns="VARCHAR(MAX)")), MODULES[1])
        message = "dev_carto_next.h3_center: is not the SQL"
    else:
        bigger = replace(PARENT, config=replace(PARENT.config, memory_size=4096))
        modules = (H3_MODULE, with_function(MODULES[1], bigger))
        message = "carto-at-quadbin_next: is configured otherwise"
    both.cloud.faults.calls.clear()
    with pytest.raises(StaleError, match=message.replace(".*1", ".*")):
        both.promote(modules)
    assert both.cloud.faults.calls == []


def test_nothing_beside_is_nothing_to_promote(site: Site) -> None:
    site.deploy(scopes())
    second(site)
    assert site.promote() == ()


def test_the_selection_is_what_stands_and_a_lost_function_is_named(both: Site) -> None:
    content = both.history.current(place_of(NEXT))
    catalog = Catalog(roots=(), functions=tuple(each for module in MODULES for each in module.functions))
    chosen = promotion.selected(content, catalog, NEXT)
    assert sorted(each.name for each in chosen.functions) == sorted(each.name for each in catalog.functions)
    smaller = replace(catalog, functions=catalog.functions[1:])
    with pytest.raises(StaleError, match="h3_center: is deployed with the suffix _next"):
        promotion.selected(content, smaller, NEXT)


def test_without_redshift_the_selection_follows_from_the_lambda_functions(site: Site) -> None:
    site.settings = replace(LAMBDA_ONLY, suffix="_next", schema="dev_carto_next")
    site.deploy(scopes("h3"))
    content = site.history.current("lambda")
    other = a_function("s2_center", "s2")
    catalog = Catalog(roots=(), functions=(H3, other))
    assert isinstance(content, Content)
    assert [each.name for each in promotion.selected(content, catalog, site.settings).functions] == ["h3_center"]
    site.promote()
    assert site.cloud.functions.names("carto-at-") == ("carto-at-h3",)
