"""Who may come in: the master user, and those that CREATE USER has made, with their passwords."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.objects.identities import secret
from builder.local.sqlstate import SqlError
from builder.local.wire import messages as wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.engine import Engine


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The master user: its password is the endpoint's, that of others is in the database."""

    user: str
    password: str = field(repr=False)


def kept(engine: Engine, credentials: Credentials, user: str) -> str:
    """What is kept of a user's password, `md5` and its digest; "" where none lets in. Raises SqlError 28000."""
    if user == credentials.user:
        return stored(credentials.password, user)
    found = engine.ask(lambda duck: secret(duck, user))
    if found is None or found[0] is None:
        return ""
    if found[1] is not None and found[1] < engine.clock():
        raise SqlError("28000", f'password of user "{user}" has expired')
    return found[0]


def stored(password: str, user: str) -> str:
    return "md5" + _digest((password + user).encode())


def check(
    startup: wire.Startup,
    credentials: Credentials,
    engine: Engine,
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
    known = kept(engine, credentials, user)
    if not known or not hmac.compare_digest(answer.encode(), md5_password(known, salt).encode()):
        raise SqlError("28000", f'password authentication failed for user "{user}"')
    wanted = startup.parameters.get("database", user)
    if wanted != engine.name:
        raise SqlError("3D000", f'database "{wanted}" does not exist')


def md5_password(known: str, salt: bytes) -> str:
    """PostgreSQL, "Password Authentication": md5(md5(password + user) + salt), in hexadecimal."""
    return "md5" + _digest(known.removeprefix("md5").encode() + salt)


def _digest(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
