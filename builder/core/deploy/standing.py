"""What is deployed of each module, and whether it is what the lock and the catalogue say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.deploy import policies
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import FunctionState, Observed
    from builder.model import Image

SHORT = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One module. `image` is a short digest; `sql` says how many of its functions are in Redshift."""

    module: str
    function: str
    state: str
    image: str
    lock: str
    sql: str


def standing(
    scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed
) -> tuple[Standing, ...]:
    """A row for each module of the selection."""
    return tuple(_module(scope, lock.get(scope.module.name), settings, observed) for scope in scopes)


def _module(scope: Scope, image: Image | None, settings: Settings, observed: Observed) -> Standing:
    function = observed.module(scope.module.name).function
    return Standing(
        module=scope.module.name,
        function=function.name if function else "",
        state=_state(scope, function, settings),
        image=function.digest[:SHORT] if function else "",
        lock=_lock(scope, function, image),
        sql=_sql(scope, observed),
    )


def _state(scope: Scope, function: FunctionState | None, settings: Settings) -> str:
    if not scope.needs_lambda:
        return "needs none"
    if function is None:
        return "not deployed"
    if not policies.is_ours(function.tags, settings.lambda_prefix):
        return "not ours"
    update = "" if function.last_update == "Successful" else f", update {function.last_update}"
    reason = f": {function.reason}" if function.reason else ""
    return f"{function.state}{update}{reason}"


def _lock(scope: Scope, function: FunctionState | None, image: Image | None) -> str:
    if not scope.needs_lambda:
        return ""
    if image is None:
        return "not built"
    if not image.repository:
        return "not pushed"
    if function is None:
        return "not deployed"
    return "same" if function.digest == image.digest else "differs"


def _sql(scope: Scope, observed: Observed) -> str:
    warehouse = observed.warehouse
    if warehouse is None:
        return "no Redshift"
    listed = set(warehouse.routines)
    there = sum(set(sql.routines(function)) <= listed for function in scope.functions)
    return f"{there} of {len(scope.functions)}"
