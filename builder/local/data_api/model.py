"""AWS's own description of the services, as botocore ships it: what a request may hold, and how a reply is written.

Bounds, patterns and required members are read from the model, so they are those of the installed botocore.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "list": (list,),
    "structure": (dict,),
}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ApiError(Exception):
    """What a caller is told: the exception's name in the service's model, and its message."""

    def __init__(self, code: str, message: str, *, status: int = 400, **fields: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


@cache
def service(name: str) -> ServiceModel:
    """`redshift-data`, `redshift` or `redshift-serverless`."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), service_name=name)


def check(shape: Any, given: Any) -> None:
    """Raises ApiError: SerializationException for a wrong type, ValidationException for everything out of bounds."""
    found = list(_problems(shape, given, ""))
    patterns = [text for kind, text in found if kind == "pattern"]
    if patterns:
        # The Data API words this one by itself.
        raise invalid(patterns[0])
    if found:
        plural = "s" if len(found) > 1 else ""
        texts = "; ".join(text for _, text in found)
        raise invalid(f"{len(found)} validation error{plural} detected: {texts}")


def _problems(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    kinds = _KINDS.get(shape.type_name, ())
    wrong = kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds))
    if wrong:
        raise ApiError("SerializationException", f"{path or 'the request'} is not a {shape.type_name}")
    if shape.type_name == "structure":
        yield from _members(shape, value, path)
    elif shape.type_name == "list":
        for number, each in enumerate(value, 1):
            yield from _problems(shape.member, each, f"{path}.{number}.member")
    yield from _bounds(shape, value, path)


def _members(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, member in shape.members.items():
        inner = f"{path}.{_lower(name)}" if path else _lower(name)
        if value.get(name) is not None:
            yield from _problems(member, value[name], inner)
        elif name in shape.required_members:
            yield "required", f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"


def _bounds(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    rules = shape.metadata
    if shape.type_name in {"string", "list"}:
        size, what = len(value), "have length "
    elif shape.type_name in {"integer", "long"}:
        size, what = value, "have value "
    else:
        return
    head = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must "
    if "min" in rules and size < rules["min"]:
        yield "bound", f"{head}{what}greater than or equal to {rules['min']}"
    if "max" in rules and size > rules["max"]:
        yield "bound", f"{head}{what}less than or equal to {rules['max']}"
    if "enum" in rules and value not in rules["enum"]:
        yield "enum", f"{head}satisfy enum value set: [{', '.join(rules['enum'])}]"
    if "pattern" in rules and re.fullmatch(rules["pattern"], value) is None:
        yield "pattern", f"{path.rpartition('.')[2]} must satisfy regex pattern: ^{rules['pattern']}$"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def read_query(shape: Any, form: Mapping[str, str], prefix: str = "") -> Any:
    """The Query protocol's flat form as the structure it stands for: `AddIamRoles.IamRoleArn.1=...`."""
    if shape.type_name == "structure":
        found = {name: read_query(member, form, f"{prefix}{name}") for name, member in shape.members.items()}
        return {name: value for name, value in found.items() if value is not None}
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        values: list[Any] = []
        while f"{prefix}.{item}.{len(values) + 1}" in form:
            values.append(read_query(shape.member, form, f"{prefix}.{item}.{len(values) + 1}"))
        return values or None
    text = form.get(prefix)
    if text is None or shape.type_name == "string":
        return text
    if shape.type_name == "boolean":
        return text == "true"
    if not re.fullmatch(r"-?\d+", text):
        raise ApiError("MalformedInput", f"{prefix} is not a number")
    return int(text)


def write_query(shape: Any, value: Any, name: str) -> str:
    """A reply's XML. Timestamps come as ISO 8601 texts; what a structure does not hold is left out."""
    if shape.type_name == "structure":
        inner = "".join(
            write_query(member, value[key], key) for key, member in shape.members.items() if value.get(key) is not None
        )
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        inner = "".join(write_query(shape.member, each, item) for each in value)
    elif shape.type_name == "boolean":
        inner = "true" if value else "false"
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"


def escape(text: str) -> str:
    """For XML 1.0, which has no way at all to write some characters."""
    return _NO_XML.sub("?", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
