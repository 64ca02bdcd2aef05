"""From zip Lambdas to images: new names, SQL moved over, the old ones removed only when asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder import names
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy.actions import DeleteFunction, RunSql
from builder.core.deploy.plan import destroys
from builder.core.deploy.standing import standing
from builder.errors import AwsError
from tests.unit.deploy import matrix
from tests.unit.deploy.cloud import (
    LAMBDA_ONLY,
    POLYFILL,
    QUADBIN,
    WITH_REDSHIFT,
    Site,
    a_zip,
    lock,
    scopes,
    with_function,
)
from tests.unit.deploy.test_units import ALONE, PER_FUNCTION, a_site, called, creations

if TYPE_CHECKING:
    from pathlib import Path

    from builder.core.config.settings import Settings
    from builder.model import Module

# quadbin_polyfill was deployed as carto-at-qb_poly.
NAMED = with_function(QUADBIN, replace(POLYFILL, lambda_name="qb_poly"))
OLD = ("carto-at-qb_poly", "carto-at-quadbin_toparent")
# In the account, with our prefix, and no name that the catalogue knows.
STRANGER = "carto-at-elsewhere"


def with_zips(folder: Path, settings: Settings, module: Module = NAMED, *held: str) -> Site:
    site = a_site(folder, settings, (module,))
    site.cloud.functions.held |= {name: a_zip(name) for name in held or (*OLD, STRANGER)}
    return site


def there(site: Site) -> list[str]:
    return sorted(site.cloud.functions.held)


CHOSEN = scopes(modules=(NAMED,))


def test_one_lambda_for_the_module_takes_over_and_the_old_ones_stay(tmp_path: Path) -> None:
    site = with_zips(tmp_path, WITH_REDSHIFT)
    plan = site.deploy(CHOSEN)
    assert there(site) == sorted(["carto-at-quadbin", *OLD, STRANGER])
    assert set(called(plan).values()) == {"carto-at-quadbin"}
    assert site.plan(CHOSEN) == ()


def test_where_each_function_has_its_own_the_new_ones_have_new_names(tmp_path: Path) -> None:
    site = with_zips(tmp_path, PER_FUNCTION)
    plan = site.deploy(CHOSEN)
    assert set(creations(plan)) == {f"{name}-image" for name in OLD}
    assert called(plan) == {
        "quadbin_polyfill_external": "carto-at-qb_poly-image",
        "quadbin_toparent": "carto-at-quadbin_toparent-image",
    }
    assert site.plan(CHOSEN) == ()
    assert site.cloud.functions.held[OLD[0]] == a_zip(OLD[0])


def test_the_modules_own_name_may_be_taken_too(tmp_path: Path) -> None:
    site = with_zips(tmp_path, WITH_REDSHIFT, NAMED, "carto-at-quadbin")
    plan = site.deploy(CHOSEN)
    assert set(called(plan).values()) == {"carto-at-quadbin-image"}
    assert site.plan(CHOSEN) == ()


@pytest.mark.parametrize("settings", [WITH_REDSHIFT, PER_FUNCTION], ids=["module", "function"])
def test_the_old_ones_go_when_asked_for_after_the_sql_and_no_other(tmp_path: Path, settings: Settings) -> None:
    site = with_zips(tmp_path, settings)
    plan = site.deploy(CHOSEN, replaced=True)
    gone = [action.name for action in plan if isinstance(action, DeleteFunction)]
    assert gone == sorted(OLD)
    assert all(destroys(action) for action in plan if isinstance(action, DeleteFunction))
    (moved,) = (place for place, action in enumerate(plan) if isinstance(action, RunSql))
    assert all(place > moved for place, action in enumerate(plan) if isinstance(action, DeleteFunction))
    assert STRANGER in there(site)
    assert not set(OLD) & set(there(site))
    # Nothing is called by another name because a name has become free.
    assert site.plan(CHOSEN) == ()
    assert site.plan(CHOSEN, replaced=True) == ()


def test_they_can_be_asked_for_later(tmp_path: Path) -> None:
    site = with_zips(tmp_path, PER_FUNCTION)
    site.deploy(CHOSEN)
    assert [action.name for action in site.deploy(CHOSEN, replaced=True) if isinstance(action, DeleteFunction)] == [
        *OLD
    ]


def test_a_selection_removes_what_its_own_functions_have_replaced(tmp_path: Path) -> None:
    site = with_zips(tmp_path, WITH_REDSHIFT)
    site.deploy(scopes("quadbin_polyfill", modules=(NAMED,)), replaced=True)
    assert there(site) == sorted(["carto-at-quadbin", OLD[1], STRANGER])


def test_without_redshift_nothing_goes_because_nobody_knows_who_calls_it(tmp_path: Path) -> None:
    site = with_zips(tmp_path, LAMBDA_ONLY)
    site.deploy(CHOSEN, replaced=True)
    assert set(OLD) <= set(there(site))


def test_a_removal_touches_no_zip_function_whoever_has_tagged_it(tmp_path: Path) -> None:
    site = with_zips(tmp_path, PER_FUNCTION)
    site.deploy(CHOSEN)
    ours = site.cloud.functions.held[f"{OLD[0]}-image"].tags
    site.cloud.functions.held[OLD[0]] = a_zip(OLD[0], *ours)
    site.remove(CHOSEN)
    assert there(site) == sorted([*OLD, STRANGER])


def test_lambdas_of_the_other_mode_go_when_asked_for(tmp_path: Path) -> None:
    site = a_site(tmp_path, PER_FUNCTION, (QUADBIN,))
    chosen = scopes(modules=(QUADBIN,))
    site.deploy(chosen)
    site.settings = WITH_REDSHIFT
    site.deploy(chosen)
    assert len(there(site)) == 3
    site.deploy(chosen, replaced=True)
    assert there(site) == ["carto-at-quadbin"]
    assert site.plan(chosen, replaced=True) == ()


def test_a_lambda_of_the_other_mode_stays_for_another_schema(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (QUADBIN,))
    chosen = scopes(modules=(QUADBIN,))
    site.deploy(chosen)
    site.settings = replace(PER_FUNCTION, schema="other")
    site.deploy(chosen, replaced=True)
    assert "carto-at-quadbin" in there(site)


def test_plan_and_status_tell_what_takes_over_from_whom(tmp_path: Path) -> None:
    site = with_zips(tmp_path, PER_FUNCTION)
    said = deploy_plan.remarks(CHOSEN, site.settings, site.observe(CHOSEN), removal=False)
    first = next(text for text in said if "zip" in text)
    assert first == (
        "carto-at-qb_poly is a zip Lambda, which cannot become an image: carto-at-qb_poly-image takes over, "
        "and stays; --remove-replaced removes it, once nothing calls it"
    )
    site.settings = WITH_REDSHIFT
    rows = standing(CHOSEN, site.images, site.settings, site.observe(CHOSEN, replaced=True))
    assert [(row.function, row.state) for row in rows][1:] == [
        (name, "zip, replaced by carto-at-quadbin") for name in OLD
    ]


def test_a_new_name_fits_the_limit() -> None:
    one, other = names.moved_name("p" * 63 + "a"), names.moved_name("p" * 63 + "b")
    assert len(one) == len(other) == 64
    assert one != other
    assert names.moved_name("carto-at-quadbin") == "carto-at-quadbin-image"


def test_a_function_that_is_not_ours_under_the_new_name_is_refused(tmp_path: Path) -> None:

    site = with_zips(tmp_path, PER_FUNCTION)
    site.cloud.functions.held[f"{OLD[0]}-image"] = replace(a_zip(f"{OLD[0]}-image"), package_type="Image")
    with pytest.raises(AwsError, match="is not ours"):
        site.plan(CHOSEN)


@pytest.mark.parametrize("scenario", list(matrix.migrations()), ids=lambda scenario: scenario.name)
def test_a_migration_converges_whatever_call_of_it_fails(tmp_path: Path, scenario: matrix.Scenario) -> None:
    found = list(matrix.tries(scenario, tmp_path))
    assert found
    assert not [each for each in found if each.wrong]


def test_one_of_its_own_is_moved_and_the_module_is_not(tmp_path: Path) -> None:
    site = with_zips(tmp_path, WITH_REDSHIFT, ALONE, "carto-at-quadbin_polyfill")
    site.images = lock(modules=(ALONE,))
    plan = site.deploy(scopes(modules=(ALONE,)))
    assert set(creations(plan)) == {"carto-at-quadbin", "carto-at-quadbin_polyfill-image"}
