"""The JSON Schema of a plan file. The actions' part is read off their dataclasses, so that it cannot fall behind."""

from __future__ import annotations

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from builder.core.deploy import actions, explain
from builder.core.deploy.plan_file import PlanFile
from builder.model import Architecture, Definition, Kind, LambdaOptions, Routine, Statement

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What actions.py names for the type checker alone.
_NAMES = {
    "Architecture": Architecture,
    "Definition": Definition,
    "LambdaOptions": LambdaOptions,
    "Routine": Routine,
    "Kind": Kind,
    "Statement": Statement,
}
_PLAIN = {str: "string", bool: "boolean", int: "integer", type(None): "null"}


def json_schema() -> dict[str, Any]:
    """docs/plan.schema.json. `builder schema plan` prints it."""
    schema = PlanFile.model_json_schema()
    schema["properties"]["actions"]["items"] = any_action()
    schema["$defs"] |= actions_by_name()
    return {"$schema": DIALECT, **schema}


def any_action() -> dict[str, Any]:
    """One of the actions, which stand under `$defs`."""
    return {"oneOf": [{"$ref": f"#/$defs/{action.__name__}"} for action in get_args(actions.Action)]}


def actions_by_name() -> dict[str, Any]:
    """The schema of each kind of action."""
    return {action.__name__: _action(action) for action in get_args(actions.Action)}


def _action(action: Any) -> dict[str, Any]:
    schema = record(action)
    schema["properties"] = {"action": {"const": explain.kind_of(action)}, **schema["properties"]}
    schema["required"] = ["action", *schema["required"]]
    return {"description": str(action.__doc__), **schema}


def record(kind: Any) -> dict[str, Any]:
    """The schema of a dataclass."""
    hints = get_type_hints(kind, localns=_NAMES, include_extras=True)
    fields = [field.name for field in dataclasses.fields(kind)]
    return {
        "type": "object",
        "properties": {name: _of(hints[name]) for name in fields},
        "required": fields,
        "additionalProperties": False,
    }


def _of(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return {"type": "object", "description": "a policy document"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each) for each in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    return record(hint)
