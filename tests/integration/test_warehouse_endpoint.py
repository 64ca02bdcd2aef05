"""The rendered SQL and the adapter against the local Redshift endpoint; Lambda is answered in memory.

The endpoint reads grammar and types by code of its own: what it makes of our statements is a second opinion on them.
"""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builder.adapters.aws import Aws
from builder.adapters.connector import connect
from builder.adapters.data_api import DataApiSession, Watch
from builder.adapters.warehouse import enter
from builder.cli import run
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Connection, DataApi, Road, Secret, Settings
from builder.core.deploy import sql_script
from builder.core.sql import statements as sql
from builder.errors import AwsError, WarehouseError
from builder.local.calls.invoker import FakeInvoker, rowwise
from builder.local.data_api.start import front
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.server import Server
from builder.local.wire.session import Credentials
from builder.model import Function, Parameter, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.adapters.warehouse import Session

PROJECT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/invoke"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:redshift-AbCdEf"
SETTINGS = Settings(invoke_role=ROLE)
TYPES = ("VARCHAR(MAX)", "INTEGER", "BIGINT", "BOOLEAN", "REAL", "DOUBLE PRECISION", "SUPER", "VARBYTE")


def echoed(*row: Any) -> str:
    return json.dumps(row)


ROADS = (
    "password",
    "cluster user",
    "cluster identity",
    "workgroup identity",
    "workgroup password",
    "Data API user",
    "Data API cluster",
    "Data API workgroup",
    "Data API cluster secret",
    "Data API workgroup secret",
)


@pytest.fixture(scope="module")
def place() -> Iterator[Connection]:
    engine = Engine(database=open_database(None), invoker=FakeInvoker({"carto-at-demo": rowwise(echoed)}))
    credentials = Credentials(user="awsuser", password="hunter2")
    kept = {SECRET: json.dumps({"username": "awsuser", "password": "hunter2"})}
    web = front(engine, credentials, file=None, port=0, region="us-east-1", secret=kept.__getitem__)
    server = Server(engine=engine, credentials=credentials, port=0, http=web.serve)
    thread = server.start()
    host, port = server.address
    yield Connection(host=host, port=port, user="awsuser", password=Secret("hunter2"), ssl=False)
    server.close()
    web.close()
    thread.join()
    engine.close()


def roads(place: Connection) -> dict[str, Road]:
    """Every way to the same database."""
    by_iam = replace(place, user="", password=Secret(""))
    return {
        "password": place,
        "cluster user": replace(by_iam, cluster_identifier="local", user="awsuser"),
        "cluster identity": replace(by_iam, cluster_identifier="local"),
        "workgroup identity": replace(by_iam, workgroup="local"),
        "workgroup password": replace(place, workgroup="local"),
        "Data API user": DataApi(cluster_identifier="local", user="awsuser"),
        "Data API cluster": DataApi(cluster_identifier="local"),
        "Data API workgroup": DataApi(workgroup="local"),
        "Data API cluster secret": DataApi(cluster_identifier="local", secret_arn=SECRET),
        "Data API workgroup secret": DataApi(workgroup="local", secret_arn=SECRET),
    }


@pytest.fixture(scope="module")
def aws(place: Connection) -> Aws:
    url = f"http://{place.host}:{place.port}"
    keys = AwsSettings(region="us-east-1", access_key_id="test", secret_access_key=Secret("test"), endpoint_url=url)
    return Aws(Settings(aws=keys))


@pytest.fixture(params=ROADS)
def warehouse(place: Connection, aws: Aws, request: pytest.FixtureRequest) -> Iterator[Session]:
    with enter(roads(place)[request.param], lambda: aws) as session:
        yield session


def test_the_whole_catalogue_is_made_seen_and_taken_away_again(warehouse: Session) -> None:
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


def test_values_of_every_type_cross_to_the_lambda_and_back(warehouse: Session) -> None:
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
def test_a_strange_schema_is_just_a_name(warehouse: Session, schema: str) -> None:
    function = Function(name="f", module="demo", root="r", kind="lambda", parameters=(), returns="INTEGER")
    target = sql.Target(schema=schema, lambda_reference="carto-at-demo", iam_role=ROLE)

    warehouse.run([sql.create_schema(schema), *sql.create(function, target)])
    assert [routine.name for routine in warehouse.functions_in(schema)] == ["f"]

    warehouse.run([*sql.drop(function, schema=schema), sql.drop_schema(schema)])
    assert not warehouse.observe(schema, place="here").schema_exists


def test_a_transaction_that_fails_leaves_no_schema_and_no_function(warehouse: Session) -> None:
    statements = [sql.create_schema("half"), Statement(subject="half.f", text="DROP FUNCTION half.f (INTEGER)")]

    with pytest.raises(WarehouseError) as caught:
        warehouse.run(statements)

    (problem,) = caught.value.problems
    assert problem.where == "half.f"
    assert "(statement 2 of 2, none of this SQL has happened)" in problem.what
    assert "DROP FUNCTION half.f (INTEGER)" in problem.what
    assert not warehouse.observe("half", place="here").schema_exists


def test_a_failed_statement_is_told_with_its_text_the_place_in_it_and_the_servers_words(warehouse: Session) -> None:
    text = "CREATE TABLE half.f (\n  a int,,\n  b int\n)"
    with pytest.raises(WarehouseError) as caught:
        warehouse.run([sql.create_schema("half"), Statement(subject="half.f", text=text)])
    (problem,) = caught.value.problems
    said, *excerpt = problem.what.splitlines()
    # The Data API hands on no SQLSTATE.
    said = said.replace(" [42601]", "")
    assert said == 'syntax error at or near "," (statement 2 of 2, none of this SQL has happened)'
    assert problem.where == "half.f"
    # Under the second comma.
    assert excerpt == ["    CREATE TABLE half.f (", "      a int,,", "            ^", "      b int", "    )"]
    with pytest.raises(WarehouseError) as alone:
        warehouse.query(text)
    assert alone.value.problems[0].what.splitlines()[1:] == excerpt
    assert warehouse.query("SELECT 1").rows == ((1,),)
    assert not warehouse.observe("half", place="here").schema_exists


def test_another_return_type_is_refused_until_the_function_is_dropped(warehouse: Session) -> None:
    function = Function(name="f", module="demo", root="r", kind="sql", parameters=(), returns="INTEGER", sql="SELECT 1")
    target = sql.Target(schema="types", lambda_reference="carto-at-demo", iam_role=ROLE)
    warehouse.run([sql.create_schema("types"), *sql.create(function, target)])
    changed = replace(function, returns="BIGINT", sql="SELECT 1::bigint")

    with pytest.raises(WarehouseError, match="change return type of existing function"):
        warehouse.run(sql.create(changed, target))
    warehouse.run([*sql.drop(function, schema="types"), *sql.create(changed, target)])

    assert [routine.returns for routine in warehouse.functions_in("types") if routine.name == "f"] == ["bigint"]
    warehouse.run(sql.drop(changed, schema="types"))


def test_a_hundred_statements_are_one_transaction_too(warehouse: Session) -> None:
    made = [Statement(subject=f"f{n}", text=f"CREATE TABLE long.f{n} (a int)") for n in range(100)]

    with pytest.raises(WarehouseError, match=r"statement 102 of 102, none of this SQL has happened"):
        warehouse.run([sql.create_schema("long"), *made, Statement(subject="end", text="DROP TABLE long.none")])
    assert not warehouse.observe("long", place="here").schema_exists

    warehouse.run([sql.create_schema("long"), *made])
    assert warehouse.observe("long", place="here").tables == 100
    warehouse.query("DROP SCHEMA long CASCADE")


def test_every_road_gives_the_same_values(warehouse: Session) -> None:
    answer = warehouse.query(
        "SELECT 1::smallint, 2::bigint, 1.10::decimal(9,2), 0.1::float8, true, 'ø'::varchar, NULL::int,"
        " '2026-11-21'::date, '2026-11-21 01:02:03.5'::timestamp, TO_VARBYTE('00ff', 'hex'), JSON_PARSE('[1,null]')"
    )

    assert answer.rows == (
        (1, 2, Decimal("1.10"), 0.1, True, "ø", None, date(2026, 11, 21), datetime(2026, 11, 21, 1, 2, 3, 500_000),  # noqa: DTZ001 (it has no zone)
         "00ff", "[1,null]"),
    )  # fmt: skip


def test_parameters_are_values_and_never_sql(warehouse: Session) -> None:
    answer = warehouse.query("SELECT %s::varchar, %s::int, 'a%%s', 7 %% 4", ["'; DROP TABLE x; --", 7])
    assert answer.rows == (("'; DROP TABLE x; --", 7, "a%%s", 3),)


def test_a_transaction_of_the_callers_own_goes_on_over_queries_and_is_left_when_one_fails(warehouse: Session) -> None:
    warehouse.query("BEGIN")
    warehouse.query("CREATE TABLE public.own (a int)")
    warehouse.query("INSERT INTO public.own VALUES (1)")
    assert warehouse.query("SELECT a FROM public.own").rows == ((1,),)
    with pytest.raises(WarehouseError):
        warehouse.query("SELECT no_such_column FROM public.own")
    with pytest.raises(WarehouseError):
        warehouse.query("SELECT a FROM public.own")


class Cut:
    """AWS, until its call number `at` (from 1) fails: before its effect, or with the answer lost."""

    def __init__(self, aws: Aws, at: int, *, after: bool) -> None:
        self.aws, self.at, self.after, self.calls = aws, at, after, 0

    def call(self, service: str, operation: str, **words: Any) -> Any:
        self.calls += 1
        if self.calls != self.at:
            return self.aws.call(service, operation, **words)
        if self.after:
            self.aws.call(service, operation, **words)
        raise AwsError("no answer from AWS")


# A few statements are a batch; a text of 60 KB twice makes them a transaction in a session.
@pytest.mark.parametrize(("padding", "calls"), [("", 2), (f"/* {'x' * 60_000} */", 10)])
@pytest.mark.parametrize("after", [False, True])
def test_whatever_call_of_the_data_api_fails_all_or_nothing_has_happened_and_the_next_run_makes_the_rest(
    aws: Aws, padding: str, calls: int, *, after: bool
) -> None:
    wanted = [
        sql.create_schema("cut"),
        *(Statement(subject=f, text=f"CREATE OR REPLACE FUNCTION cut.{f}() RETURNS INT STABLE AS $$ {padding} "
                                    "SELECT 1 $$ LANGUAGE sql") for f in ("f", "g")),
    ]  # fmt: skip
    road = DataApi(workgroup="local")
    watch = Watch(first_pause=0.01, longest_pause=0.01)
    with enter(road, lambda: aws) as look:
        for at in range(1, calls + 1):
            cut = Cut(aws, at, after=after)
            with pytest.raises((AwsError, WarehouseError)):
                DataApiSession(cut, road, watch).run(wanted)
            # What nobody heard the end of may still be on its way.
            stood = settled(lambda: len(look.functions_in("cut")))
            assert stood in {0, 2}
            if not look.observe("cut", place="here").schema_exists:
                DataApiSession(aws, road, watch).run(wanted)
            assert [each.name for each in look.functions_in("cut")] == ["f", "g"]
            look.query("DROP SCHEMA cut CASCADE")


def settled(look: Callable[[], int]) -> int:
    """What is seen twice in a row."""
    before, now = -1, look()
    while before != now:
        time.sleep(0.05)
        before, now = now, look()
    return now


def test_a_result_of_many_pages_comes_whole(warehouse: Session) -> None:
    rows = warehouse.query("SELECT n, REPEAT('x', 1000) FROM generate_series(1, 2500) AS t(n) ORDER BY n").rows
    assert [row[0] for row in rows] == list(range(1, 2501))


@pytest.mark.parametrize(
    ("change", "code", "hint"),
    [
        ({"password": Secret("wrong")}, "28000", "RS_PASSWORD"),
        ({"user": "nobody"}, "28000", "RS_USER"),
        ({"database": "nowhere"}, "3D000", "RS_DATABASE"),
    ],
)
def test_a_refused_session_says_which_setting(place: Connection, change: dict[str, Any], code: str, hint: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        connect(replace(place, **change))

    assert f"[{code}]" in caught.value.problems[0].what
    assert hint in caught.value.problems[0].hint
    assert "hunter2" not in str(caught.value)


def test_a_server_without_tls_names_the_setting(place: Connection) -> None:
    with pytest.raises(WarehouseError, match="RS_SSL=false"):
        connect(replace(place, ssl=True))


@pytest.fixture
def configured(place: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
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
