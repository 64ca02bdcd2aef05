"""YAML files: which are read, which key wins, and what is said of a wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from builder.core.config.keys import BY_PATH, KEYS, json_schema
from builder.core.config.settings import Connection, Settings, load
from builder.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[3]
ROLE = "arn:aws:iam::123456789012:role/one"
OTHER = "arn:aws:iam::210987654321:role/two"
BASE = """\
lambda: {prefix: base-}
schema: {prefix: base_, grantees: [alice, group maps]}
aws: {region: eu-west-1}
"""
DEV = """\
lambda:
  prefix: dev-
redshift:
  host: dev.example.com
  user: deployer
  ssl: false
"""


def project(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "project"
    (folder / "configs").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "configs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def told(folder: Path, flags: Mapping[str, str] | None = None, **environ: str) -> Settings:
    return load(folder, flags=flags or {}, environ=environ)


def refused(folder: Path, flags: Mapping[str, str] | None = None, **environ: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(SettingsError) as caught:
        told(folder, flags, **environ)
    return [(each.where, each.key, each.what, each.hint) for each in caught.value.problems]


def test_the_environments_file_overrides_the_base_key_by_key(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE, dev=DEV)
    found = told(folder, {"env": "dev"})
    assert (found.lambda_prefix, found.schema, found.aws.region) == ("dev-", "base_carto", "eu-west-1")
    assert found.grantees == ("alice", "group maps")
    assert isinstance(found.warehouse, Connection)
    assert (found.warehouse.host, found.warehouse.ssl) == ("dev.example.com", False)
    assert told(folder).lambda_prefix == "base-"


def test_rs_env_names_the_file_too_and_the_flag_comes_first(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE, dev=DEV, prod="lambda: {prefix: prod-}")
    assert told(folder, RS_ENV="prod").lambda_prefix == "prod-"
    assert told(folder, {"env": "dev"}, RS_ENV="prod").lambda_prefix == "dev-"
    (folder / ".env").write_text("RS_ENV=prod\n", encoding="utf-8")
    assert told(folder).lambda_prefix == "prod-"


def test_given_files_come_after_both_in_their_order(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE, dev=DEV, one="lambda: {prefix: one-}\nproduction: true", two=BASE)
    files = "\n".join(str(folder / "configs" / f"{name}.yaml") for name in ("two", "one"))
    found = told(folder, {"env": "dev", "config": files})
    assert (found.lambda_prefix, found.schema) == ("one-", "carto")


def test_env_files_and_the_environment_override_yaml(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE)
    (folder / ".env").write_text("RS_PREFIX=own_\n", encoding="utf-8")
    found = told(folder, RS_LAMBDA_PREFIX="outer-")
    assert (found.lambda_prefix, found.schema, found.aws.region) == ("outer-", "own_carto", "eu-west-1")


def test_null_takes_a_value_back(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE, dev="lambda: {prefix: null}\nschema: {grantees: }\naws:\n")
    found = told(folder, {"env": "dev"})
    assert (found.lambda_prefix, found.grantees, found.aws.region) == ("carto-at-", (), "eu-west-1")


def test_lists(tmp_path: Path) -> None:
    text = f"lambda: {{invoke_role: [{ROLE}, {OTHER}]}}\nfunctions_roots: [functions, 'more, here']\n"
    found = told(project(tmp_path, base=text))
    assert (found.invoke_role, found.functions_roots) == (f"{ROLE},{OTHER}", ("functions", "more, here"))


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        ("\nlambda:\n  prefx: a-\n", 3, "lambda.prefx", "did you mean lambda.prefix?"),
        ("lamda: {prefix: a-}\n", 1, "lamda", "did you mean lambda?"),
        ("host: x\n", 1, "host", "did you mean redshift.host?"),
        ("RS_SCHEMA: x\n", 1, "RS_SCHEMA", "RS_SCHEMA is called schema.name here"),
        ("redshift:\n  host: h\n  user: u\n  password: hush\n", 4, "redshift.password", "set RS_PASSWORD in .env"),
        ("aws:\n  secret_access_key: hush\n", 2, "aws.secret_access_key", "set AWS_SECRET_ACCESS_KEY in .env"),
        ("schema: carto\n", 1, "schema", "write a mapping of name, prefix, grantees"),
        ("aws: {region: 7}\n", 1, "aws.region", "write text, in quotes"),
        ("production: 1\n", 1, "production", "write true or false"),
        ("schema: {grantees: [1]}\n", 1, "schema.grantees", "write text, or a list of texts"),
        ("aws: {region: {name: x}}\n", 1, "aws.region", "write text, in quotes"),
    ],
)
def test_a_wrong_key_is_an_error_with_its_line_and_what_was_meant(
    text: str, line: int, key: str, said: str, tmp_path: Path
) -> None:
    ((where, path, what, hint),) = refused(project(tmp_path, base=text))
    assert (where, path) == (f"configs/base.yaml:{line}", key)
    assert said in hint
    assert "hush" not in what + hint


def test_a_malformed_value_names_its_line_and_its_key(tmp_path: Path) -> None:
    found = refused(project(tmp_path, base="aws:\n  region: Ireland\n  endpoint_url: here\n"))
    assert [where for where, *_ in found] == [
        "configs/base.yaml:2 aws.region",
        "configs/base.yaml:3 aws.endpoint_url",
    ]


def test_a_key_that_nothing_uses_is_an_error(tmp_path: Path) -> None:
    folder = project(tmp_path, base="redshift: {port: 5440}\naws:\n  assume_role_external_id: maps\n")
    assert [(where, what) for where, _, what, _ in refused(folder)][:2] == [
        (
            "configs/base.yaml:1 redshift.port",
            "nothing uses it without RS_HOST or RS_CLUSTER_IDENTIFIER or RS_WORKGROUP",
        ),
        ("configs/base.yaml:3 aws.assume_role_external_id", "nothing uses it without AWS_ASSUME_ROLE_ARN"),
    ]
    found = told(folder, RS_HOST="h", RS_USER="u", AWS_ASSUME_ROLE_ARN=ROLE)
    assert isinstance(found.warehouse, Connection)
    assert (found.warehouse.port, found.aws.external_id) == (5440, "maps")


def test_a_missing_file_is_an_error_and_says_which_there_are(tmp_path: Path) -> None:
    folder = project(tmp_path, base=BASE, prod="", dev=DEV)
    assert refused(folder, {"env": "prd"}) == [("--env", "", "there is no configs/prd.yaml", "did you mean prod?")]
    assert refused(folder, RS_ENV="../x") == [
        (
            "RS_ENV of the environment",
            "",
            "there is no configs/../x.yaml",
            "there is dev, prod; write configs/../x.yaml",
        )
    ]
    ((where, _, what, _),) = refused(folder, {"config": "nowhere.yaml"})
    assert (where, what) == ("--config nowhere.yaml", "cannot be read: No such file or directory")


def test_a_missing_file_where_there_are_none(tmp_path: Path) -> None:
    ((*_, hint),) = refused(tmp_path, {"env": "staging"})
    assert hint == "there is no file in configs/; write configs/staging.yaml"
    ((*_, hint),) = refused(project(tmp_path, base=BASE), {"env": "staging"})
    assert hint == "there is no other file than base.yaml in configs/; write configs/staging.yaml"


def test_broken_yaml_and_broken_env_are_reported_together(tmp_path: Path) -> None:
    folder = project(tmp_path, base="a: [\n", dev="- x\n")
    (folder / ".env").write_text("nonsense\n", encoding="utf-8")
    assert [where for where, *_ in refused(folder, {"env": "dev"})] == [
        ".env:1",
        "configs/base.yaml:2",
        "configs/dev.yaml:1",
    ]


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    found = refused(project(tmp_path, base="aws: {region: eu-west-1}\naws: {region: eu-west-2}\n"))
    assert [(where, key) for where, key, *_ in found] == [("configs/base.yaml:2", "aws")]


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = json.loads((ROOT / "docs" / "config.schema.json").read_text(encoding="utf-8"))
    assert committed == json_schema()


@pytest.mark.parametrize("text", [BASE, DEV, "", "aws:\n", "production: false\nredshift: {host: h, port: 1}"])
def test_the_schema_takes_what_the_reader_takes(text: str) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize("text", ["lamda: {}", "redshift: {password: x}", "aws: {region: 7}", "production: 1", "[]"])
def test_the_schema_refuses_what_the_reader_refuses(text: str, tmp_path: Path) -> None:
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))
    assert refused(project(tmp_path, base=text))


def test_no_secret_has_a_place_in_a_file() -> None:
    assert not [path for path, key in BY_PATH.items() if key.secret]
    assert not [path for path in BY_PATH if path.endswith(("password", "session_token", "access_key_id"))]


def test_the_docs_name_every_setting() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert not [key for key in KEYS if f"{key.flag or key.variable}" not in text or f" {key.path} " not in text]
