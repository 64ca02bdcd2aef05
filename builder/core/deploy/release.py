"""What stood in one place after a deploy, whole, so that it can stand there again.

A receipt says what is ours; a release says what it was made of: each Lambda function with the digest of its image and
its configuration, each SQL function with its statements. A release covers a whole place (a schema in a database), also
where the deploy was of a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from builder.core.deploy.desired import DesiredFunction, DesiredSql  # noqa: TC001  pydantic reads them
from builder.errors import StaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.core.deploy.desired import Desired
    from builder.core.deploy.receipt import Receipt

LIST = "`builder releases` lists them"


class Content(BaseModel):
    """`lambdas` by the label that the receipt keeps them under, `functions` by the catalogue's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lambdas: dict[str, DesiredFunction] = {}
    functions: dict[str, DesiredSql] = {}

    @property
    def empty(self) -> bool:
        return not (self.lambdas or self.functions)


class Release(BaseModel):
    """`made` is when, in UTC, as ISO 8601 writes it. `of`: the release that this one went back to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    number: int
    place: str
    made: str
    of: int | None = None
    content: Content

    @property
    def name(self) -> str:
        return name_of(self.number)


def name_of(number: int) -> str:
    """`r0007`."""
    return f"r{number:04}"


def number_of(name: str) -> int:
    """Raises StaleError for what is no release's name."""
    digits = name.strip().lower().removeprefix("r")
    if not digits.isascii() or not digits.isdecimal():
        raise StaleError(f"{name!r} is no release: write r0007", where="--to", hint=LIST)
    return int(digits)


def after(before: Content, desired: Desired, made: Receipt, place: str) -> Content:
    """What stands now: what stood, with what was wanted in its place, without what the receipt knows no more.

    What a deploy wanted comes last, in its own order: a function after those that it calls.
    """
    functions = {entry.name: entry for entry in desired.sql}
    lambdas = {made.label_of(wanted.name): wanted for wanted in desired.functions}
    known = made.place(place).functions
    kept_functions = {name: entry for name, entry in before.functions.items() if name not in functions}
    kept_lambdas = {label: entry for label, entry in before.lambdas.items() if label not in lambdas}
    return Content(
        lambdas={label: entry for label, entry in sorted({**kept_lambdas, **lambdas}.items()) if label in made.lambdas},
        functions={name: entry for name, entry in {**kept_functions, **functions}.items() if name in known},
    )


def target(numbers: Sequence[int], wanted: str, receipt: Receipt, *, place: str) -> int:
    """Which of a place's releases to go back to: the one that is named, else the one before the last.

    Where a run has stopped half way, what stands is no release: a rollback goes on to where it was going, and the one
    before is the last one.

    Raises StaleError where there is none.
    """
    if wanted:
        number = number_of(wanted)
        if number not in numbers:
            raise StaleError(f"{place} has no release {name_of(number)}", where="--to", hint=LIST)
        return number
    if numbers and place in receipt.begun:
        of = receipt.begun[place]
        return of if of is not None and of in numbers else numbers[-1]
    if len(numbers) < 2:  # noqa: PLR2004  the last one and the one before it
        found = "only one release" if numbers else "no release"
        raise StaleError(f"{place} has {found}: there is nothing to go back to", hint=LIST)
    return numbers[-2]
