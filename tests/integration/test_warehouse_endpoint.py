"""The rendered SQL and the adapter against the local Redshift endpoint; Lambda is answered in memory.

The endpoint reads grammar and types by code of its own: what it makes of our statements is a second opinion on them.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builder.adapters.warehouse import RedshiftWarehouse, connect
from builder.cli import run
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.config.settings import Secret, Settings, Warehouse
from builder.core.deploy import sql_script
from builder.core.sql import statements as sql
from builder.errors import WarehouseError
from builder.local.calls.invoker import FakeInvoker, rowwise
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.server import Server
from builder.local.wire.session import Credentials
from builder.model import Function, Parameter, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/invoke"
SETTINGS = Settings(invoke_role=ROLE)
TYPES = ("VARCHAR(MAX)", "INTEGER", "BIGINT", "BOOLEAN", "REAL", "DOUBLE PRECISION", "SUPER", "VARBYTE")


def echoed(*row: Any) -> str:
    return json.dumps(row)


@pytest.fixture(scope="module")
def place() -> Iterator[Warehouse]:
    engine = Engine(database=open_database(None), invoker=FakeInvoker({"carto-at-demo": rowwise(echoed)}))
    server = Server(engine=engine, credentials=Credentials(user="awsuser", password="hunter2"), port=0)
    thread = server.start()
    host, port = server.address
    yield Warehouse(host=host, port=port, user="awsuser", password=Secret("hunter2"), ssl=False)
    server.close()
    thread.join()
    engine.close()


@pytest.fixture
def warehouse(place: Warehouse) -> Iterator[RedshiftWarehouse]:
    with connect(place) as session:
        yield session


def test_the_whole_catalogue_is_made_seen_and_taken_away_again(warehouse: RedshiftWarehouse) -> None:
    catalog = open_catalog(("functions",), PROJECT)
    modules = group(catalog, catalog.functions)
    for transaction in sql_script.creations(modules, SETTINGS):
        warehouse.run(transaction.statements)

    state = warehouse.observe("carto", place="here")
    assert state.schema_exists
    assert set(state.routines) == {each for function in catalog.functions for each in sql.routines(function)}

    for transaction in sql_script.creations(modules, SETTINGS):
        warehouse.run(transaction.statements)
    assert warehouse.functions_in("carto") == state.routines

    for transaction in sql_script.removals(modules, SETTINGS):
        warehouse.run(transaction.statements)
    assert warehouse.observe("carto", place="here").routines == ()

    warehouse.run([sql.drop_schema("carto")])
    assert not warehouse.observe("carto", place="here").schema_exists


def test_values_of_every_type_cross_to_the_lambda_and_back(warehouse: RedshiftWarehouse) -> None:
    function = Function(
        name="echo",
        module="demo",
        root="functions/demo/echo",
        kind="lambda",
        parameters=tuple(Parameter(name=f"p{n}", type=each) for n, each in enumerate(TYPES)),
        returns="SUPER",
    )
    target = sql.Target(schema="types", lambda_reference="carto-at-demo", iam_role=ROLE)
    warehouse.run([sql.create_schema("types"), *sql.create(function, target)])

    answer = warehouse.query(
        "SELECT types.echo('it''s ø', 7, 9223372036854775807, true, 0.5::real, 0.1::double precision,"
        " JSON_PARSE('{\"a\": [1, null]}'), TO_VARBYTE('00ff', 'hex'))"
    )

    # The table in docs/architecture.md: floats as their shortest text, SUPER as JSON, VARBYTE in hexadecimal.
    expected = ["it's ø", 7, 9223372036854775807, True, "0.5", "0.1", '{"a":[1,null]}', "00ff"]
    assert json.loads(answer.rows[0][0]) == expected


@pytest.mark.parametrize("schema", ['a"b', "a'b", "a; DROP SCHEMA public; --", "a$$b"])
def test_a_strange_schema_is_just_a_name(warehouse: RedshiftWarehouse, schema: str) -> None:
    function = Function(name="f", module="demo", root="r", kind="lambda", parameters=(), returns="INTEGER")
    target = sql.Target(schema=schema, lambda_reference="carto-at-demo", iam_role=ROLE)

    warehouse.run([sql.create_schema(schema), *sql.create(function, target)])
    assert [routine.name for routine in warehouse.functions_in(schema)] == ["f"]

    warehouse.run([*sql.drop(function, schema=schema), sql.drop_schema(schema)])
    assert not warehouse.observe(schema, place="here").schema_exists


def test_a_transaction_that_fails_leaves_no_schema_and_no_function(warehouse: RedshiftWarehouse) -> None:
    statements = [sql.create_schema("half"), Statement(subject="half.f", text="DROP FUNCTION half.f (INTEGER)")]

    with pytest.raises(WarehouseError) as caught:
        warehouse.run(statements)

    (problem,) = caught.value.problems
    assert problem.where == "half.f"
    assert "[42883] (statement 2 of 2, nothing has been changed)" in problem.what
    assert not warehouse.observe("half", place="here").schema_exists


def test_another_return_type_is_refused_until_the_function_is_dropped(warehouse: RedshiftWarehouse) -> None:
    function = Function(name="f", module="demo", root="r", kind="sql", parameters=(), returns="INTEGER", sql="SELECT 1")
    target = sql.Target(schema="types", lambda_reference="carto-at-demo", iam_role=ROLE)
    warehouse.run([sql.create_schema("types"), *sql.create(function, target)])
    changed = replace(function, returns="BIGINT", sql="SELECT 1::bigint")

    with pytest.raises(WarehouseError, match="42P13"):
        warehouse.run(sql.create(changed, target))
    warehouse.run([*sql.drop(function, schema="types"), *sql.create(changed, target)])

    assert [routine.returns for routine in warehouse.functions_in("types") if routine.name == "f"] == ["bigint"]


@pytest.mark.parametrize(
    ("change", "code", "hint"),
    [
        ({"password": Secret("wrong")}, "28000", "RS_PASSWORD"),
        ({"user": "nobody"}, "28000", "RS_USER"),
        ({"database": "nowhere"}, "3D000", "RS_DATABASE"),
    ],
)
def test_a_refused_session_says_which_setting(place: Warehouse, change: dict[str, Any], code: str, hint: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        connect(replace(place, **change))

    assert f"[{code}]" in caught.value.problems[0].what
    assert hint in caught.value.problems[0].hint
    assert "hunter2" not in str(caught.value)


def test_a_server_without_tls_names_the_setting(place: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="RS_SSL=false"):
        connect(replace(place, ssl=True))


@pytest.fixture
def configured(place: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    told = {"HOST": place.host, "PORT": place.port, "USER": place.user, "PASSWORD": "hunter2", "SSL": "false"}
    for name, value in told.items():
        monkeypatch.setenv(f"RS_{name}", str(value))
    return tmp_path


def test_query_prints_a_table(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(configured), "query", "SELECT 1 AS one, NULL::int AS nothing, 'a [b]' AS text"]) == 0

    captured = capsys.readouterr()
    assert [line.split() for line in captured.out.splitlines()] == [
        ["one", "nothing", "text"],
        ["1", "NULL", "a", "[b]"],
    ]
    assert captured.err.startswith("1 row in ")


def test_query_reads_several_statements_from_standard_input(
    configured: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "CREATE TABLE public.t (a int, b decimal(9,2)); INSERT INTO public.t VALUES (1, 0.10); SELECT * FROM public.t;"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    assert run(["--project", str(configured), "query", "-", "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out) == [[], [], [{"a": 1, "b": "0.10"}]]


def test_a_query_that_fails_exits_with_the_warehouses_code(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--project", str(configured), "query", "SELECT * FROM no_such_table"]) == 7

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "[42P01]" in captured.err
