"""Every error that the builder reports, with the exit code of its class.

    BuilderError                 1   a fact that is not as it should be
    ├── UsageError               2   the command line
    ├── CatalogError             3   function.yaml, handlers, requirements
    ├── SettingsError            4   environment, .env, configuration files, credentials that are missing
    ├── BuildError               5   a build or a push that failed
    ├── AwsError                 6   AWS refused or did not answer
    ├── WarehouseError           7   Redshift refused or did not answer
    ├── InvokeError              8   a function answered with an error
    ├── LocalError               9   the local cloud: a port in use, a part that does not start
    ├── CasesError              10   `builder test`: cases that failed or differ between two ways
    ├── StaleError              11   a plan in a file, or a release, that no longer fits the world
    ├── EngineError             69   no Docker engine (EX_UNAVAILABLE of sysexits.h)
    └── BusyError               75   another deploy is at work: try again later (EX_TEMPFAIL of sysexits.h)

An error carries problems: where, what, what to do. All that are known at once are reported at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


REDACTED = "***"
# What people paste and what other programs quote: `scheme://user:password@host`, the same without a scheme,
# `password=...` of a JDBC address, and the signature of an address that AWS has signed. `name:tag@sha256:` is an image.
_LOGIN = re.compile(
    r"""(?<=://)(?:[^\s@:/]*:\S*|[^\s@/]+)@(?!sha256:)|(?<![^\s'"/(=,;])[^\s'"@:/]+:[^\s'"@/]+@(?!sha256:)"""
)
_NAMED = re.compile(r"""(?i)\b(password|pwd|X-Amz-Signature|X-Amz-Security-Token)=[^\s&;'"]+""")


def counted(number: int, word: str) -> str:
    """`1 argument`, `2 arguments`."""
    return f"{number} {word}{'s' * (number != 1)}"


def redacted(text: str) -> str:
    """The text, with `***` for the logins and passwords of the addresses in it."""
    if "@" not in text and "=" not in text:
        return text
    return _NAMED.sub(rf"\1={REDACTED}", _LOGIN.sub(f"{REDACTED}@", text))


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong.

    `where` is a file (with `:line` if known), a function or a resource; `key` the dotted path inside it. Passwords in
    addresses are gone from all of them: what another program said is quoted here, and so is what a user has pasted.
    """

    where: str = ""
    key: str = ""
    what: str
    hint: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, redacted(getattr(self, field.name)))

    def __str__(self) -> str:
        place = " ".join(part for part in (self.where, self.key) if part)
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}\n    {self.hint}" if self.hint else text


class BuilderError(Exception):
    """The root. Raise a subclass, with one message or with several problems."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str = "", *, where: str = "", hint: str = "", problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems) or (Problem(where=where, what=what, hint=hint),)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(BuilderError):
    """A wrong word on the command line."""

    exit_code = 2


class CatalogError(BuilderError):
    """A catalogue that cannot be used as it is written."""

    exit_code = 3


class SettingsError(BuilderError):
    """A setting that is missing, malformed or unknown."""

    exit_code = 4


class BuildError(BuilderError):
    """An image that was not built, not locked or not pushed."""

    exit_code = 5


class AwsError(BuilderError):
    """AWS refused a call, or a resource did not reach its state before the deadline."""

    exit_code = 6


class WarehouseError(BuilderError):
    """Redshift refused a statement or a connection.

    `conflict`: another transaction was in the way. Nothing of ours has happened, and the same may succeed later.
    """

    exit_code = 7
    conflict: bool = False


class InvokeError(BuilderError):
    """A function was called and answered with an error."""

    exit_code = 8


class LocalError(BuilderError):
    """The local cloud could not be started, stopped or found."""

    exit_code = 9


class CasesError(BuilderError):
    """Cases of functions that failed, or that differ between two ways of running them."""

    exit_code = 10


class EngineError(BuilderError):
    """No Docker engine, or one that cannot build."""

    exit_code = 69


class StaleError(BuilderError):
    """A plan in a file, or a release, that no longer fits the world. Nothing was done."""

    exit_code = 11


class BusyError(BuilderError):
    """Another deploy or removal is at work. The same command may succeed later."""

    exit_code = 75
