"""CREATE, ALTER and DROP of users, groups and roles, as statements say them.

Source: Redshift, "CREATE USER", "ALTER USER", "CREATE GROUP", "ALTER GROUP", "CREATE ROLE", "ALTER ROLE".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.tokens import Source

_MD5 = re.compile(r"md5[0-9a-f]{32}")
_NEEDED = (("[a-z]", "a lower-case letter"), ("[A-Z]", "an upper-case letter"), ("[0-9]", "a number"))
PASSWORD_LENGTH = (8, 64)
_SYSLOG = ("RESTRICTED", "UNRESTRICTED")


@dataclass(frozen=True, kw_only=True)
class Account:
    """CREATE or ALTER of a user, a group or a role (`kind`).

    `changes` are columns of `_rs.account`; `add` and `drop` users of a group, or, of a user, the groups that it joins.
    """

    verb: str
    kind: str
    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    rename: str = ""

    @property
    def tag(self) -> str:
        return f"{self.verb} {self.kind.upper()}"


@dataclass(frozen=True, kw_only=True)
class DropAccount:
    """`force`: DROP ROLE ... FORCE takes the role from everybody that holds it."""

    kind: str
    names: tuple[str, ...]
    if_exists: bool = False
    force: bool = False


def parse_account(source: Source) -> Account:
    """CREATE | ALTER USER | GROUP | ROLE."""
    cursor = Cursor(source)
    verb, kind = cursor.take().text.upper(), cursor.take().text.lower()
    name = cursor.identifier()
    if name == "public":
        raise SqlError("42939", f'{kind} name "public" is reserved')
    made = {"user": _user, "group": _group, "role": _role}[kind](cursor, verb, name)
    cursor.end()
    return made


def parse_drop_account(source: Source) -> DropAccount:
    """DROP USER [IF EXISTS] a, b; DROP GROUP g; DROP ROLE r [FORCE | RESTRICT]."""
    cursor = Cursor(source)
    cursor.expect("DROP")
    kind = cursor.take().text.lower()
    exists = kind == "user" and cursor.accept("IF", "EXISTS")
    names = [cursor.identifier()]
    while kind == "user" and cursor.accept(","):
        names.append(cursor.identifier())
    force = kind == "role" and cursor.accept("FORCE")
    if kind == "role" and not force:
        cursor.accept("RESTRICT")
    cursor.end()
    return DropAccount(kind=kind, names=tuple(names), if_exists=exists, force=force)


def _user(cursor: Cursor, verb: str, name: str) -> Account:
    if verb == "ALTER" and cursor.accept("RENAME", "TO"):
        return Account(verb=verb, kind="user", name=name, rename=cursor.identifier())
    cursor.accept("WITH")
    changes: dict[str, Any] = {}
    groups: list[str] = []
    while not cursor.done:
        if verb == "CREATE" and cursor.accept("IN", "GROUP"):
            groups += _names(cursor)
            continue
        option = next((each for each in _OPTIONS if cursor.accept(*each)), None)
        if option is None:
            raise cursor.error()
        column, read = _OPTIONS[option]
        changes[column] = read(cursor)
        if verb == "ALTER":
            cursor.accept(",")
    if verb == "CREATE" and "password" not in changes:
        raise SqlError("42601", "a password is needed: PASSWORD '...' or PASSWORD DISABLE")
    if changes.get("password"):
        changes["password"] = stored(changes["password"], name)
    return Account(verb=verb, kind="user", name=name, changes=changes, add=tuple(groups))


def _group(cursor: Cursor, verb: str, name: str) -> Account:
    if verb == "CREATE":
        cursor.accept("WITH")
        users = _names(cursor) if cursor.accept("USER") else ()
        return Account(verb=verb, kind="group", name=name, add=users)
    if cursor.accept("RENAME", "TO"):
        return Account(verb=verb, kind="group", name=name, rename=cursor.identifier())
    if cursor.accept("ADD", "USER"):
        return Account(verb=verb, kind="group", name=name, add=_names(cursor))
    cursor.expect("DROP", "USER")
    return Account(verb=verb, kind="group", name=name, drop=_names(cursor))


def _role(cursor: Cursor, verb: str, name: str) -> Account:
    if cursor.peek() == "EXTERNALID" or (cursor.peek() == "WITH" and cursor.peek(1) == "EXTERNALID"):
        raise unsupported("EXTERNALID")
    if verb == "CREATE":
        return Account(verb=verb, kind="role", name=name)
    cursor.accept("WITH")
    if cursor.accept("OWNER", "TO"):
        return Account(verb=verb, kind="role", name=name, changes={"owner": cursor.identifier()})
    cursor.expect("RENAME", "TO")
    return Account(verb=verb, kind="role", name=name, rename=cursor.identifier())


def _names(cursor: Cursor) -> tuple[str, ...]:
    names = [cursor.identifier()]
    while cursor.accept(","):
        names.append(cursor.identifier())
    return tuple(names)


def stored(password: str, name: str) -> str:
    """What is kept of a password: what the md5 log-in needs. A digest that the client has made is kept as it is.

    Rules: Redshift, "CREATE USER", PASSWORD.
    """
    if _MD5.fullmatch(password):
        return password
    if password.startswith("sha256|"):
        password = password.removeprefix("sha256|")
        if "|" in password:
            raise unsupported("a password that is a sha256 digest")
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise SqlError("22023", f"password must have between {low} and {high} characters")
    for pattern, what in _NEEDED:
        if not re.search(pattern, password):
            raise SqlError("22023", f"password must contain {what}")
    if not all("!" <= letter <= "~" for letter in password) or set(password) & set("'\"\\/@"):
        raise SqlError("22023", "password holds a character that is not allowed")
    return "md5" + hashlib.md5((password + name).encode(), usedforsecurity=False).hexdigest()


def _password(cursor: Cursor) -> str | None:
    return None if cursor.accept("DISABLE") else cursor.string()


def _until(cursor: Cursor) -> dt.datetime | None:
    text = cursor.string()
    if text.lower() == "infinity":
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise SqlError("22007", f'invalid input syntax for type abstime: "{text}"') from None
    return moment.astimezone(dt.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment


def _limit(cursor: Cursor) -> int | None:
    return None if cursor.accept("UNLIMITED") else cursor.integer()


def _syslog(cursor: Cursor) -> str:
    word = cursor.take().text.upper()
    if word not in _SYSLOG:
        cursor.at -= 1
        raise cursor.error()
    return word


def _timeout(cursor: Cursor) -> int:
    seconds = cursor.integer()
    # Redshift, "CREATE USER": from a minute to twenty days.
    if not 60 <= seconds <= 1_728_000:  # noqa: PLR2004 - see above
        raise SqlError("22023", f"SESSION TIMEOUT must be between 60 and 1728000 seconds, not {seconds}")
    return seconds


def _refused(_cursor: Cursor) -> None:
    raise unsupported("EXTERNALID")


_OPTIONS: dict[tuple[str, ...], tuple[str, Callable[[Cursor], Any]]] = {
    ("PASSWORD",): ("password", _password),
    ("CREATEDB",): ("createdb", lambda _cursor: True),
    ("NOCREATEDB",): ("createdb", lambda _cursor: False),
    ("CREATEUSER",): ("superuser", lambda _cursor: True),
    ("NOCREATEUSER",): ("superuser", lambda _cursor: False),
    ("SYSLOG", "ACCESS"): ("syslog", _syslog),
    ("VALID", "UNTIL"): ("valid_until", _until),
    ("CONNECTION", "LIMIT"): ("connections", _limit),
    ("SESSION", "TIMEOUT"): ("session_timeout", _timeout),
    ("RESET", "SESSION", "TIMEOUT"): ("session_timeout", lambda _cursor: None),
    ("EXTERNALID",): ("", _refused),
}
