"""The endpoint as a process of its own, over a folder of data: started, killed and started again."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import redshift_connector

from builder.local.cloud import parts, ports, processes

if TYPE_CHECKING:
    from pathlib import Path

    from builder.local.cloud.processes import Handle

PASSWORD = "it's secret"
USER = "awsuser"


class Endpoint:
    """`certificate` is what clients may verify it by; `options` are further ones of its command line."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.certificate = folder / "server.crt"
        self.port = ports.pick()
        self.handle = self.start()

    def start(self) -> Handle:
        part = parts.endpoint(
            port=self.port,
            aws_port=1,
            data=self.folder,
            password=PASSWORD,
            instance="",
            environ={"PATH": os.environ["PATH"]},
        )
        part = dataclasses.replace(part, command=(*part.command, *self.options))
        self.handle = parts.launch(part, self.folder / "log")
        return self.handle

    def kill(self) -> None:
        os.kill(self.handle.pid, signal.SIGKILL)
        while processes.alive(self.handle):
            time.sleep(0.01)

    def stop(self) -> None:
        processes.stop(self.handle)

    def connect(self, **changed: Any) -> redshift_connector.Connection:
        """By redshift-connector."""
        known: dict[str, Any] = {"host": "localhost", "port": self.port, "database": "dev", "ssl": False}
        return redshift_connector.connect(**(known | {"user": USER, "password": PASSWORD} | changed))

    @property
    def conninfo(self) -> str:
        """For libpq."""
        return psycopg.conninfo.make_conninfo(
            host="localhost", port=self.port, dbname="dev", user=USER, password=PASSWORD
        )
