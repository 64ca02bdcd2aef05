"""What the functions of one Lambda ask of it: they share its environment and everything else, and must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.catalog.units import Unit
    from builder.model import Function

OWN = "make them agree, or give one of them a Lambda of its own: own_lambda: true"


def conflicts(unit: Unit) -> Iterator[Problem]:
    """What the functions of one Lambda ask that it cannot have all at once."""
    for field in ("environment", "tags"):
        said: dict[str, tuple[str, Function]] = {}
        for function in unit.functions:
            for name, value in getattr(function.config, field):
                known, other = said.setdefault(name, (value, function))
                if known != value:
                    what = f"differs from that of {other.name}, which shares its Lambda function"
                    yield _problem(function, f"{field}.{name}", what, OWN)
    for field in ("image_config", "vpc", "snap_start"):
        told = [(getattr(function.config, field), function) for function in unit.functions]
        given = [(value, function) for value, function in told if value is not None]
        for value, function in given[1:]:
            if value != given[0][0]:
                what = f"differs from that of {given[0][1].name}, which shares its Lambda function"
                yield _problem(function, field, what, OWN)
    fast = next((each for each in unit.functions if each.config.snap_start), None)
    ready = next((each for each in unit.functions if each.config.provisioned_concurrency), None)
    if fast and ready:
        # Lambda, "Improving startup performance with SnapStart": supported features and limitations.
        what = "Lambda has no provisioned concurrency for functions with SnapStart"
        yield _problem(ready, "provisioned_concurrency", what, "keep one of the two")


def needs_alias(unit: Unit) -> Iterator[Problem]:
    """What holds for published versions alone, where SQL calls the function by its bare name."""
    hint = "set RS_LAMBDA_ALIAS=true, so that SQL calls the alias `live`; or take the key out"
    for function in unit.functions:
        for field in ("snap_start", "provisioned_concurrency"):
            if getattr(function.config, field):
                yield _problem(function, field, "works for published versions alone, which SQL does not call", hint)


def _problem(function: Function, field: str, what: str, hint: str) -> Problem:
    return Problem(where=f"{function.root}/function.yaml", key=f"clouds.redshift.config.{field}", what=what, hint=hint)
