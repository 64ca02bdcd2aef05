"""`builder status --format json`: the document, and its schema, which is read off the same dataclasses."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from builder.core.deploy import explain, plan_schema
from builder.core.deploy.orphans import Orphan
from builder.core.deploy.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.core.deploy.actions import Action
    from builder.errors import Problem


def document(
    rows: Iterable[Standing], drift: Iterable[Action], unknown: Iterable[Problem], left: Iterable[Orphan]
) -> dict[str, Any]:
    """What is deployed, what deploy would change, what could not be compared, and what nobody wants."""
    return {
        "functions": [asdict(row) for row in rows],
        "drift": explain.data(drift),
        "drift_unknown": [str(problem) for problem in unknown],
        "orphans": [asdict(each) for each in left],
    }


def json_schema() -> dict[str, Any]:
    """docs/status.schema.json. `builder schema status` prints it."""
    parts = {
        "functions": plan_schema.record(Standing),
        "drift": plan_schema.any_action(),
        "drift_unknown": {"type": "string"},
        "orphans": plan_schema.record(Orphan),
    }
    return {
        "$schema": plan_schema.DIALECT,
        "title": "What builder status answers",
        "type": "object",
        "properties": {name: {"type": "array", "items": items} for name, items in parts.items()},
        "required": list(parts),
        "additionalProperties": False,
        "$defs": plan_schema.actions_by_name(),
    }
