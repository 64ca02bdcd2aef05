"""`builder config`, as typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from builder.cli import run
from builder.core.config.keys import KEYS
from builder.core.config.settings import VARIABLES, Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[..., tuple[int, str, str]]

SECRETS = "RS_PASSWORD=hush1\nAWS_ACCESS_KEY_ID=hush2\nAWS_SECRET_ACCESS_KEY=hush3\nAWS_SESSION_TOKEN=hush4\n"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command line in a project with files of its own; gives exit code, output and errors."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "base.yaml").write_text("lambda:\n  prefix: base-\n", encoding="utf-8")
    (tmp_path / "configs" / "prod.yaml").write_text("production: true\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"RS_PREFIX=own_\nRS_HOST=h\nRS_USER=u\n{SECRETS}", encoding="utf-8")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["--project", str(tmp_path), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def rows(typed: Typed, *words: str) -> dict[str, dict[str, Any]]:
    code, out, _ = typed("config", "--format", "json", *words)
    assert code == 0
    return {row["setting"]: row for row in json.loads(out)}


def test_every_value_and_where_it_came_from(typed: Typed) -> None:
    found = rows(typed)
    assert {name: (row["value"], row["origin"]) for name, row in found.items() if name in
            {"AWS_REGION", "RS_PREFIX", "RS_LAMBDA_PREFIX", "RS_PORT", "RS_SCHEMA", "schema"}} == {
        "AWS_REGION": ("eu-west-1", "AWS_REGION of the environment"),
        "RS_PREFIX": ("own_", ".env:1 RS_PREFIX"),
        "RS_LAMBDA_PREFIX": ("base-", "configs/base.yaml:2 lambda.prefix"),
        "RS_PORT": ("5439", "default"),
        "RS_SCHEMA": ("", ""),
        "schema": ("own_carto", "derived"),
    }  # fmt: skip
    assert {key.flag or key.variable for key in KEYS} <= set(found)


def test_flags_and_the_chosen_environment_show(typed: Typed) -> None:
    found = rows(typed, "--env", "prod", "--functions-root", "a", "--functions-root", "b")
    assert (found["RS_ENV"]["value"], found["RS_ENV"]["origin"]) == ("prod", "--env")
    assert found["--production"]["origin"] == "configs/prod.yaml:1 production"
    assert found["--functions-root"]["value"] == "a, b"
    assert (found["schema"]["value"], found["execution role"]["value"]) == ("carto", "BaseLambdaExecutionRole")


def test_secrets_are_named_and_not_shown(typed: Typed) -> None:
    for words in (("config",), ("config", "--format", "json")):
        _, out, err = typed(*words)
        assert "hush" not in out + err
    found = rows(typed)
    assert (found["RS_PASSWORD"]["value"], found["RS_PASSWORD"]["origin"]) == ("***", ".env:4 RS_PASSWORD")


def test_a_password_in_an_address_is_refused_and_not_shown(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://me:hush@example.com/x")
    code, out, err = typed("config", "--format", "json")
    assert code == 4
    assert "https://***@example.com/x" in out
    assert "hush" not in out + err


def test_settings_that_are_wrong_are_shown_and_then_refused(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "configs" / "base.yaml").write_text("aws: {regoin: eu-west-1}\nredshift: {port: 0}\n", encoding="utf-8")
    code, out, err = typed("config", "--format", "json")
    assert code == 4
    assert next(row["value"] for row in json.loads(out) if row["setting"] == "RS_PORT") == "0"
    assert "configs/base.yaml:1 aws.regoin: is not a key" in " ".join(err.split())
    assert "configs/base.yaml:2 redshift.port" in " ".join(err.split())


def test_other_commands_take_the_files_too(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "over.yaml").write_text("functions_roots: [elsewhere]\n", encoding="utf-8")
    assert "elsewhere" in typed("validate", "--config", str(tmp_path / "over.yaml"))[2]


def test_the_schema_is_printed_alone(typed: Typed) -> None:
    code, out, _ = typed("config", "--schema")
    assert (code, "lambda" in json.loads(out)["properties"]) == (0, True)


def test_the_defaults_in_the_table_are_the_ones_that_hold(tmp_path: Path) -> None:
    defaults = {key.variable: key.default for key in KEYS if key.default}
    found = load(tmp_path, flags={}, environ={**defaults, "RS_HOST": "h", "RS_USER": "u"})
    bare = load(tmp_path, flags={}, environ={"RS_HOST": "h", "RS_USER": "u"})
    assert found == bare
    assert bare.lambda_prefix == Settings().lambda_prefix == defaults["RS_LAMBDA_PREFIX"]
