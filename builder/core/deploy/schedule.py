"""Which actions of a plan wait for which. What remains may go on at the same time.

A plan's order is always a right one; this takes out of it what is order for order's sake. Two actions keep theirs when
they are about the same module or the same role, when one is about a role (functions run under it, SQL names it), and
when both are SQL: there is one connection, and one module's functions may call another's. Attaching a role counts as
SQL, which names the role. Two Lambda functions of one module do not wait for one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy.actions import (
    Action,
    CreateRole,
    DeleteRole,
    FunctionAction,
    HolderAction,
    PutRolePolicy,
    RoleAction,
    RolloutAction,
    SqlAction,
    UpdateTrust,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT_LAMBDA = FunctionAction | RolloutAction


def needs(actions: Sequence[Action]) -> tuple[frozenset[int], ...]:
    """For each action the places, in the plan, of those that must be done before it starts."""
    return tuple(
        frozenset(earlier for earlier in range(place) if _ordered(actions[earlier], action))
        for place, action in enumerate(actions)
    )


def _ordered(first: Action, second: Action) -> bool:
    if isinstance(first, RoleAction) or isinstance(second, RoleAction):
        return _role(first) == _role(second) or None in (_role(first), _role(second))
    if isinstance(first, (SqlAction, HolderAction)) and isinstance(second, (SqlAction, HolderAction)):
        return True
    if isinstance(first, _ABOUT_LAMBDA) and isinstance(second, _ABOUT_LAMBDA) and first.name != second.name:
        return False
    return _module(first) is not None and _module(first) == _module(second)


def _role(action: Action) -> str | None:
    match action:
        case CreateRole(name=name) | DeleteRole(name=name):
            return name
        case UpdateTrust(role=role) | PutRolePolicy(role=role):
            return role
        case _:
            return None


def _module(action: Action) -> str | None:
    return getattr(action, "module", None)
