"""What is ours and in the catalogue no longer: found, and taken away; what may still be needed is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.adapters.fakes import IDENTITY
from builder.adapters.observe import Question, observe
from builder.core.deploy.actions import DeleteFunction, DeleteRepository, RunSql
from builder.core.deploy.orphans import Orphan, orphans, prune
from builder.core.deploy.plan import destroys
from tests.unit.deploy.cloud import H3_MODULE, MODULES, QUADBIN, WITH_REDSHIFT, Site, scopes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.core.deploy.observed import Observed
    from builder.model import Module

H3_GONE = (
    Orphan(kind="function", name="h3_center", module="h3"),
    Orphan(kind="lambda", name="carto-at-h3", module="h3"),
    Orphan(kind="repository", name="carto-at-h3", module="h3"),
)


def a_site(folder: Path) -> Site:
    site = Site(folder)
    site.push()
    site.deploy(scopes())
    return site


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
