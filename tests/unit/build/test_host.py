"""What the host tells a build: certificates, the package index, and the folders of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.adapters import host, resolver, roots
from builder.core.catalog.load import open_catalog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("pip.pem", "ssl.pem", "mine.conf"):
        (tmp_path / name).touch()
    return tmp_path


def test_pips_own_certificates_come_first(home: Path) -> None:
    environ = {"PIP_CERT": f"{home}/pip.pem", "SSL_CERT_FILE": f"{home}/ssl.pem"}
    assert host.build_variables(environ)["PIP_CERT"] == f"{home}/pip.pem"


def test_a_bundle_that_is_not_there_is_passed_over(home: Path) -> None:
    environ = {"PIP_CERT": f"{home}/nowhere.pem", "SSL_CERT_FILE": f"{home}/ssl.pem"}
    assert host.build_variables(environ)["PIP_CERT"] == f"{home}/ssl.pem"


def test_the_users_pip_configuration_is_found(home: Path) -> None:
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").touch()
    assert host.build_variables({"HOME": str(home)})["PIP_CONFIG_FILE"] == f"{home}/.config/pip/pip.conf"
    told = {"HOME": str(home), "PIP_CONFIG_FILE": f"{home}/mine.conf"}
    assert host.build_variables(told)["PIP_CONFIG_FILE"] == f"{home}/mine.conf"


def test_pips_settings_are_uvs_unless_uv_has_its_own() -> None:
    environ = {"PIP_INDEX_URL": "https://a.example.com/simple", "PIP_CERT": "/a.pem", "SSL_CERT_FILE": "/b.pem"}
    assert resolver.environment(environ) == {"UV_DEFAULT_INDEX": "https://a.example.com/simple"}


def a_function(root: Path, module: str, name: str, code: str) -> None:
    folder = root / module / name / "code" / "lambda" / "python"
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(f"def lambda_handler(event, context):\n    return {code!r}\n")
    (root / module / name / "function.yaml").write_text(
        "function_type: scalar\nstatus: stable\nauthor: CARTO\ndescription: A function.\narguments: []\n"
        "output: {type: string}\nclouds: {redshift: {type: lambda}}\n"
    )


def test_one_root_is_the_context_itself(tmp_path: Path) -> None:
    a_function(tmp_path / "functions", "text", "greet", "one")
    catalog = open_catalog(["functions"], tmp_path)
    assert roots.one_root(catalog, tmp_path / "context") == tmp_path / "functions"
    assert not (tmp_path / "context").exists()


def test_of_several_roots_the_context_holds_what_the_catalogue_took(tmp_path: Path) -> None:
    a_function(tmp_path / "functions", "text", "greet", "one")
    a_function(tmp_path / "functions", "text", "part", "one")
    a_function(tmp_path / "mine", "text", "greet", "two")
    (tmp_path / "mine" / "text" / "requirements.lock").write_text("# mine\n")
    (tmp_path / "functions" / "text" / "part" / "code" / "__pycache__").mkdir()
    context = tmp_path / "context"
    (context / "text" / "removed").mkdir(parents=True)
    catalog = open_catalog(["functions", "mine"], tmp_path)
    assert roots.one_root(catalog, context) == context
    assert sorted(path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file()) == [
        "text/greet/code/lambda/python/handler.py",
        "text/greet/function.yaml",
        "text/part/code/lambda/python/handler.py",
        "text/part/function.yaml",
        "text/requirements.lock",
    ]
    assert "two" in (context / "text/greet/code/lambda/python/handler.py").read_text()
    merged = open_catalog([str(context)], tmp_path)
    assert [(each.name, each.files) for each in merged.functions] == [
        (each.name, each.files) for each in catalog.functions
    ]
