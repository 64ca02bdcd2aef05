"""Secrets planted in every setting: no command that needs no cloud prints them, whatever is wrong with them.

With a cloud: tests/integration/test_deploy_cloud.py and test_build_push.py. In images, their builds and the command
lines of what a build starts: test_build_images.py; in locks: test_build_lock.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.core.config.keys import BY_PATH, KEYS
from builder.core.config.settings import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[..., tuple[int, str, str]]

COMMANDS = (
    ["config"],
    ["config", "--format", "json"],
    ["validate"],
    ["list"],
    ["sql"],
    ["check", "--print-policy", "--account", "123456789012"],
)
SECRETS = {key.variable: f"planted-{key.variable}" for key in KEYS if key.secret}


def said(typed: Typed) -> str:
    return "".join(f"{out}{err}" for _, out, err in (typed(*words) for words in COMMANDS))


def test_the_secrets_are_these() -> None:
    # A new setting that is one has to say so, and gets its place here.
    assert set(SECRETS) == {"RS_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    words = ("PASSWORD", "SECRET_ACCESS", "SESSION_TOKEN")
    assert not [key.variable for key in KEYS if not key.secret and any(word in key.variable for word in words)]


@pytest.mark.parametrize("place", [".env", "../.env", "environment"])
def test_secrets_of_every_source_stay_out_of_what_is_printed(
    place: str, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**SECRETS, "RS_HOST": "h", "RS_USER": "u", "AWS_REGION": "eu-west-1"}
    if place == "environment":
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
    else:
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (tmp_path / place).resolve().write_text(text, encoding="utf-8")
    try:
        text = said(typed)
    finally:
        (tmp_path.parent / ".env").unlink(missing_ok=True)
    assert "planted" not in text
    assert "RS_PASSWORD" in text
    assert "eu-west-1" in text


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize(
    "value",
    ["redshift://me:planted@h:5439/dev", "me:planted@h", "h?password=planted"],
    ids=["an address", "a login", "a parameter"],
)
def test_a_secret_in_the_wrong_setting_is_not_quoted(
    value: str, variable: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    # Its table has the value, its errors have what is wrong with it: those that every other command prints.
    _, out, err = typed("config")
    assert "planted" not in out + err


@pytest.mark.parametrize("variable", SECRETS)
def test_a_malformed_secret_is_not_quoted(variable: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "planted\x07")
    for words in (["config"], ["config", "--format", "json"], ["list"]):
        _, out, err = typed(*words)
        assert "planted" not in out + err


@pytest.mark.parametrize(
    "text",
    [
        "redshift:\n  password: planted\n",
        "redshift: {password: planted\n",
        'redshift:\n  password: "planted\n',
        "aws:\n  secret_access_key: planted\n  secret_access_key: planted\n",
        "password: &a planted\nb: *c\n",
        "redshift: {host: 'redshift://me:planted@h/dev'}\n",
        "- planted\n",
        "redshift:\n\tpassword: planted\n",
    ],
)
def test_a_secret_in_a_configuration_file_is_not_quoted(text: str, typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "base.yaml").write_text(text, encoding="utf-8")
    for words in (["config"], ["config", "--format", "json"], ["validate"]):
        code, out, err = typed(*words)
        assert code == 4
        assert "configs/base.yaml" in err
        assert "planted" not in out + err


def test_no_key_of_a_file_is_a_secret_and_no_secret_has_a_key() -> None:
    assert not [path for path, key in BY_PATH.items() if key.secret]
