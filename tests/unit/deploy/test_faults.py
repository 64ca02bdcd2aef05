"""The fault matrix with roles of our own (`make faults` runs all of it), and the faults themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.adapters.faults import WAYS, Faults, KilledError
from builder.errors import AwsError, BuilderError
from tests.unit.deploy import matrix
from tests.unit.deploy.cloud import WITH_REDSHIFT

if TYPE_CHECKING:
    from pathlib import Path


# Those that differ in what is left behind: refused, killed before and after. `make faults` tries all six.
FEW = tuple(way for way in WAYS if way[0] in {"error", "killed"})


@pytest.mark.parametrize(
    "scenario", list(matrix.scenarios(WITH_REDSHIFT, "own roles")), ids=lambda scenario: scenario.name
)
def test_whatever_fails_the_same_command_converges(tmp_path: Path, scenario: matrix.Scenario) -> None:
    tried = list(matrix.tries(scenario, tmp_path, FEW))
    assert not [each for each in tried if each.wrong]
    ways: dict[str, set[str]] = {}
    for each in tried:
        ways.setdefault(each.call, set()).add(each.way)
    # Every call is tried in each of them, those that only look in every way that comes before their answer.
    assert {len(found) for found in ways.values()} == {len(FEW), len([way for way in FEW if not way[1]])}
    assert len([call for call, found in ways.items() if len(found) == len(FEW)]) >= 3
    assert any(call.startswith("get_function") for call in ways)


@pytest.mark.parametrize(
    "scenario",
    [each for each in matrix.by_the_data_api() if each.name.startswith("deploy")],
    ids=lambda each: each.name,
)
def test_by_the_data_api_too_whatever_call_fails(tmp_path: Path, scenario: matrix.Scenario) -> None:
    tried = list(matrix.tries(scenario, tmp_path, FEW))
    assert not [each for each in tried if each.wrong]
    calls = {each.call for each in tried}
    sent = {"execute_statement BEGIN", "execute_statement COMMIT", "describe_statement COMMIT"}
    assert sent <= calls if "session" in scenario.name else any(call.startswith("batch_execute") for call in calls)
    assert any(call.startswith("get_statement_result") for call in calls)


def test_a_killed_process_makes_no_further_call() -> None:
    faults = Faults(at=1, kind="killed")
    done: list[str] = []
    for name in ("first", "second"):
        with pytest.raises(KilledError), faults.call(name):
            done.append(name)
    assert done == []
    assert faults.calls == ["first"]


@pytest.mark.parametrize("after", [False, True])
def test_a_time_out_tells_nothing_of_the_effect(after: bool) -> None:  # noqa: FBT001  a parameter of the test
    done: list[str] = []
    with pytest.raises(AwsError, match="no answer"), Faults(at=1, after=after, kind="time-out").call("x"):
        done.append("x")
    assert bool(done) == after


def test_no_handler_of_errors_stops_a_kill() -> None:
    assert not issubclass(KilledError, Exception)
    assert not issubclass(KilledError, BuilderError)
