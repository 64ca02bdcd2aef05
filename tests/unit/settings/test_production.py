"""Production: names that nobody's development has, and nothing that is in development, whatever the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from builder import bake
from builder.adapters import roots
from builder.app import App
from builder.cli import run
from builder.commands import _building
from builder.console import Console
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.catalog.selection import released
from builder.core.config.rows import derived
from builder.core.config.settings import VARIABLES, load
from builder.core.images import requirements
from builder.errors import BuildError
from tests.unit.catalog.trees import PLAIN, function, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEVELOPED = f"status: development\n{PLAIN}"
CALLER = "status: {}\narguments: []\noutput: bigint\nclouds: {{redshift: {{type: sql}}}}\n"
ENV = "RS_PREFIX=ann_\nRS_LAMBDA_PREFIX=ann-at-\n"


def names(project: Path, *, production: bool = False, **environ: str) -> dict[str, str]:
    settings = load(project, flags={"production": "true"} if production else {}, environ=environ)
    return {row.setting: row.value for row in derived(settings)} | {"notices": "; ".join(settings.notices)}


def test_every_name_in_both_modes(tmp_path: Path) -> None:
    write(tmp_path, {"project/.env": ENV})
    assert names(tmp_path / "project", RS_LAMBDA_ALIAS="true") == {
        "schema": "ann_carto",
        "road to Redshift": "none: only Lambda functions",
        "Lambda functions": "ann-at-<module>",
        "called by SQL as": "ann-at-<module>:live",
        "ECR repositories": "ann-at-<module>",
        "execution role": "AnnATLambdaExecutionRole",
        "invoke role": "AnnATRedshiftInvokeRole",
        "session name": "ann_at_deployer",
        "notices": "",
    }
    assert names(tmp_path / "project", production=True, RS_LAMBDA_ALIAS="true") == {
        "schema": "carto",
        "road to Redshift": "none: only Lambda functions",
        "Lambda functions": "carto-at-<module>",
        "called by SQL as": "carto-at-<module>:live",
        "ECR repositories": "carto-at-<module>",
        "execution role": "CartoATLambdaExecutionRole",
        "invoke role": "CartoATRedshiftInvokeRole",
        "session name": "carto_at_deployer",
        "notices": ".env:2 RS_LAMBDA_PREFIX does not count in production; "
        ".env:1 RS_PREFIX does not count in production",
    }


def test_a_teams_own_prefix_of_production_is_in_its_files(tmp_path: Path) -> None:
    files = {"project/.env": ENV, "project/configs/base.yaml": "lambda: {prefix: maps-at-}\nschema: {name: maps}\n"}
    write(tmp_path, files)
    assert names(tmp_path / "project")["Lambda functions"] == "ann-at-<module>"
    found = names(tmp_path / "project", production=True, RS_SCHEMA="mine")
    assert (found["Lambda functions"], found["invoke role"], found["schema"]) == (
        "maps-at-<module>",
        "MapsATRedshiftInvokeRole",
        "carto",
    )


def test_a_wrong_prefix_is_not_read_where_it_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, {"project/.env": "RS_LAMBDA_PREFIX='no prefix'\n"})
    assert names(tmp_path / "project", production=True)["Lambda functions"] == "carto-at-<module>"


@pytest.fixture
def typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """A catalogue of a function that is stable, one in development, and SQL that calls the latter."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    write(tmp_path, {**function("area"), **function("trial", DEVELOPED), ".env": ENV})

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["--project", str(tmp_path), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_what_is_in_development_is_in_no_list_script_or_package(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    _, out, _ = typed("list", "--format", "json")
    assert [(each["function"], each["lambda"]) for each in json.loads(out)] == [
        ("area", "ann-at-geo"),
        ("trial", "ann-at-geo"),
    ]
    _, out, err = typed("list", "--format", "json", "--production")
    assert [(each["function"], each["lambda"]) for each in json.loads(out)] == [("area", "carto-at-geo")]
    assert "in development, and not in production: trial" in err
    _, out, _ = typed("sql", "--production")
    assert ("carto-at-geo" in out, "trial" in out) == (True, False)
    code, _, err = typed("test", "--production", "--functions", "trial")
    assert (code, "there is no function 'trial'" in err) == (2, True)

    catalog = released(open_catalog(["functions"], tmp_path))
    context = roots.one_root(catalog, tmp_path / "context")
    assert sorted(path.name for path in (context / "geo").iterdir()) == ["area"]
    assert [each.name for each in open_catalog([str(context)], tmp_path).functions] == ["area"]


def test_a_lock_answers_for_the_whole_module_also_where_a_part_of_it_is_left_out(tmp_path: Path) -> None:
    packages = {"functions/geo/trial/code/lambda/python/requirements.txt": "numpy\n"}
    write(tmp_path, {**function("area"), **function("trial", DEVELOPED), **packages})
    app = App(
        console=Console(), project=tmp_path, state=tmp_path / ".builder", environ={}, flags={"production": "true"}
    )
    (whole,) = group(app.whole_catalog, app.whole_catalog.functions)
    with pytest.raises(BuildError, match="does not exist"):
        bake.check(_building.request(app, group(app.catalog, app.catalog.functions)))
    write(tmp_path, {"functions/geo/requirements.lock": requirements.render(whole, "numpy==2.0")})
    again = App(console=Console(), project=tmp_path, state=app.state, environ={}, flags=app.flags)
    bake.check(_building.request(again, group(again.catalog, again.catalog.functions)))


def test_production_cannot_call_what_is_left_out(typed: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    caller = "functions/geo/caller"
    write(tmp_path, {f"{caller}/code/redshift.sql": "SELECT @@RS_SCHEMA@@.trial(1)"})
    write(tmp_path, {f"{caller}/function.yaml": CALLER.format("stable")})
    code, _, err = typed("list", "--production")
    assert (code, "caller calls trial, which is in development and not in production" in err) == (3, True)
    write(tmp_path, {f"{caller}/function.yaml": CALLER.format("development")})
    assert typed("list", "--production")[0] == 0
