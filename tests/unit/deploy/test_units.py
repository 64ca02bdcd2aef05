"""Modules of several images and several Lambda functions: the same laws, and each SQL function calls its own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.deploy import explain, plan_file, schedule
from builder.core.deploy.actions import CreateFunction, DeleteFunction, DeleteRepository, RunSql, SplitModule
from builder.core.deploy.plan import remarks
from builder.core.deploy.standing import standing
from builder.model import Config
from tests.unit.deploy.cloud import (
    H3_MODULE,
    PARENT,
    POLYFILL,
    QUADBIN,
    WITH_REDSHIFT,
    Site,
    lock,
    scopes,
    with_function,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.model import Module

PER_FUNCTION = replace(WITH_REDSHIFT, lambda_mode="function")
# quadbin_polyfill asks for 1024 MB; here it gets them alone.
ALONE = with_function(QUADBIN, replace(POLYFILL, config=Config(memory_size=1024, own_lambda=True)))
SPLIT = replace(
    QUADBIN,
    parts=(
        replace(QUADBIN, functions=tuple(each for each in QUADBIN.functions if each != PARENT)),
        replace(QUADBIN, functions=(PARENT,), group="2", reason="numpy<2 and numpy>=2 cannot be met together"),
    ),
)
SHAPES = {
    "per function": (PER_FUNCTION, (H3_MODULE, QUADBIN)),
    "one of its own": (WITH_REDSHIFT, (H3_MODULE, ALONE)),
    "split": (WITH_REDSHIFT, (H3_MODULE, SPLIT)),
    "split, per function": (PER_FUNCTION, (H3_MODULE, SPLIT)),
}
EACH = pytest.mark.parametrize(("settings", "modules"), SHAPES.values(), ids=SHAPES)


def a_site(folder: Path, settings: Settings, modules: Sequence[Module]) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder, settings=settings, images=lock(modules=modules))
    site.push()
    return site


WHY = SplitModule(
    module="quadbin",
    image="quadbin-2",
    functions=("quadbin_toparent",),
    reason="numpy<2 and numpy>=2 cannot be met together",
)


def test_a_plan_says_why_a_module_is_split_where_it_is_about_its_images(tmp_path: Path) -> None:
    site, chosen = a_site(tmp_path, WITH_REDSHIFT, (H3_MODULE, SPLIT)), scopes(modules=(H3_MODULE, SPLIT))
    plan = site.plan(chosen)
    assert [each for each in plan if isinstance(each, SplitModule)] == [WHY]
    assert plan_file.as_json([WHY]) == [
        {
            "action": "split_module",
            "module": "quadbin",
            "image": "quadbin-2",
            "functions": ["quadbin_toparent"],
            "reason": "numpy<2 and numpy>=2 cannot be met together",
        }
    ]
    assert explain.text([WHY]).splitlines()[:3] == [
        ". module quadbin is split: image quadbin-2",
        "    holds  quadbin_toparent",
        "    why    numpy<2 and numpy>=2 cannot be met together",
    ]
    assert site.plan(chosen) == plan
    site.deploy(chosen)
    assert site.plan(chosen) == ()
    # Another image of another module is none of the split's business; one of this part is.
    site.images |= {"h3": lock(build=2)["h3"]}
    site.push()
    assert WHY not in site.plan(chosen)
    site.images |= {"quadbin-2": replace(site.images["quadbin-2"], digest=site.images["h3"].digest)}
    site.push()
    assert WHY in site.plan(chosen)


def test_an_image_apart_that_is_still_to_be_pushed_says_why_too(tmp_path: Path) -> None:
    site, chosen = a_site(tmp_path, PER_FUNCTION, (SPLIT,)), scopes(modules=(SPLIT,))
    site.cloud.images.digests = {name: each.digest for name, each in site.images.items()}
    site.images = {name: replace(each, repository="") for name, each in site.images.items()}
    assert WHY in site.plan(chosen)


def creations(plan: Sequence[Action]) -> dict[str, CreateFunction]:
    return {action.name: action for action in plan if isinstance(action, CreateFunction)}


def called(plan: Sequence[Action]) -> dict[str, str]:
    """The LAMBDA clause of each external function."""
    texts = [each for action in plan if isinstance(action, RunSql) for each in action.statements]
    found = ((each.subject.partition(".")[2], re.search(r"LAMBDA '([^']*)'", each.text)) for each in texts)
    return {name: match[1] for name, match in found if match}


@EACH
def test_after_a_deploy_the_plan_is_empty_and_a_removal_leaves_nothing(
    tmp_path: Path, settings: Settings, modules: Sequence[Module]
) -> None:
    site, chosen = a_site(tmp_path, settings, modules), scopes(modules=modules)
    assert site.deploy(chosen)
    assert site.plan(chosen) == ()
    site.remove(chosen)
    assert not any(site.world().values())
    assert not site.file.exists()


@EACH
@pytest.mark.parametrize("name", ["quadbin_polyfill", "quadbin_toparent", "quadbin_twice"])
def test_a_selection_leaves_the_others_as_they_were(
    tmp_path: Path, settings: Settings, modules: Sequence[Module], name: str
) -> None:
    site = a_site(tmp_path, settings, modules)
    others = scopes("h3", *({"quadbin_polyfill", "quadbin_toparent"} - {name}), modules=modules)
    site.deploy(others)
    before = site.world()
    site.deploy(scopes(name, modules=modules))
    site.remove(scopes(name, modules=modules))
    # Push has made a repository for every image; that of an image which nobody runs any more goes too.
    assert {part: held for part, held in site.world().items() if part not in ("repositories", "images")} == {
        part: held for part, held in before.items() if part not in ("repositories", "images")
    }
    assert site.plan(others) == ()


def test_each_function_calls_a_lambda_of_its_own_with_its_own_memory(tmp_path: Path) -> None:
    plan = a_site(tmp_path, PER_FUNCTION, (QUADBIN,)).plan(scopes(modules=(QUADBIN,)))
    made = creations(plan)
    assert {name: (each.memory_size, each.timeout) for name, each in made.items()} == {
        "carto-at-quadbin_polyfill": (1024, 60),
        "carto-at-quadbin_toparent": (512, 30),
    }
    assert len({each.image for each in made.values()}) == 1
    assert called(plan) == {
        "quadbin_polyfill_external": "carto-at-quadbin_polyfill",
        "quadbin_toparent": "carto-at-quadbin_toparent",
    }


def test_a_function_that_asks_for_its_own_takes_its_memory_out_of_the_modules(tmp_path: Path) -> None:
    plan = a_site(tmp_path, WITH_REDSHIFT, (ALONE,)).plan(scopes(modules=(ALONE,)))
    assert {name: each.memory_size for name, each in creations(plan).items()} == {
        "carto-at-quadbin": 512,
        "carto-at-quadbin_polyfill": 1024,
    }


def test_a_split_module_calls_a_lambda_for_each_image(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (SPLIT,))
    plan = site.plan(scopes(modules=(SPLIT,)))
    made = creations(plan)
    assert {name: each.image for name, each in made.items()} == {
        "carto-at-quadbin": site.images["quadbin"].reference,
        "carto-at-quadbin-2": site.images["quadbin-2"].reference,
    }
    assert called(plan)["quadbin_toparent"] == "carto-at-quadbin-2"
    # Still one transaction: the module is one.
    assert len([action for action in plan if isinstance(action, RunSql)]) == 1


def test_a_part_without_selected_functions_needs_no_image(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (SPLIT,))
    del site.images["quadbin-2"]
    assert set(creations(site.deploy(scopes("quadbin_polyfill", modules=(SPLIT,))))) == {"carto-at-quadbin"}


def test_the_repository_stays_as_long_as_any_lambda_runs_its_image(tmp_path: Path) -> None:
    site = a_site(tmp_path, PER_FUNCTION, (QUADBIN,))
    site.deploy(scopes(modules=(QUADBIN,)))
    first = site.remove(scopes("quadbin_twice", "quadbin_polyfill", modules=(QUADBIN,)))
    assert [each.name for each in first if isinstance(each, DeleteFunction)] == ["carto-at-quadbin_polyfill"]
    assert not [each for each in first if isinstance(each, DeleteRepository)]
    second = site.remove(scopes("quadbin_toparent", modules=(QUADBIN,)))
    assert [each.name for each in second if isinstance(each, DeleteRepository)] == ["carto-at-quadbin"]


def test_a_removal_takes_the_lambdas_of_the_mode_that_was_before(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (QUADBIN,))
    site.deploy(scopes(modules=(QUADBIN,)))
    site.settings = PER_FUNCTION
    site.deploy(scopes(modules=(QUADBIN,)))
    assert len(site.cloud.functions.held) == 3
    site.remove(scopes(modules=(QUADBIN,)))
    assert not any(site.world().values())


def test_lambdas_of_one_module_are_made_side_by_side_and_before_its_sql(tmp_path: Path) -> None:
    plan = a_site(tmp_path, PER_FUNCTION, (QUADBIN,)).plan(scopes(modules=(QUADBIN,)))
    needs = schedule.needs(plan)
    made = [place for place, action in enumerate(plan) if isinstance(action, CreateFunction)]
    (sql,) = (place for place, action in enumerate(plan) if isinstance(action, RunSql))
    assert not needs[made[1]] & set(made)
    assert set(made) <= needs[sql]


def test_status_has_a_row_for_each_lambda(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (ALONE,))
    chosen = scopes(modules=(ALONE,))
    site.deploy(chosen)
    rows = standing(chosen, site.images, site.settings, site.observe(chosen))
    # quadbin_toparent and the native quadbin_twice; quadbin_polyfill alone.
    assert [(row.module, row.function, row.lock, row.sql) for row in rows] == [
        ("quadbin", "carto-at-quadbin", "same", "2 of 2"),
        ("quadbin", "carto-at-quadbin_polyfill", "same", "1 of 1"),
    ]


def test_a_removal_says_which_lambda_stays_and_for_whom(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT, (SPLIT,))
    site.deploy(scopes(modules=(SPLIT,)))
    part = scopes("quadbin_toparent", modules=(SPLIT,))
    said = remarks(part, site.settings, site.observe(part, removal=True), removal=True)
    assert [text.partition(",")[0] for text in said] == ["carto-at-quadbin stays"]
