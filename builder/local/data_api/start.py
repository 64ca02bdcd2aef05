"""Puts the parts of the Data API together over an engine."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from builder.local.data_api.access import Door
from builder.local.data_api.http import Front
from builder.local.data_api.model import ApiError, invalid
from builder.local.data_api.operations import DataApi
from builder.local.data_api.run import Runner
from builder.local.data_api.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.engine import Engine
    from builder.local.wire.login import Credentials

# Statements that run at a time; the others are SUBMITTED and wait.
RUNNING = 16


def front(
    engine: Engine,
    credentials: Credentials,
    *,
    file: Path | None,
    port: int,
    region: str | None,
    secret: Callable[[str], str] | None = None,
) -> Front:
    """What answers HTTP beside the wire protocol. Roles are kept, and results spilled, beside the database's `file`.

    `secret` gives a secret's text by its ARN; without it Secrets Manager is asked.
    """
    folder = file.parent if file is not None else None
    if folder is not None:
        # What a process that was killed has left; two never have the same database open.
        for left in folder.glob("results-*"):
            shutil.rmtree(left, ignore_errors=True)
    spilled = TemporaryDirectory(prefix="results-", dir=folder)
    pool = ThreadPoolExecutor(max_workers=RUNNING, thread_name_prefix="data-api")
    door = Door(engine=engine, credentials=credentials, secret=secret or secrets(region))
    warehouse = Warehouse(
        user=credentials.user,
        password=credentials.password,
        database=engine.name,
        port=port,
        region=region or "us-east-1",
        file=folder / "warehouse.json" if folder is not None else None,
    )
    data = DataApi(door=door, runner=Runner(folder=Path(spilled.name)), start=pool.submit)

    def close() -> None:
        data.close()
        pool.shutdown(wait=False, cancel_futures=True)
        spilled.cleanup()

    return Front(data=data, warehouse=warehouse, closing=close)


def secrets(region: str | None) -> Callable[[str], str]:
    """Reads secrets from Secrets Manager: its endpoint and credentials are boto3's own, from the environment."""
    clients: list[Any] = []

    def read(arn: str) -> str:
        import boto3  # noqa: PLC0415 - slow to load, and few callers use secrets

        try:
            if not clients:
                clients.append(boto3.client("secretsmanager", region_name=region or "us-east-1"))
            return str(clients[0].get_secret_value(SecretId=arn).get("SecretString", ""))
        except ClientError as error:
            raise invalid(error.response.get("Error", {}).get("Message", str(error))) from None
        except BotoCoreError as error:
            raise ApiError("InternalServerException", f"Secrets Manager: {error}", status=500) from None

    return read
