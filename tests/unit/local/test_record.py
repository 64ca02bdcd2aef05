"""What the local cloud remembers of itself, and the parts that it would start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from builder.errors import LocalError
from builder.local.cloud import parts, record
from builder.local.cloud.processes import Handle
from builder.local.cloud.record import Running, Stack

if TYPE_CHECKING:
    from pathlib import Path


def running(name: str, port: int) -> Running:
    handle = Handle(pid=1, started="another boot 1")
    return Running(name=name, title=name, port=port, handle=handle, since="2026-01-01T00:00:00+00:00", log="/log")


def a_stack(folder: Path) -> Stack:
    return Stack(
        folder=folder,
        data=folder / "data",
        ephemeral=False,
        instance="builder-1",
        password="secret",
        aws=running("aws", 4567),
        redshift=running("redshift", 5440),
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    record.write(a_stack(tmp_path))
    assert record.read(tmp_path) == a_stack(tmp_path)
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert record.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}'])
def test_a_broken_record_says_where(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(LocalError, match=r"stack\.json"):
        record.read(tmp_path)


def test_a_record_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(json.dumps({"version": 2}))
    with pytest.raises(LocalError, match="version 2"):
        record.read(tmp_path)


def test_a_pid_of_another_boot_is_not_ours(tmp_path: Path) -> None:
    # pid 1 runs on every machine; it is not the process that was started then.
    assert not any(part.alive for part in a_stack(tmp_path).running)


def test_the_environment_points_at_both(tmp_path: Path) -> None:
    record.write(a_stack(tmp_path))
    lines = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert lines == {
        "AWS_ENDPOINT_URL": "http://localhost:4567",
        "AWS_ENDPOINT_URL_REDSHIFT": "http://localhost:5440",
        "AWS_ENDPOINT_URL_REDSHIFT_DATA": "http://localhost:5440",
        "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": "http://localhost:5440",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "IMAGE_REGISTRY": "localhost:4567",
        "RS_HOST": "localhost",
        "RS_PORT": "5440",
        "RS_DATABASE": "dev",
        "RS_USER": "awsuser",
        "RS_PASSWORD": "secret",
        "RS_SSL": "false",
        "RS_CLUSTER_IDENTIFIER": "local",
    }


def test_the_parts_get_nothing_of_another_account(tmp_path: Path) -> None:
    environ = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "AWS_ACCESS_KEY_ID": "real", "PATH": "/bin"}
    aws = parts.emulator(port=1, data=tmp_path, instance="i", environ=environ)
    redshift = parts.endpoint(port=2, aws_port=1, data=tmp_path, password="secret", instance="i", environ=environ)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & (aws.environ.keys() | redshift.environ.keys())
    assert redshift.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert redshift.environ["AWS_ENDPOINT_URL"] == "http://localhost:1"
    assert aws.environ["PATH"] == "/bin"


def test_the_password_is_on_no_command_line(tmp_path: Path) -> None:
    part = parts.endpoint(port=2, aws_port=1, data=tmp_path, password="secret", instance="i", environ={})
    assert "secret" not in " ".join(part.command)
