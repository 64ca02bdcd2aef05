"""Cases through a way: what is one batch, what is a call of its own, and where two ways differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from builder import ways
from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.fake_way import FakeWay
from builder.adapters.faults import Faults
from builder.adapters.warehouse import Result
from builder.commands import test as test_command
from builder.commands._cases import Ran, run_cases
from builder.core.calls.cases import Case, Outcome
from builder.errors import InvokeError, UsageError, WarehouseError
from builder.model import Function, Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

HALF = Function(
    name="half",
    module="m",
    root="functions/m/half",
    kind="lambda",
    parameters=(Parameter(name="n", type="BIGINT"),),
    returns="BIGINT",
)
NATIVE = Function(name="twice", module="m", root="functions/m/twice", kind="sql", parameters=(), returns="BIGINT")


def half(n: int | None) -> int | None:
    if n is not None and n % 2:
        raise ValueError(f"{n} is odd")
    return None if n is None else n // 2


def good(name: str, n: int | None, output: int | None) -> Case:
    return Case(name=name, arguments=[n], output=output)


def bad(name: str, n: int) -> Case:
    return Case(name=name, arguments=[n], error="is odd")


def test_what_should_answer_is_one_batch_and_what_should_fail_comes_alone() -> None:
    way = FakeWay(half)
    found = ways.outcomes(way, HALF, [bad("odd", 3), good("even", 4, 2), bad("odder", 5), good("none", None, None)])
    assert way.batches == [[[4], [None]], [[3]], [[5]]]
    assert [outcome.value for outcome in found] == [None, 2, None, None]
    assert [outcome.error is not None for outcome in found] == [True, False, True, False]


def test_a_batch_that_fails_is_told_case_by_case() -> None:
    way = FakeWay(half)
    found = ways.outcomes(way, HALF, [good("even", 4, 2), good("wrong", 7, 3)])
    assert way.batches == [[[4], [7]], [[4]], [[7]]]
    assert found[0] == Outcome(value=2)
    assert "7 is odd" in str(found[1].error)


def test_no_cases_are_no_call() -> None:
    way = FakeWay(half)
    assert ways.outcomes(way, HALF, []) == []
    assert way.batches == []


def ran(way: FakeWay, *cases: Case, function: Function = HALF) -> list[Ran]:
    return list(run_cases(way, [(function, cases)]))


def test_a_way_passes_over_what_it_cannot_call() -> None:
    assert ran(FakeWay(half), Case(name="x", arguments=[], output=1), function=NATIVE) == []
    assert ran(FakeWay(lambda: 1, lambdas_only=False), Case(name="x", arguments=[], output=1), function=NATIVE)


def test_where_two_ways_differ_both_are_named() -> None:
    cases = (good("even", 4, 2), good("zero", 0, 0))
    found = ran(FakeWay(half, title="in-process"), *cases) + ran(FakeWay(lambda n: n, title="sql"), *cases)
    (problem,) = test_command._problems(found)
    assert (problem.where, problem.key, problem.what) == ("half [sql]", "even", "expected 2, got 4")
    assert problem.hint == "the ways differ: it passes in-process"


def test_where_all_ways_fail_alike_no_way_is_blamed() -> None:
    cases = (good("even", 4, 3),)
    problems = test_command._problems(
        ran(FakeWay(half, title="in-process"), *cases) + ran(FakeWay(half, title="image"), *cases)
    )
    assert [problem.where for problem in problems] == ["half [in-process]", "half [image]"]
    assert not any(problem.hint for problem in problems)


def test_a_row_of_the_table_counts_by_way() -> None:
    cases = (good("even", 4, 2), good("wrong", 4, 3))
    found = ran(FakeWay(half, title="image"), *cases) + ran(FakeWay(half, title="sql"), cases[0])
    assert list(test_command._row(HALF, ["in-process", "image", "sql"], found)) == ["-", "1 of 2", "1 passed"]


def lambda_way(reply: dict[str, Any], seen: list[Any]) -> ways.LambdaWay:
    def send(function: Function, event: bytes) -> str:
        seen.append((function.name, json.loads(event)["arguments"]))
        return json.dumps(reply)

    return ways.LambdaWay("image", send, lambda: None)


def test_a_lambda_gets_redshifts_request_and_its_results_come_back() -> None:
    seen: list[Any] = []
    way = lambda_way({"success": True, "num_records": 2, "results": [1, None]}, seen)
    assert way.call(HALF, [[2], [None]]) == [1, None]
    assert seen == [("half", [[2], [None]])]


def test_a_lambdas_own_words_are_the_error() -> None:
    with pytest.raises(InvokeError, match="half: 3 is odd"):
        lambda_way({"success": False, "error_msg": "3 is odd"}, []).call(HALF, [[3]])


def test_a_sql_function_has_no_python_to_call() -> None:
    with pytest.raises(UsageError, match="native SQL function"):
        lambda_way({}, []).call(NATIVE, [[]])


class Scripted(FakeWarehouse):
    """Answers every query with one value, or refuses it."""

    value: Any = None
    asked: Sequence[str] = ()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        del parameters
        self.asked = (*self.asked, sql)
        if self.value is None:
            raise WarehouseError("3 is odd", where="half")
        return Result(columns=("result",), rows=((self.value,),))


def test_through_sql_each_row_is_a_select_in_the_settings_schema() -> None:
    warehouse = Scripted(Faults())
    warehouse.value = 2
    assert ways.SqlWay(warehouse, schema="dev_carto").call(HALF, [[4], [5]]) == [2, 2]
    assert [sql.partition("(")[0] for sql in warehouse.asked] == ['SELECT "dev_carto"."half"'] * 2


def test_what_redshift_refuses_is_the_functions_error() -> None:
    with pytest.raises(InvokeError, match="3 is odd"):
        ways.SqlWay(Scripted(Faults()), schema="carto").call(HALF, [[3]])
