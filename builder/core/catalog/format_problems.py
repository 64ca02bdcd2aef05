"""What the models refuse, in the words of someone who edits function.yaml: file, line, key path, what, what to do."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from builder.core.catalog.function_file import FunctionFile
from builder.core.catalog.marked_yaml import dotted
from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from builder.core.catalog.marked_yaml import Marked

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
}
_SHOWN = 12
# In place of a regular expression, which few want to read.
_FORMS = {
    "runtime": "write the Python's version as python3.13",
    "handler": "write file.function, as handler.lambda_handler",
}


def explain(error: ValidationError, document: Marked) -> list[Problem]:
    """One problem for each thing that the models refuse."""
    return [_problem(detail, document) for detail in error.errors(include_url=False)]


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = get_close_matches(word.lower(), [each.lower() for each in known], n=1)
    return close[0] if close else None


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint: the closest of the known words, or all of them where none is close."""
    close = close_to(word, known)
    if close:
        return f"did you mean {close!r}?"
    if not known:
        return ""
    return f"known: {', '.join(known[:_SHOWN])}{', ...' if len(known) > _SHOWN else ''}"


def _problem(detail: ErrorDetails, document: Marked) -> Problem:
    path = detail["loc"]
    what, hint = _words(detail)
    return Problem(where=document.place(path), key=dotted(path), what=what, hint=hint)


def _words(detail: ErrorDetails) -> tuple[str, str]:  # noqa: PLR0911 (an arm for each kind of refusal)
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    value = _said(detail["input"])
    match kind:
        case "missing":
            return "is missing", "add it"
        case "extra_forbidden" | "invalid_key":
            return f"unknown key {str(path[-1])!r}", did_you_mean(str(path[-1]), _keys(path[:-1]))
        case "literal_error":
            return f"{value} is not one of {context['expected']}", ""
        case "greater_than_equal":
            return f"{value} is too small", f"at least {context['ge']}"
        case "less_than_equal":
            return f"{value} is too large", f"at most {context['le']}"
        case "string_pattern_mismatch":
            return f"{value} has not the form that is wanted", _FORMS.get(str(path[-1]), f"write {context['pattern']}")
        case "value_error":
            # Our own validators say "what is wrong: what to write".
            what, _, hint = str(context["error"]).rpartition(": ")
            return (what, hint) if what else (hint, "")
        case _ if kind in _WANTED:
            hint = "put it in quotes" if kind == "string_type" and not isinstance(detail["input"], list | dict) else ""
            return f"{value} stands where {_WANTED[kind]} should", hint
        case _:
            return detail["msg"], ""


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value) if isinstance(value, str | int | float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 (a line of a terminal)


def _keys(path: tuple[int | str, ...]) -> list[str]:
    """The keys that the format knows at a path."""
    model: type[BaseModel] = FunctionFile
    for part in path:
        if isinstance(part, str):
            field = model.model_fields.get(part)
            found = next(_models(field.annotation), None) if field else None
            if found is None:
                return []
            model = found
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
