"""Objects in S3: one small protocol, boto3 behind it, and a fake in memory."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Protocol

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Address:
    """`s3://bucket/key`."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def address(text: str) -> Address:
    """Raises SqlError 22023 for what is no address of S3."""
    scheme, separator, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme.lower() != "s3" or not separator or not bucket:
        raise SqlError("22023", f"{text} is not an address in Amazon S3", hint="write 's3://bucket/prefix'")
    return Address(bucket=bucket, key=key)


class Objects(Protocol):
    """What COPY and UNLOAD need. Failures are SqlErrors."""

    def list(self, prefix: Address) -> Iterator[tuple[Address, int]]:
        """Every object under a prefix with its size in bytes, by name."""

    def open(self, place: Address) -> IO[bytes]:
        """An object to be read from front to back."""

    def put(self, place: Address, data: IO[bytes]) -> None:
        """Writes an object, from the start of a file."""

    def delete(self, place: Address) -> None:
        """Removes an object."""


@dataclass
class S3Objects:
    """boto3's client. Endpoint and credentials are those of the endpoint, by boto3's own chain."""

    region: str | None = None

    @cached_property
    def _client(self) -> Any:
        import boto3  # noqa: PLC0415 - 100 ms that an endpoint without COPY never pays
        from botocore.config import Config  # noqa: PLC0415

        # An emulator at localhost has no host name for every bucket.
        named = "AWS_ENDPOINT_URL_S3" in os.environ or "AWS_ENDPOINT_URL" in os.environ
        config = Config(s3={"addressing_style": "path"}) if named else None
        return boto3.Session(region_name=self.region).client("s3", config=config)

    def list(self, prefix: Address) -> Iterator[tuple[Address, int]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
        with _Told(prefix):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield Address(bucket=prefix.bucket, key=entry["Key"]), int(entry["Size"])

    def open(self, place: Address) -> IO[bytes]:
        with _Told(place):
            body: IO[bytes] = self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"]
            return body

    def put(self, place: Address, data: IO[bytes]) -> None:
        data.seek(0)
        with _Told(place):
            self._client.upload_fileobj(data, place.bucket, place.key)

    def delete(self, place: Address) -> None:
        with _Told(place):
            self._client.delete_object(Bucket=place.bucket, Key=place.key)


class _Told:
    """botocore's errors in the words that COPY and UNLOAD have for them."""

    def __init__(self, place: Address) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 - as above
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        if isinstance(error, ClientError):
            told, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise SqlError(
                "XX000", f"S3ServiceException:{told.get('Message', '')},Status {status},Error {told.get('Code', '')}"
            ) from error
        if isinstance(error, (BotoCoreError, Boto3Error)):
            raise SqlError("08006", f"{self.place} was not reached: {error}") from error


@dataclass
class FakeObjects:
    """Objects in memory, by their address; buckets are there as soon as they are named."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def list(self, prefix: Address) -> Iterator[tuple[Address, int]]:
        for name in sorted(self.contents):
            if name.startswith(str(prefix)):
                yield address(name), len(self.contents[name])

    def open(self, place: Address) -> IO[bytes]:
        if str(place) not in self.contents:
            raise SqlError("XX000", "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey")
        return io.BytesIO(self.contents[str(place)])

    def put(self, place: Address, data: IO[bytes]) -> None:
        data.seek(0)
        self.contents[str(place)] = data.read()

    def delete(self, place: Address) -> None:
        self.contents.pop(str(place), None)
