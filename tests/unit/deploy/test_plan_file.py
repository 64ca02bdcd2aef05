"""A plan in a file: carried out as it is, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest

from builder.adapters.fake_registry import IDENTITY
from builder.core.catalog.selection import Gone
from builder.core.config.settings import Connection
from builder.core.deploy import plan_file
from builder.core.deploy.actions import Action, RunSql
from builder.core.deploy.plan_schema import json_schema
from builder.errors import StaleError, UsageError
from builder.model import Catalog, Statement
from tests.unit.deploy.cloud import H3, LAMBDA_ONLY, PARENT, POLYFILL, SIBLINGS, WITH_REDSHIFT, Site, lock, scopes
from tests.unit.deploy.test_explain import plans

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "plan.schema.json"
CATALOG = Catalog(roots=("functions",), functions=(H3, POLYFILL, PARENT, SIBLINGS))


def a_plan(site: Site, actions: Sequence[Action] | None = None) -> plan_file.PlanFile:
    planned = site.plan(scopes()) if actions is None else actions
    return plan_file.of(planned, scopes(), site.settings, IDENTITY)


def stale(old: plan_file.PlanFile, new: plan_file.PlanFile) -> list[str]:
    with pytest.raises(StaleError) as caught:
        plan_file.refuse_stale(old, new, where="plan.json")
    return [problem.what for problem in caught.value.problems]


def test_the_committed_schema_is_that_of_the_actions() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json_schema(), "write it again: builder schema plan > docs/plan.schema.json"
    jsonschema.Draft202012Validator.check_schema(committed)
    assert {action.__name__ for action in get_args(Action)} <= set(committed["$defs"])


def test_every_kind_of_action_is_valid_in_a_file(tmp_path: Path) -> None:
    data = a_plan(Site(tmp_path), plans(tmp_path)).model_dump()
    jsonschema.validate(data, json_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "change",
    [{"action": "burn_down"}, {"surprise": 1}, {"trust": "{}"}, {"tags": [{"key": "a"}]}, {"name": None}],
    ids=str,
)
def test_the_schema_refuses_what_no_action_is(site: Site, change: dict[str, Any]) -> None:
    data = a_plan(site).model_dump()
    assert data["actions"][0]["action"] == "create_role"
    data["actions"][0] |= change
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(data)


def test_what_is_written_is_read_again_and_is_what_would_be_planned_now(site: Site, tmp_path: Path) -> None:
    plan = a_plan(site)
    plan_file.write(tmp_path / "out" / "plan.json", plan)
    again = plan_file.read(tmp_path / "out" / "plan.json")
    assert again == plan
    plan_file.refuse_stale(again, a_plan(site), where="plan.json")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["plan.json"]


def test_the_same_plan_is_the_same_bytes(site: Site, tmp_path: Path) -> None:
    for name in ("one", "two"):
        plan_file.write(tmp_path / name, a_plan(site))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_plan_is_refused_once_it_was_carried_out(site: Site) -> None:
    plan = a_plan(site)
    site.deploy(scopes())
    assert "create_function carto-at-h3 is in the plan, and would not be done now" in stale(plan, a_plan(site))


def test_a_plan_is_refused_when_another_image_was_pushed_meanwhile(site: Site) -> None:
    plan = a_plan(site)
    site.images = lock(build=2)
    site.push()
    said = stale(plan, a_plan(site))
    assert "create_function carto-at-h3 would not be the same now: image, tags" in said


def test_a_plan_is_refused_when_somebody_changed_the_world(site: Site) -> None:
    site.deploy(scopes())
    site.images = lock(build=2)
    site.push()
    plan = a_plan(site)
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], memory_size=128)
    assert stale(plan, a_plan(site)) == [
        "update_function_configuration carto-at-h3 is not in the plan, and would be done now"
    ]


def test_a_plan_for_other_settings_says_which(site: Site) -> None:
    plan = a_plan(site)
    site.settings = replace(WITH_REDSHIFT, schema="carto")
    here = "redshift.example.com:5439/dev"
    assert stale(plan, a_plan(site)) == [f"the plan is for place {here}/dev_carto, these settings are for {here}/carto"]
    site.settings = LAMBDA_ONLY
    assert stale(plan, a_plan(site)) == [f"the plan is for place {here}/dev_carto, these settings are for lambda"]


def test_the_functions_of_the_file_are_selected_and_no_others(site: Site) -> None:
    actions = site.plan(scopes("quadbin_polyfill"))
    plan = plan_file.of(actions, scopes("quadbin_polyfill"), site.settings, IDENTITY)
    assert plan_file.selected(plan, CATALOG, where="plan.json").functions == (POLYFILL,)


def test_a_function_that_the_catalogue_has_lost_makes_the_plan_stale(site: Site) -> None:
    with pytest.raises(StaleError) as caught:
        plan_file.selected(a_plan(site), replace(CATALOG, functions=(POLYFILL, PARENT, SIBLINGS)), where="plan.json")
    assert [problem.what for problem in caught.value.problems] == ["the plan has function h3_center, module h3 has not"]


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "actions": 3}', "\udcff"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UsageError) as caught:
        plan_file.read(tmp_path / "plan.json")
    assert caught.value.problems[0].where == str(tmp_path / "plan.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        plan_file.read(tmp_path / "plan.json")


def test_no_setting_that_is_secret_gets_into_a_plan(site: Site) -> None:
    warehouse = WITH_REDSHIFT.warehouse
    assert isinstance(warehouse, Connection)
    secret = type(warehouse.password)("planted-secret")
    site.settings = replace(
        WITH_REDSHIFT,
        warehouse=replace(warehouse, user="deployer", password=secret),
        aws=replace(WITH_REDSHIFT.aws, access_key_id="AKIAPLANTED", secret_access_key=secret, session_token=secret),
    )
    text = a_plan(site).model_dump_json()
    assert "planted-secret" not in text
    assert "AKIAPLANTED" not in text


GONE = Gone(functions=frozenset({"old"}), modules=frozenset({"maps"}))


def test_a_file_says_what_was_asked_to_be_taken_away(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan_file.write(file, plan_file.of((), (), site.settings, IDENTITY, gone=GONE, remove_replaced=True))
    plan = plan_file.read(file)
    assert (plan.prune, plan.remove_replaced) == (False, True)
    chosen = plan_file.selected(plan, CATALOG, where="plan.json")
    # No function is named: that is none, not all.
    assert (chosen.functions, chosen.modules, chosen.gone) == ((), (), GONE)


def test_a_function_that_is_back_in_the_catalogue_makes_its_removal_stale(site: Site) -> None:
    gone = Gone(functions=frozenset({H3.name}), modules=frozenset({"quadbin"}))
    plan = plan_file.of((), (), site.settings, IDENTITY, gone=gone)
    with pytest.raises(StaleError) as caught:
        plan_file.selected(plan, CATALOG, where="plan.json")
    assert [problem.what for problem in caught.value.problems] == [
        "the plan takes function h3_center away, the catalogue has it",
        "the plan takes module quadbin away, the catalogue has it",
    ]


def test_two_transactions_of_one_module_are_two_actions(site: Site) -> None:
    made = RunSql(module="m", schema="s", changes=(), statements=())
    gone = RunSql(module="m", schema="s", changes=(), statements=(Statement(subject="f", text="DROP"),))
    assert stale(a_plan(site, (made, gone)), a_plan(site, (gone, gone))) == [
        "run_sql m s would not be the same now: statements"
    ]


def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    plan_file.refuse_place(tmp_path / "x.json")
    with pytest.raises(UsageError, match="there is no folder"):
        plan_file.refuse_place(tmp_path / "nodir" / "x.json")
    assert list(tmp_path.iterdir()) == []
