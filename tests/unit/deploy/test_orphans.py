"""What is ours and in the catalogue no longer: found, and taken away; what may still be needed is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.adapters.fake_registry import IDENTITY
from builder.adapters.observe import Question, observe
from builder.core.catalog.selection import Gone
from builder.core.deploy.actions import DeleteFunction, DeleteRepository, Note, RunSql
from builder.core.deploy.orphans import Orphan, orphans, prune, remarks
from builder.core.deploy.plan import destroys
from builder.names import trial_name
from tests.unit.deploy.cloud import (
    H3_MODULE,
    LAMBDA_ONLY,
    MODULES,
    PARENT,
    QUADBIN,
    WITH_REDSHIFT,
    Site,
    a_function,
    lock,
    scopes,
    with_function,
)
from tests.unit.deploy.test_laws import every_cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.observed import Observed
    from builder.model import Module

H3_GONE = (
    Orphan(kind="function", name="h3_center", module="h3"),
    Orphan(kind="lambda", name="carto-at-h3", module="h3"),
    Orphan(kind="repository", name="carto-at-h3", module="h3"),
)


ALONE = with_function(QUADBIN, replace(PARENT, config=replace(PARENT.config, own_lambda=True)))
WITHOUT_PARENT = replace(QUADBIN, functions=tuple(each for each in QUADBIN.functions if each is not PARENT))
PARENT_GONE = Gone(functions=frozenset({"quadbin_toparent"}))


def a_site(folder: Path, modules: Sequence[Module] = MODULES, settings: Settings = WITH_REDSHIFT) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder, settings=settings, images=lock(modules=modules))
    site.push()
    site.deploy(scopes(modules=modules))
    return site


def pruned(site: Site, modules: Sequence[Module], only: Gone | None = None) -> tuple[Action, ...]:
    """What goes, carried out."""
    observed = look(site, modules)
    actions = tuple(prune(modules, site.settings, observed, only))
    site.carry_out(actions, observed)
    return actions


def look(site: Site, modules: Sequence[Module], *, suffixes: tuple[str, ...] = ()) -> Observed:
    """A look at the world with a catalogue of these modules alone."""
    question = Question(
        scopes=scopes(modules=modules),
        lock=site.images,
        settings=site.settings,
        suffixes=suffixes,
        catalog=modules,
    )
    return observe(site.cloud.world, question, IDENTITY, site.receipt)


def found(site: Site, modules: Sequence[Module], *, suffixes: tuple[str, ...] = ()) -> tuple[Orphan, ...]:
    return orphans(modules, site.settings, look(site, modules, suffixes=suffixes))


def test_a_whole_catalogue_has_no_orphans(tmp_path: Path) -> None:
    assert found(a_site(tmp_path), MODULES) == ()


def test_a_module_that_left_the_catalogue_leaves_sql_a_lambda_and_a_repository(tmp_path: Path) -> None:
    assert found(a_site(tmp_path), (QUADBIN,)) == H3_GONE


def test_pruning_takes_the_callers_away_first_and_asks_before(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    actions = tuple(prune((QUADBIN,), site.settings, look(site, (QUADBIN,))))
    assert [type(each) for each in actions] == [RunSql, DeleteFunction, DeleteRepository]
    assert all(destroys(each) for each in actions)
    (sql, *_) = actions
    assert isinstance(sql, RunSql)
    # The wrapper calls the external function.
    dropped = [statement.subject for statement in sql.statements]
    assert dropped == ["dev_carto.h3_center", "dev_carto.h3_center_external"]


def test_a_function_that_left_its_module_is_an_orphan_in_redshift_alone(tmp_path: Path) -> None:
    fewer = replace(QUADBIN, functions=QUADBIN.functions[:2])
    assert found(a_site(tmp_path), (H3_MODULE, fewer)) == (
        Orphan(kind="function", name="quadbin_twice", module="quadbin"),
    )


def test_what_is_not_ours_is_no_orphan(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.functions.held
    held["carto-at-theirs"] = replace(held["carto-at-h3"], name="carto-at-theirs", tags=())
    repositories = site.cloud.repositories.held
    repositories["carto-at-theirs"] = replace(repositories["carto-at-h3"], name="carto-at-theirs", tags=())
    assert found(site, MODULES) == ()


def test_what_another_schema_calls_is_no_orphan(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    site.deploy(scopes())
    assert found(site, (QUADBIN,)) == H3_GONE[:1]


def test_a_second_set_is_no_orphan_and_keeps_the_images_that_it_runs(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.functions.held
    held["carto-at-h3_next"] = replace(held["carto-at-h3"], name="carto-at-h3_next")
    assert found(site, (QUADBIN,), suffixes=("_next",)) == H3_GONE[:2]


def test_a_zip_function_is_no_orphan_whoever_has_put_our_tags_on_it(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.functions.held
    held["carto-at-old"] = replace(held["carto-at-h3"], name="carto-at-old", package_type="Zip")
    assert found(site, MODULES) == ()


def test_what_a_diff_has_found_deleted_goes_alone(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    fewer = replace(QUADBIN, functions=QUADBIN.functions[:1])
    actions = pruned(site, (fewer,), Gone(functions=frozenset({"quadbin_twice"})))
    assert [change.function for each in actions if isinstance(each, RunSql) for change in each.changes] == [
        "quadbin_twice"
    ]
    left = {name for names in site.receipt.places.values() for name in names.functions}
    assert left == {"h3_center", "quadbin_polyfill", "quadbin_toparent"}
    assert sorted(site.cloud.functions.held) == ["carto-at-h3", "carto-at-quadbin"]


def test_a_module_that_is_gone_takes_lambda_and_repository_along(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    gone = Gone(functions=frozenset({"h3_center"}), modules=frozenset({"h3"}))
    actions = pruned(site, (QUADBIN,), gone)
    assert [type(each) for each in actions] == [RunSql, DeleteFunction, DeleteRepository]
    assert found(site, (QUADBIN,)) == ()


def test_a_module_of_which_only_a_part_was_named_keeps_its_lambda(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    # All of quadbin has left, one function of it was named.
    actions = pruned(site, (H3_MODULE,), PARENT_GONE)
    assert [type(each) for each in actions] == [RunSql]
    assert "carto-at-quadbin" in site.cloud.functions.held


def test_a_function_with_a_lambda_of_its_own_takes_it_along(tmp_path: Path) -> None:
    site = a_site(tmp_path, (ALONE,))
    assert sorted(site.cloud.functions.held) == ["carto-at-quadbin", "carto-at-quadbin_toparent"]
    actions = pruned(site, (WITHOUT_PARENT,), PARENT_GONE)
    assert [type(each) for each in actions] == [RunSql, DeleteFunction]
    assert sorted(site.cloud.functions.held) == ["carto-at-quadbin"]


def test_the_same_holds_without_a_redshift(tmp_path: Path) -> None:
    site = a_site(tmp_path, (ALONE,), LAMBDA_ONLY)
    actions = pruned(site, (WITHOUT_PARENT,), PARENT_GONE)
    assert actions == (
        DeleteFunction(module="quadbin", name="carto-at-quadbin_toparent"),
        Note(module="quadbin", forget=("quadbin_toparent",)),
    )
    assert sorted(site.cloud.functions.held) == ["carto-at-quadbin"]
    assert list(site.receipt.place("lambda").functions) == ["quadbin_polyfill"]
    assert pruned(site, (WITHOUT_PARENT,), PARENT_GONE) == ()


def test_an_image_is_its_modules_unless_another_module_is_called_so(tmp_path: Path) -> None:
    one, two = (replace(H3_MODULE, name=name, functions=(a_function(f"f{n}", name),)) for n, name in NAMED)
    site = a_site(tmp_path, (one, two, QUADBIN))
    gone = Gone(functions=frozenset({"f1"}), modules=frozenset({"geo"}))
    deleted = [each.name for each in pruned(site, (QUADBIN,), gone) if isinstance(each, DeleteRepository)]
    assert deleted == ["carto-at-geo"]


NAMED = ((1, "geo"), (2, "geo-2"))


def test_a_diffs_removal_cut_at_any_call_converges_when_it_is_run_again(tmp_path: Path) -> None:
    gone = Gone(functions=frozenset({"quadbin_toparent", "h3_center"}), modules=frozenset({"h3"}))

    def again(site: Site) -> None:
        pruned(site, (WITHOUT_PARENT,), gone)

    whole = a_site(tmp_path / "whole", (H3_MODULE, ALONE))
    again(whole)
    assert sorted(whole.cloud.functions.held) == ["carto-at-quadbin"]
    for site in every_cut(tmp_path, lambda folder: a_site(folder, (H3_MODULE, ALONE)), again):
        again(site)
        assert site.world() == whole.world()
        assert site.receipt == whole.receipt


def leave_a_trial(site: Site) -> str:
    """As a process does that is killed while new code is tried."""
    held, name = site.cloud.functions.held, trial_name("carto-at-quadbin")
    held[name] = replace(held["carto-at-quadbin"], name=name, version="$LATEST", live=None)
    return name


def test_what_a_killed_trial_has_left_is_an_orphan_and_pruned(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    name = leave_a_trial(site)
    # Another place that uses the module's functions does not call it.
    site.settings = replace(WITH_REDSHIFT, schema="elsewhere")
    site.deploy(scopes())
    assert found(site, MODULES) == (Orphan(kind="lambda", name=name, module="quadbin"),)
    assert pruned(site, MODULES) == (DeleteFunction(module="quadbin", name=name),)
    assert found(site, MODULES) == ()


def test_what_a_killed_trial_has_left_goes_with_its_function(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    leave_a_trial(site)
    site.remove(scopes("quadbin"))
    assert set(site.cloud.functions.held) == {"carto-at-h3"}
    site.remove(scopes())
    # No Lambda function keeps the roles any more.
    assert not site.cloud.roles.held


def test_somebody_elses_function_of_such_a_name_is_left_alone(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    name = leave_a_trial(site)
    site.cloud.functions.held[name] = replace(site.cloud.functions.held[name], tags=())
    assert found(site, MODULES) == ()
    site.remove(scopes())
    assert set(site.cloud.functions.held) == {name}


def test_what_a_deploy_leaves_behind_is_told_for_the_modules_that_are_chosen(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    left = [WITHOUT_PARENT, H3_MODULE]
    # As a plain deploy looks, which does not ask for strangers.
    found = site.observe(scopes(modules=left))
    assert list(remarks(MODULES, site.settings, found)) == []
    (said,) = remarks(left, site.settings, found)
    assert "no longer in the catalogue: quadbin_toparent (" in said
    assert list(remarks([H3_MODULE], site.settings, found)) == []
