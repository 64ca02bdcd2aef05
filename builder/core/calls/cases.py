"""cases.yaml: calls with the answers that they must give, the same in process, in the image, deployed and through SQL.

    - name: a tile of zoom 4
      arguments: [4, 9, 8]
      output: 5209574053332910079
    - name: zoom out of range
      arguments: [27, 0, 0]
      error: "zoom 27 is out of range 0 to 26"

`error` is a part of the message. `unordered: true` ignores the order of a list, `tolerance` (default 1e-9) is for
floats and for coordinates, in their own unit. Geometries are WKT; as arguments GeoJSON text will do as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from builder.core.calls.geometry_text import same_geometry
from builder.core.catalog import marked_yaml
from builder.core.catalog.types import SPATIAL
from builder.errors import Problem, counted

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from builder.model import Function

_SHOWN = 200
_OLDER = "test_cases"
_NAMES = {"inputs": "arguments", "expected": "output"}


class Case(BaseModel):
    """One call. `output` may be null, so `error` being set tells which of the two is expected."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: list[Any]
    output: Any = None
    error: str | None = None
    unordered: bool = False
    tolerance: float = 1e-9

    @model_validator(mode="after")
    def _one_expectation(self) -> Case:
        if ("output" in self.model_fields_set) == (self.error is not None):
            raise ValueError("give either `output` (null for NULL) or `error`")
        return self


_CASES = TypeAdapter(list[Case])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a call gave: a value, or the text of an error."""

    value: Any = None
    error: str | None = None


def parse(text: str, function: Function, *, where: str) -> tuple[tuple[Case, ...], list[Problem]]:
    """The cases of one file, and everything that is wrong with it."""
    marked, problems = marked_yaml.read(text, where)
    if marked is None or problems:
        return (), problems
    # Where the list stands in the file.
    base = (_OLDER,) if isinstance(marked.data, dict) else ()
    try:
        found = _CASES.validate_python(_in_our_words(marked.data or [], function))
    except ValidationError as error:
        return (), [_invalid(item, base, marked) for item in error.errors(include_url=False)]
    wanted = len(function.parameters)
    first: dict[str, int] = {}
    for index, case in enumerate(found):
        place = marked.place((*base, index, "name"))
        if len(case.arguments) != wanted and not function.template:
            what = f"{counted(len(case.arguments), 'argument')} for a function of {wanted}"
            problems.append(Problem(where=place, key=case.name, what=what))
        if first.setdefault(case.name, index) != index:
            problems.append(Problem(where=place, key=case.name, what="two cases have this name", hint="rename one"))
    return tuple(found), problems


def _invalid(item: ErrorDetails, base: tuple[str, ...], marked: marked_yaml.Marked) -> Problem:
    path = (*base, *item["loc"])
    said = {"missing": "is missing", "extra_forbidden": "unknown key"}.get(item["type"], item["msg"])
    hint = f"a case has {', '.join(Case.model_fields)}" if item["type"] in {"missing", "extra_forbidden"} else ""
    return Problem(where=marked.place(path), key=marked_yaml.dotted(path), what=said, hint=hint)


def _in_our_words(data: Any, function: Function) -> Any:
    """The older form, `test_cases` with `inputs` by name and `expected`, in ours."""
    if not isinstance(data, dict) or not isinstance(data.get(_OLDER), list):
        return data
    names = [parameter.name.lower() for parameter in function.parameters]
    return [_case(each, names) if isinstance(each, dict) else each for each in data[_OLDER]]


def _case(each: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Inputs in the function's order. Under names that it has not, and in a template, they are in their own."""
    renamed = {_NAMES.get(key, key): value for key, value in each.items()}
    inputs = renamed.get("arguments")
    if not isinstance(inputs, dict):
        return renamed
    named = {str(key).lower(): value for key, value in inputs.items()}
    ordered = [named[name] for name in names] if set(named) == set(names) else list(inputs.values())
    return {**renamed, "arguments": ordered}


def mismatch(function: Function, case: Case, outcome: Outcome) -> str:
    """What is wrong with an outcome; "" where nothing is."""
    if case.error is not None:
        if outcome.error is None:
            return f"expected an error with {case.error!r}, got {_shown(outcome.value)}"
        return "" if case.error in outcome.error else f"expected an error with {case.error!r}, got {outcome.error!r}"
    if outcome.error is not None:
        return f"expected {_shown(case.output)}, got the error {outcome.error!r}"
    try:
        equal = _equal(function.returns, case, outcome.value)
    except ValueError as error:
        return f"expected {_shown(case.output)}, got {_shown(outcome.value)}: {error}"
    return "" if equal else f"expected {_shown(case.output)}, got {_shown(outcome.value)}"


def _equal(type_: str, case: Case, value: Any) -> bool:
    if type_ in SPATIAL and isinstance(case.output, str) and isinstance(value, str):
        return same_geometry(case.output, value, tolerance=case.tolerance)
    if case.unordered and isinstance(case.output, list) and isinstance(value, list):
        return _close(sorted(case.output, key=repr), sorted(value, key=repr), case.tolerance)
    return _close(case.output, value, case.tolerance)


def _close(expected: Any, found: Any, tolerance: float) -> bool:
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(
            _close(a, b, tolerance) for a, b in zip(expected, found, strict=True)
        )
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(_close(expected[key], found[key], tolerance) for key in expected)
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, float) and isinstance(found, (int, float)):
        if math.isnan(expected) or math.isnan(found):
            return math.isnan(expected) and math.isnan(found)
        return math.isclose(expected, found, rel_tol=0, abs_tol=tolerance)
    return bool(expected == found)


def _shown(value: Any) -> str:
    text = "NULL" if value is None else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
