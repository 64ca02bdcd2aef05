"""Objects of S3 as a role may use them: every request is judged by IAM before it is made.

Sources: Redshift, "Permissions to access other AWS Resources": COPY takes LIST on the bucket and GET, UNLOAD PUT too,
and with CLEANPATH s3:DeleteObject ("UNLOAD"); S3, "Actions, resources, and condition keys for Amazon S3".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from builder.local.iam.gate import Gate, Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.local.copying.objects import Address, Objects
    from builder.local.iam.account import Role

# Redshift, "UNLOAD": files are encrypted by S3 (SSE-S3) unless another way is asked for.
_ENCRYPTED = {"s3:x-amz-server-side-encryption": "AES256"}


@dataclass(kw_only=True)
class JudgedObjects:
    """`role` is the last of its chain. What is not allowed is a SqlError XX000."""

    objects: Objects
    gate: Gate
    role: Role
    policies: dict[str, str] = field(default_factory=dict)

    def list(self, prefix: Address) -> Iterator[tuple[Address, int]]:
        self._judge(Storage(action="s3:ListBucket", bucket=prefix.bucket, context={"s3:prefix": prefix.key}))
        yield from self.objects.list(prefix)

    def open(self, place: Address) -> IO[bytes]:
        self._judge(Storage(action="s3:GetObject", bucket=place.bucket, key=place.key))
        return self.objects.open(place)

    def put(self, place: Address, data: IO[bytes]) -> None:
        self._judge(Storage(action="s3:PutObject", bucket=place.bucket, key=place.key, context=_ENCRYPTED))
        self.objects.put(place, data)

    def delete(self, place: Address) -> None:
        self._judge(Storage(action="s3:DeleteObject", bucket=place.bucket, key=place.key))
        self.objects.delete(place)

    def _judge(self, request: Storage) -> None:
        if request.bucket not in self.policies:
            self.policies[request.bucket] = self.gate.iam.bucket_policy(request.bucket)
        self.gate.storage(self.role, request, self.policies[request.bucket])
