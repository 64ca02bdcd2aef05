"""Who may come in: one user, with a password."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The one user of the endpoint."""

    user: str
    password: str = field(repr=False)


def check(
    startup: wire.Startup,
    credentials: Credentials,
    database: str,
    reader: wire.Readable,
    write: Callable[[bytes], None],
) -> None:
    """Asks for the password by MD5, which redshift-connector, libpq and psycopg know. Raises SqlError 28000, 3D000."""
    user = startup.parameters.get("user", "")
    if not user:
        raise SqlError("28000", "no user name specified in startup packet")
    salt = secrets.token_bytes(4)
    write(wire.message(b"R", struct.pack("!i", 5) + salt))
    received = wire.read_message(reader)
    answer = received[1].text() if received is not None and received[0] == b"p" else ""
    right = hmac.compare_digest(answer.encode(), md5_password(credentials, salt).encode())
    if not right or user != credentials.user:
        raise SqlError("28000", f'password authentication failed for user "{user}"')
    wanted = startup.parameters.get("database", user)
    if wanted != database:
        raise SqlError("3D000", f'database "{wanted}" does not exist')


def md5_password(credentials: Credentials, salt: bytes) -> str:
    """PostgreSQL, "Password Authentication": md5(md5(password + user) + salt), in hexadecimal."""

    def digest(data: bytes) -> str:
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    inner = digest((credentials.password + credentials.user).encode())
    return "md5" + digest(inner.encode() + salt)
