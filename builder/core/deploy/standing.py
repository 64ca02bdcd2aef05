"""What is deployed of each module, and whether it is what the lock and the catalogue say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.deploy import policies, replaced
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import FunctionState, Observed
    from builder.model import Function, Image

SHORT = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One Lambda function of a module. `image` is a short digest; `sql` says how many of its functions are in Redshift.

    Native SQL functions count with the first; a module of nothing else has a row without a Lambda function.
    """

    module: str
    function: str
    state: str
    image: str
    lock: str
    sql: str


def standing(
    scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed
) -> tuple[Standing, ...]:
    """A row for each Lambda function of the selection, then what they have taken over from."""
    scopes = replaced.settle(scopes, settings, observed)
    return (
        *(row for scope in scopes for row in _rows(scope, lock, settings, observed)),
        *_replaced(scopes, settings, observed),
    )


def _replaced(scopes: Sequence[Scope], settings: Settings, observed: Observed) -> Iterator[Standing]:
    for module, name, unit in replaced.replaced(scopes, settings, observed):
        yield Standing(module=module, function=name, state=f"zip, replaced by {unit.name}", image="", lock="", sql="")
    for unit in replaced.left_over(scopes, settings, observed):
        state = observed.function(unit.name)
        image = state.digest[:SHORT] if state else ""
        yield Standing(module=unit.module, function=unit.name, state="not used any more", image=image, lock="", sql="")


def _rows(scope: Scope, lock: Mapping[str, Image], settings: Settings, observed: Observed) -> Iterator[Standing]:
    natives = tuple(function for function in scope.functions if function.kind == "sql")
    units = scope.units(settings)
    if not units:
        yield _row(scope.module.name, natives, observed, state="needs none")
    for place, unit in enumerate(units):
        function = observed.function(unit.name)
        selected = tuple(each for each in scope.functions if unit.serves((each.name,)))
        yield _row(
            scope.module.name,
            (*selected, *natives) if place == 0 else selected,
            observed,
            name=unit.name,
            function=function,
            state=_state(function, settings),
            lock=_lock(function, lock.get(unit.image)),
        )


def _row(
    module: str,
    functions: Sequence[Function],
    observed: Observed,
    *,
    name: str = "",
    function: FunctionState | None = None,
    state: str,
    lock: str = "",
) -> Standing:
    return Standing(
        module=module,
        function=name,
        state=state,
        image=function.digest[:SHORT] if function else "",
        lock=lock,
        sql=_sql(functions, observed),
    )


def _state(function: FunctionState | None, settings: Settings) -> str:
    if function is None:
        return "not deployed"
    if not policies.is_ours(function.tags, settings.lambda_prefix):
        return "not ours"
    update = "" if function.last_update == "Successful" else f", update {function.last_update}"
    reason = f": {function.reason}" if function.reason else ""
    return f"{function.state}{update}{reason}"


def _lock(function: FunctionState | None, image: Image | None) -> str:
    if image is None:
        return "not built"
    if not image.repository:
        return "not pushed"
    if function is None:
        return "not deployed"
    return "same" if function.digest == image.digest else "differs"


def _sql(functions: Sequence[Function], observed: Observed) -> str:
    warehouse = observed.warehouse
    if warehouse is None:
        return "no Redshift"
    listed = set(warehouse.routines)
    there = sum(set(sql.routines(function)) <= listed for function in functions)
    return f"{there} of {len(functions)}"
