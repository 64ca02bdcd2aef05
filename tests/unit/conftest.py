"""Unit tests open no connection, start no process and wait for nothing: an autouse guard sees to it."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def _sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(what: str) -> object:
        def raise_error(*_: object, **__: object) -> NoReturn:
            raise AssertionError(f"a unit test {what}; move it to tests/integration")

        return raise_error

    monkeypatch.setattr(socket.socket, "connect", refuse("opened a connection"))
    monkeypatch.setattr(socket.socket, "bind", refuse("opened a port"))
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse("started a process"))
    monkeypatch.setattr(time, "sleep", refuse("slept"))
