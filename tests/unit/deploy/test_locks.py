"""One deploy at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from builder.adapters import locks
from builder.adapters.fake_registry import IDENTITY
from builder.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

NOON = "2026-01-01T12:00:00+00:00"


def test_the_lock_is_for_an_account_a_region_and_a_prefix(tmp_path: Path) -> None:
    file = locks.path(tmp_path, IDENTITY, "dev-")
    assert file == tmp_path / "locks" / "123456789012-eu-west-1-dev-.lock"


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    file = tmp_path / "locks" / "a.lock"
    with locks.hold(file, "builder deploy", now=lambda: NOON):
        with pytest.raises(BusyError, match=rf"builder deploy, process \d+ on \S+ since {re.escape(NOON)}") as caught:  # noqa: SIM117  the second inside the first
            with locks.hold(file, "builder remove", now=lambda: NOON):
                pytest.fail("two have it")
        assert caught.value.problems[0].where == str(file)


def test_it_is_free_again_after_success_and_after_failure(tmp_path: Path) -> None:
    file = tmp_path / "a.lock"
    with locks.hold(file, "builder deploy", now=lambda: NOON):
        pass
    with pytest.raises(ZeroDivisionError), locks.hold(file, "builder deploy", now=lambda: NOON):
        raise ZeroDivisionError
    with locks.hold(file, "builder deploy", now=lambda: NOON):
        pass


def test_other_prefixes_do_not_wait(tmp_path: Path) -> None:
    with locks.hold(tmp_path / "a.lock", "builder deploy", now=lambda: NOON):  # noqa: SIM117  the second inside the first
        with locks.hold(tmp_path / "b.lock", "builder deploy", now=lambda: NOON):
            pass


@pytest.mark.parametrize(
    "left", ["", "{", '{"pid": 1}', '{"command": "builder deploy", "pid": 1, "host": "gone", "started": "x"}']
)
def test_a_file_that_a_crash_left_holds_nobody_up(tmp_path: Path, left: str) -> None:
    file = tmp_path / "a.lock"
    file.write_text(left, encoding="utf-8")
    with locks.hold(file, "builder deploy", now=lambda: NOON):
        assert NOON in file.read_text(encoding="utf-8")
    assert file.read_text(encoding="utf-8") == ""
