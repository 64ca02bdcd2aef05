"""The planner: golden plans, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from builder.core.config.rollout import Rollout
from builder.core.deploy import explain
from builder.core.deploy.actions import (
    AwaitFunction,
    Change,
    CreateFunction,
    DeleteFunction,
    GoLive,
    GrantInvoke,
    PutRolePolicy,
    RevokeInvoke,
    RunSql,
    Tag,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.errors import AwsError, BuildError, CatalogError, SettingsError
from builder.model import Module, Routine
from tests.unit.deploy.cloud import (
    H3_MODULE,
    LAMBDA_ONLY,
    PARENT,
    POLYFILL,
    QUADBIN,
    WITH_REDSHIFT,
    Site,
    a_function,
    image,
    lock,
    scopes,
    with_function,
)

GOLDEN = Path(__file__).parent / "golden"
GIVEN = "arn:aws:iam::123456789012:role/given"


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def test_the_plan_of_a_first_deploy(site: Site) -> None:
    assert explain.text(site.plan(scopes())) + "\n" == golden("first_deploy.txt")


def test_the_plan_of_a_first_deploy_for_programs(site: Site) -> None:
    found = json.loads(json.dumps(explain.data(site.plan(scopes("h3")))))
    # The statements have golden files of their own, beside their templates' tests.
    assert [statement["subject"] for statement in found[-1].pop("statements")] == [
        "dev_carto.h3_center_external",
        "dev_carto.h3_center",
    ]
    assert found[-1]["changes"][0].pop("new").startswith("sha256:")
    assert found == json.loads(golden("first_deploy_h3.json"))


def test_the_plan_of_a_removal(site: Site) -> None:
    site.deploy(scopes())
    assert explain.text(site.plan_removal(scopes())) + "\n" == golden("removal.txt")


def test_the_same_inputs_give_the_same_plan_whatever_the_order_of_the_lock(site: Site) -> None:
    first = site.plan(scopes())
    site.images = dict(reversed(site.images.items()))
    assert site.plan(scopes()) == first


def test_the_lambda_gets_the_most_that_a_function_asks_or_relies_on(site: Site) -> None:
    # 1024 MB are asked by one; 60 s are the default that the function without a time-out relies on.
    (creation,) = (action for action in site.plan(scopes("quadbin")) if isinstance(action, CreateFunction))
    assert (creation.memory_size, creation.timeout) == (1024, 60)


def test_a_part_of_a_module_gets_the_same_lambda_as_the_whole(site: Site) -> None:
    part = [action for action in site.plan(scopes("quadbin_toparent")) if isinstance(action, CreateFunction)]
    whole = [action for action in site.plan(scopes("quadbin")) if isinstance(action, CreateFunction)]
    assert part == whole


def test_changed_memory_and_image_are_changed_in_the_order_that_lambda_asks_for(site: Site) -> None:
    site.deploy(scopes())
    site.images = lock(build=2)
    site.push()
    bigger = with_function(QUADBIN, replace(POLYFILL, config=replace(POLYFILL.config, memory_size=2048)))
    plan = site.plan(scopes("quadbin", modules=(bigger,)))
    trial, configuration, code, tags, live = plan
    assert isinstance(trial, TryImage)
    assert (trial.creation.name, trial.creation.memory_size) == ("carto-at-quadbin--trial", 2048)
    assert trial.creation.image == image(QUADBIN, build=2).reference
    assert isinstance(configuration, UpdateFunctionConfiguration)
    assert configuration.changes == (Change(field="memory_size", old="1024", new="2048"),)
    assert isinstance(code, UpdateFunctionCode)
    assert (code.old, code.new) == (image(QUADBIN).reference, image(QUADBIN, build=2).reference)
    assert isinstance(tags, TagFunction)
    assert [change.field for change in tags.changes] == ["content-hash"]
    assert isinstance(live, GoLive)
    assert (live.alias, live.old, live.tested) == ("live", "1", True)


def test_where_sql_calls_the_alias_nothing_is_tried_apart_and_sql_names_the_alias(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(alias=True))
    first = site.deploy(scopes("h3"))
    (sql,) = (action for action in first if isinstance(action, RunSql))
    assert "LAMBDA 'carto-at-h3:live'" in sql.statements[0].text
    site.images = lock(build=2)
    site.push()
    assert [type(action) for action in site.plan(scopes("h3"))] == [UpdateFunctionCode, TagFunction, GoLive]


def test_without_the_question_nothing_is_tried_and_the_plan_says_so(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(smoke=False))
    site.deploy(scopes("h3"))
    site.images = lock(build=2)
    site.push()
    plan = site.plan(scopes("h3"))
    assert [type(action) for action in plan] == [UpdateFunctionCode, TagFunction, GoLive]
    assert explain.text(plan).count("untested") == 1


def test_an_alias_that_lags_behind_is_moved_without_another_update(site: Site) -> None:
    site.deploy(scopes("h3"))
    for how in ({"memory_size": 128}, {"image": "x@sha256:0"}):
        versions = site.cloud.functions.versions["carto-at-h3"]
        good = versions["1"]
        versions["1"] = replace(good, **how)
        (live,) = site.plan(scopes("h3"))
        assert isinstance(live, GoLive)
        versions["1"] = good
    site.cloud.functions.aliases.clear()
    (live,) = site.plan(scopes("h3"))
    assert isinstance(live, GoLive)
    assert live.old is None


def test_digests_are_compared_and_not_hosts(site: Site) -> None:
    site.deploy(scopes())
    site.images = {
        name: replace(each, repository=f"registry.example.com/{each.repository.partition('/')[2]}")
        for name, each in site.images.items()
    }
    assert site.plan(scopes()) == ()


def test_a_role_that_somebody_changed_is_put_right(site: Site) -> None:
    site.deploy(scopes())
    role = site.cloud.roles.held["CartoATRedshiftInvokeRole"]
    site.cloud.roles.held[role.name] = replace(role, trust="{}", policies=(("invoke", "{}"),))
    trust, policy = site.plan(scopes())
    assert isinstance(trust, UpdateTrust)
    assert (trust.old, trust.new) == ("{}", role.trust)
    assert isinstance(policy, PutRolePolicy)
    assert (policy.old, policy.new) == ("{}", role.policy("invoke"))


def test_a_function_that_is_still_on_its_way_is_waited_for(site: Site) -> None:
    site.deploy(scopes("h3"))
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], state="Pending")
    assert site.plan(scopes("h3")) == (AwaitFunction(module="h3", name="carto-at-h3", state="Pending"),)


def test_a_failed_update_is_tried_again(site: Site) -> None:
    site.deploy(scopes("h3"))
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], last_update="Failed")
    assert [type(action) for action in site.plan(scopes("h3"))] == [TryImage, UpdateFunctionCode]


def test_a_failed_function_is_made_again(site: Site) -> None:
    site.deploy(scopes("h3"))
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], state="Failed")
    assert [type(action) for action in site.plan(scopes("h3"))] == [DeleteFunction, CreateFunction, GoLive]


def test_given_roles_are_used_and_never_changed(site: Site) -> None:
    site.settings = replace(
        WITH_REDSHIFT, execution_role=GIVEN, invoke_role=f"arn:aws:iam::210987654321:role/first,{GIVEN}"
    )
    site.cloud.roles.given.add(GIVEN)
    plan = site.deploy(scopes("h3"))
    assert [type(action).__name__ for action in plan] == [
        "CreateFunction",
        "GoLive",
        "GrantInvoke",
        "CreateSchema",
        "RunSql",
    ]
    assert site.cloud.functions.held["carto-at-h3"].role == GIVEN
    assert site.cloud.functions.held["carto-at-h3"].principals == (GIVEN,)
    assert site.cloud.roles.held == {}
    assert site.plan(scopes("h3")) == ()
    site.remove(scopes())
    assert GIVEN in site.cloud.roles.given


def test_another_invoke_role_replaces_the_permission_of_the_first(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, invoke_role=GIVEN)
    site.deploy(scopes("h3"))
    site.settings = replace(WITH_REDSHIFT, invoke_role=f"{GIVEN}2")
    grant, recreated = site.plan(scopes("h3"))
    assert grant == GrantInvoke(module="h3", name="carto-at-h3", old=GIVEN, new=f"{GIVEN}2")
    assert isinstance(recreated, RunSql)


def test_a_role_of_our_own_in_place_of_a_given_one_takes_the_permission_back(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, invoke_role=GIVEN)
    site.deploy(scopes("h3"))
    site.settings = WITH_REDSHIFT
    plan = site.plan(scopes("h3"))
    assert RevokeInvoke(module="h3", name="carto-at-h3", old=GIVEN) in plan


def test_a_dropped_sql_function_is_made_again(site: Site) -> None:
    site.deploy(scopes())
    del site.cloud.warehouse.routines["dev_carto", "quadbin_twice", ("bigint",)]
    (plan,) = site.plan(scopes())
    assert isinstance(plan, RunSql)
    assert [change.function for change in plan.changes] == ["quadbin_twice"]


def test_changed_arguments_drop_the_overload_that_they_leave_behind(site: Site) -> None:
    site.deploy(scopes())
    native = a_function("quadbin_twice", "quadbin", ("BIGINT", "BIGINT"), kind="sql", sql="SELECT $1 * $2")
    wider = with_function(QUADBIN, native)
    (plan,) = site.plan(scopes("quadbin_twice", modules=(wider,)))
    assert isinstance(plan, RunSql)
    assert [statement.text.split()[0] for statement in plan.statements] == ["DROP", "CREATE"]
    site.deploy(scopes("quadbin_twice", modules=(wider,)))
    found = [routine for routine in site.cloud.warehouse.functions_in("dev_carto") if routine.name == native.name]
    assert found == [Routine(name="quadbin_twice", arguments=("bigint", "bigint"), returns="bigint")]


def test_another_return_type_is_a_drop_and_a_create_in_one_transaction(site: Site) -> None:
    site.deploy(scopes())
    other = with_function(QUADBIN, replace(PARENT, returns="VARCHAR(MAX)"))
    (plan,) = site.plan(scopes("quadbin_toparent", modules=(other,)))
    assert isinstance(plan, RunSql)
    assert [statement.text.split()[0] for statement in plan.statements] == ["DROP", "CREATE"]
    site.deploy(scopes("quadbin_toparent", modules=(other,)))
    assert site.plan(scopes("quadbin_toparent", modules=(other,))) == ()


def test_without_redshift_only_lambda_functions_are_planned(site: Site) -> None:
    site.settings = LAMBDA_ONLY
    kinds = [explain.kind(action) for action in site.plan(scopes())]
    assert kinds == ["create_role", "put_role_policy", *(["create_function", "go_live"] * 2), "note", "note"]


def test_sql_functions_alone_need_no_image_and_no_role(site: Site) -> None:
    native = Module(name="math", functions=(a_function("twice", "math", kind="sql", sql="SELECT $1 * 2"),))
    kinds = [explain.kind(action) for action in site.plan(scopes(modules=(native,)))]
    assert kinds == ["create_schema", "run_sql"]


def test_all_images_that_are_missing_are_named_at_once_with_what_to_do(site: Site) -> None:
    site.images = {"h3": replace(image(H3_MODULE, build=9))}
    with pytest.raises(BuildError) as caught:
        site.plan(scopes())
    assert [(problem.where, problem.hint) for problem in caught.value.problems] == [
        ("h3", "builder push --modules h3"),
        ("quadbin", "builder build --modules quadbin"),
    ]


def test_an_image_that_was_never_pushed_is_refused(site: Site) -> None:
    site.images = {"h3": replace(image(H3_MODULE), repository="")}
    with pytest.raises(BuildError, match="not in a registry"):
        site.plan(scopes("h3"))


def test_an_image_that_was_built_without_a_function_is_refused(site: Site) -> None:
    site.images["quadbin"] = replace(image(QUADBIN), functions=("quadbin_polyfill",))
    with pytest.raises(BuildError, match="built without quadbin_toparent"):
        site.plan(scopes("quadbin"))


def test_what_is_not_ours_is_never_taken_over(site: Site) -> None:
    site.deploy(scopes("h3"))
    functions, roles = site.cloud.functions.held, site.cloud.roles.held
    functions["carto-at-h3"] = replace(functions["carto-at-h3"], tags=(Tag(key="team", value="maps"),))
    roles["CartoATRedshiftInvokeRole"] = replace(roles["CartoATRedshiftInvokeRole"], tags=())
    with pytest.raises(AwsError) as caught:
        site.plan(scopes("h3"))
    assert [problem.where for problem in caught.value.problems] == ["carto-at-h3", "CartoATRedshiftInvokeRole"]
    assert [explain.kind(action) for action in site.plan_removal(scopes())] == [
        "run_sql",
        "delete_repository",
        "delete_repository",
        "drop_schema",
    ]


def test_two_prefixes_that_make_one_role_name_do_not_share_the_role(site: Site) -> None:
    site.deploy(scopes("h3"))
    site.settings = replace(WITH_REDSHIFT, lambda_prefix="carto_at_")
    site.images = lock(prefix="carto_at_")
    site.push()
    with pytest.raises(AwsError, match="CartoATLambdaExecutionRole: a role of this name exists and is not ours"):
        site.plan(scopes("h3"))


def test_names_over_their_limits_are_refused_before_anything_is_made(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, lambda_prefix="p" * 62 + "-", schema="s" * 128)
    with pytest.raises(SettingsError) as caught:
        site.plan(scopes("quadbin"))
    # The function's name, the two roles' names, the schema's name.
    assert len(caught.value.problems) == 4
    assert site.cloud.faults.calls == []


def test_sql_that_cannot_be_written_is_reported_for_every_function(site: Site) -> None:
    broken = Module(
        name="math",
        functions=(
            a_function("a", "math", kind="sql", sql="SELECT $1; SELECT 2"),
            a_function("b", "math", kind="sql", sql="SELECT 'open"),
        ),
    )
    with pytest.raises(CatalogError) as caught:
        site.plan(scopes(modules=(broken,)))
    assert len({problem.where for problem in caught.value.problems}) == 2
