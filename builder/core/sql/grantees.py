"""Whom RS_GRANTEES names: as SQL writes them, and how to ask Redshift whether they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from builder.core.sql.templates import statement
from builder.errors import Problem
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    Kind: TypeAlias = Literal["user", "group", "role"]

_VIEWS: Mapping[Kind, str] = {"user": "PG_USER", "group": "PG_GROUP", "role": "SVV_ROLES"}


def written(text: str) -> str:
    """`PUBLIC`, `"ana"`, `GROUP "maps"` or `ROLE "maps"`."""
    named = _named(text)
    if named is None:
        return "PUBLIC"
    kind, name = named
    return quote_identifier(name) if kind == "user" else f"{kind.upper()} {quote_identifier(name)}"


def queries(grantees: Iterable[str]) -> dict[Kind, str]:
    """What to ask, by kind; a row is the name of one who is there. PUBLIC always is."""
    names: dict[Kind, list[str]] = {}
    for kind, name in filter(None, map(_named, grantees)):
        names.setdefault(kind, []).append(name.lower())
    return {kind: statement("grantees", subject=kind, kind=kind, names=asked).text for kind, asked in names.items()}


def missing(grantees: Iterable[str], found: Mapping[Kind, Iterable[str]], *, superuser: bool) -> tuple[str, ...]:
    """Those who are not there. `found` has the answers' names by kind.

    SVV_ROLES shows all roles to a superuser, to others only those that they own or have access to (SVV_ROLES): what
    these do not see may be there. PG_USER and PG_GROUP are open to all.
    """
    # ASCII letters are kept in lower case, quoted ones too, unless a session says otherwise (Names and identifiers).
    there = {(kind, name.lower()) for kind, names in found.items() for name in names}
    named = ((text, _named(text)) for text in grantees)
    return tuple(
        text
        for text, each in named
        if each is not None and (each[0], each[1].lower()) not in there and (superuser or each[0] != "role")
    )


def problems(absent: Iterable[str]) -> Iterator[Problem]:
    """One for each of those who are not there."""
    for kind, name in filter(None, map(_named, absent)):
        hint = f"correct the name ({_VIEWS[kind]} lists them), or create the {kind} first"
        yield Problem(where="RS_GRANTEES", what=f"Redshift has no {kind} {name!r}", hint=hint)


def _named(text: str) -> tuple[Kind, str] | None:
    """None for PUBLIC."""
    word, _, name = text.strip().partition(" ")
    if name and word.lower() == "group":
        return "group", name.strip()
    if name and word.lower() == "role":
        return "role", name.strip()
    return None if not name and word.lower() == "public" else ("user", text.strip())
