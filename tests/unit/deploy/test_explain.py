"""Every action can be told, and told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest

from builder.core.config.rollout import Rollout
from builder.core.deploy import actions, explain
from builder.core.deploy.actions import Action, Note, PutRolePolicy, RunSql, SqlChange
from builder.core.deploy.plan import destroys
from builder.model import Config, Routine
from tests.unit.deploy.cloud import (
    H3,
    H3_MODULE,
    LAMBDA_ONLY,
    PARENT,
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
    from pathlib import Path

EVERY = get_args(Action)
GIVEN = "arn:aws:iam::123456789012:role/given"
ROUTINE = Routine(name="f", arguments=("bigint",), returns="bigint")


def plans(folder: Path) -> list[Action]:
    """Plans of all that can happen to a site, between them every kind of action."""
    found: list[Action] = []
    site = Site(folder, settings=WITH_CLUSTER)
    site.push()
    found += site.deploy(scopes())
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(
        held["carto-at-h3"], state="Pending", memory_size=128, image="x@sha256:0", tags=held["carto-at-h3"].tags[:2]
    )
    role = site.cloud.roles.held["CartoATRedshiftInvokeRole"]
    site.cloud.roles.held[role.name] = replace(role, trust="{}")
    found += site.plan(scopes())
    part = replace(QUADBIN, group="2", reason="they exclude one another")
    site.images |= lock(modules=(replace(QUADBIN, parts=(part,)),))
    site.push()
    found += site.plan(scopes(modules=(replace(QUADBIN, parts=(part,)),)))
    held["carto-at-h3"] = replace(held["carto-at-h3"], state="Active", principals=(GIVEN,))
    found += site.plan(scopes())
    site.settings = replace(WITH_REDSHIFT, invoke_role=GIVEN)
    found += site.plan(scopes("quadbin"))
    repositories = site.cloud.repositories
    repositories.held["carto-at-h3"] = replace(repositories.held["carto-at-h3"], mutability="MUTABLE")
    del repositories.held["carto-at-quadbin"]
    site.cloud.images.digests = {name: each.digest for name, each in site.images.items()}
    site.images = {name: replace(each, repository="") for name, each in site.images.items()}
    site.settings = replace(LAMBDA_ONLY, image_accounts=("210987654321",))
    found += site.plan(scopes())
    site.images = lock()
    site.settings = replace(WITH_CLUSTER, rollout=Rollout(alias=True))
    asking = replace(H3, config=Config(log_retention=30, reserved_concurrency=1, provisioned_concurrency=1))
    found += site.plan(scopes(modules=(replace(H3_MODULE, functions=(asking,)),)))
    site.settings = WITH_CLUSTER
    found += site.plan_removal(scopes())
    return found


def test_the_plans_hold_every_kind_of_action(tmp_path: Path) -> None:
    assert {type(action) for action in plans(tmp_path)} == set(EVERY)


def test_every_action_has_a_sign_a_title_and_data(tmp_path: Path) -> None:
    for action in plans(tmp_path):
        assert explain.sign(action) in "+~-."
        assert explain.title(action)
        (data,) = json.loads(json.dumps(explain.data([action])))
        assert data["action"] == explain.kind(action)
        assert set(data) - {"action"} == set(vars(action))


def test_titles_tell_the_actions_of_a_plan_apart(site: Site) -> None:
    titles = [explain.title(action) for action in site.plan(scopes())]
    assert len(titles) == len(set(titles))


def test_an_empty_plan_says_so() -> None:
    assert explain.text(()) == "nothing to do"
    assert explain.data(()) == []


def test_a_function_that_is_made_after_the_drop_of_another_signature_is_created(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.push()
    site.deploy(scopes())
    longer = with_function(QUADBIN, replace(PARENT, parameters=PARENT.parameters[:1]))
    said = explain.text(site.plan(scopes("quadbin_toparent", modules=(longer,))))
    assert "    drop  quadbin_toparent(bigint, integer)\n    create  quadbin_toparent(bigint)\n" in said
    assert "replace" not in said


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        (SqlChange(function="f", old=None, new="n", signatures=(ROUTINE,)), "+"),
        (SqlChange(function="f", old="o", new="n", signatures=(ROUTINE,)), "~"),
        (SqlChange(function="f", old=None, new="n", dropped=(ROUTINE,), signatures=(ROUTINE,)), "~"),
        (SqlChange(function="f", old="o", new=None, dropped=(ROUTINE,)), "-"),
    ],
)
def test_sql_is_made_changed_or_taken_away(change: SqlChange, sign: str) -> None:
    action = RunSql(module="m", schema="s", changes=(change,), statements=())
    assert explain.sign(action) == sign
    assert destroys(action) == bool(change.dropped)


def test_a_policy_is_made_or_changed() -> None:
    assert explain.sign(PutRolePolicy(role="r", policy="p", old=None, new="{}")) == "+"
    assert explain.sign(PutRolePolicy(role="r", policy="p", old="{}", new="{}")) == "~"


def test_only_what_takes_away_asks_first(site: Site) -> None:
    assert not any(destroys(action) for action in site.deploy(scopes()))
    site.images = lock(build=2)
    site.push()
    assert not any(destroys(action) for action in site.deploy(scopes()))
    native = a_function("quadbin_twice", "quadbin", ("BIGINT", "BIGINT"), kind="sql", sql="SELECT $1 * $2")
    assert any(destroys(action) for action in site.plan(scopes(modules=(with_function(QUADBIN, native),))))
    kept = tuple(action for action in site.plan_removal(scopes()) if not destroys(action))
    assert kept == ()


def test_the_receipt_for_people_names_what_stands(site: Site) -> None:
    site.deploy(scopes())
    lines = explain.receipt(site.receipt).splitlines()
    assert lines[0] == "account 123456789012, Region eu-west-1, prefix carto-at-"
    assert "function:carto-at-h3" in lines[3]
    assert lines[-1] == "functions 4 in redshift.example.com:5439/dev/dev_carto"


def test_a_note_changes_nothing_in_the_world() -> None:
    assert explain.sign(Note(module="m", remember=("f",))) == "."


def test_every_class_of_the_module_that_is_an_action_is_in_the_union() -> None:
    parts = {"Change", "Tag", "SqlChange", "NoBranchError"}
    classes = {
        name
        for name, value in vars(actions).items()
        if isinstance(value, type) and value.__module__ == actions.__name__
    }
    assert classes - parts == {kind.__name__ for kind in EVERY}
