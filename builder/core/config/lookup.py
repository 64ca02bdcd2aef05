"""Looks settings up in layers, the strongest first, and gathers what was wrong with them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from builder.core.config.keys import BY_VARIABLE, CREDENTIALS, OLDER
from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.core.config.env_files import Given, Layer

T = TypeVar("T")


class Lookup:
    """`problems` and `notices` grow with every value that is asked for."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers
        self.problems: list[Problem] = []
        self.notices: list[str] = []

    def value(self, variable: str, read: Callable[[str], T]) -> T | None:
        """The strongest layer's value, read; None where nobody says anything, or nothing that can be read."""
        given = self.given(variable)
        if given is None:
            return None
        try:
            return read(given.text)
        except ValueError as error:
            what, _, hint = str(error).rpartition(": ")
            self.problems.append(Problem(where=given.origin, what=what, hint=hint))
            return None

    def given(self, variable: str) -> Given | None:
        """The value as it was written, and where. Credentials come from the strongest source that has any."""
        older = next((old for old, new in OLDER.items() if new == variable), "")
        for layer in self._credentials() if variable in CREDENTIALS else self.layers:
            if variable in layer.values:
                return layer.values[variable]
            if older in layer.values:
                notice = f"{layer.values[older].origin} is the older spelling of {variable}"
                if notice not in self.notices:
                    self.notices.append(notice)
                return layer.values[older]
        return None

    def incomplete(self, variable: str, without: str) -> None:
        """Records that `variable` was given and `without`, which it cannot do without, was not."""
        given = self.given(variable)
        hint = f"set {without} in the same place, or remove {variable}"
        self.problems.append(
            Problem(where=given.origin if given else variable, what=f"is set without {without}", hint=hint)
        )

    def _credentials(self) -> Sequence[Layer]:
        # A role's ARN alone says nothing: the web identity's token is what counts.
        sources = [name for name in CREDENTIALS if name != "AWS_ROLE_ARN"]
        return [layer for layer in self.layers if any(name in layer.values for name in sources)][:1]


def environment(layers: Sequence[Layer]) -> Given | None:
    """`--env`, else RS_ENV: which configs/<env>.yaml is read. The command line's is the first of the layers."""
    flag = layers[0].values.get("env") if layers else None
    return flag or next((layer.values["RS_ENV"] for layer in layers if "RS_ENV" in layer.values), None)


def slips(layers: Sequence[Layer]) -> tuple[list[Problem], list[str]]:
    """Variables that look like a setting and are none.

    One of our own `.env` files that begins with RS_ or IMAGE_ is a problem: nobody else reads those. Others are only
    noticed, the AWS command line has more variables than we do; and so is RS_ in the environment, which we share.
    """
    known = [*BY_VARIABLE, *OLDER]
    problems: list[Problem] = []
    notices: list[str] = []
    for layer in layers:
        for name, given in layer.values.items():
            apart = name in known or not (layer.file or name.startswith("RS_"))
            close = [] if apart else get_close_matches(name, known, n=1, cutoff=0.85)
            if not close:
                continue
            if layer.file and name.startswith(("RS_", "IMAGE_")):
                hint = f"did you mean {close[0]}?"
                problems.append(Problem(where=given.origin, what="is not a setting", hint=hint))
            else:
                notices.append(f"{given.origin} is not a setting: did you mean {close[0]}?")
    return problems, notices
