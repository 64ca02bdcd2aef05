"""Names of a CI run: `ci_<8 of the commit>_<6 of the run>_` fits, and what does not fit is found by validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.catalog.trees import PLAIN, function, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.commands.conftest import Typed

PREFIX = "ci_a1b2c3d4_678901_"
# Lambda takes 64 characters; 19 of them are the prefix.
LONGEST = 64 - len(PREFIX)


@pytest.fixture(autouse=True)
def _a_run_of_ci(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    del typed  # which clears the environment first
    monkeypatch.setenv("RS_LAMBDA_PREFIX", PREFIX)
    monkeypatch.setenv("RS_PREFIX", PREFIX)


@pytest.mark.parametrize("mode", ["module", "function"])
def test_the_longest_names_that_fit(mode: str, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RS_LAMBDA_MODE", mode)
    write(tmp_path, function("f" * LONGEST, module="m" * LONGEST))
    assert typed("validate")[0] == 0
    _, out, _ = typed("config", "--format", "json")
    roles = ("CiA1b2c3d4678901RedshiftInvokeRole", "CiA1b2c3d4678901LambdaExecutionRole")
    for name in (f"{PREFIX}<{mode}>", f"{PREFIX}<module>", f"{PREFIX}carto", f"{PREFIX}deployer", *roles):
        assert f'"{name}"' in out


@pytest.mark.parametrize(
    ("mode", "module", "name", "what"),
    [
        ("module", "m" * (LONGEST + 1), "f", "Lambda function name"),
        ("function", "m", "f" * (LONGEST + 1), "Lambda function name"),
        ("module", "m" * (257 - len(PREFIX)), "f", "repository name"),
        # Redshift's 127 bytes, of which `_external` takes nine.
        ("module", "m", "f" * 119, "SQL name"),
    ],
)
def test_a_name_that_is_too_long_is_found_by_validate(
    mode: str, module: str, name: str, what: str, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RS_LAMBDA_MODE", mode)
    # A geometry needs a wrapper, behind which the external function stands.
    write(tmp_path, function(name, PLAIN.replace("output: bigint", "output: geometry"), module=module))
    code, _, err = typed("validate")
    assert code == 3
    assert what in err
    assert "functions/" in err
