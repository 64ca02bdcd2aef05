"""The statements of a plan with other grantees, run by the local Redshift: its privileges bind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.core.deploy.actions import CreateSchema, RunSql
from builder.local.sqlstate import SqlError
from builder.model import Module
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, a_function, scopes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.local.client import Client

TWICE = Module(name="m", functions=(a_function("twice", "m", kind="sql", sql="SELECT $1 * 2"),))
CALL = "SELECT dev_carto.twice(2)"


def deploy(site: Site, client: Client, *grantees: str) -> None:
    site.settings = replace(WITH_REDSHIFT, grantees=grantees)
    for action in site.deploy(scopes(modules=(TWICE,))):
        if isinstance(action, (RunSql, CreateSchema)):
            for statement in action.statements:
                client.run(statement.text)


def call(client: Client, user: str) -> object:
    client.run(f"SET SESSION AUTHORIZATION {user}")
    try:
        return client.run(CALL)
    except SqlError as error:
        return error.message
    finally:
        if client.session.status == "E":
            client.session.rollback()
        client.run("SET SESSION AUTHORIZATION DEFAULT")


def test_who_is_taken_off_the_list_may_call_no_more(client: Client, tmp_path: Path) -> None:
    client.run("CREATE USER ana PASSWORD 'Secret123'; CREATE USER bob PASSWORD 'Secret123'")
    site = Site(tmp_path)
    deploy(site, client, "ana", "bob")
    assert [call(client, "ana"), call(client, "bob")] == [[("4",)], [("4",)]]
    deploy(site, client, "bob")
    assert [call(client, "ana"), call(client, "bob")] == ["permission denied for schema dev_carto", [("4",)]]
    client.run("GRANT USAGE ON SCHEMA dev_carto TO ana")
    assert call(client, "ana") == "permission denied for function twice"
    deploy(site, client)
    assert call(client, "ana") == [("4",)]
