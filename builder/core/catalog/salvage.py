"""What is left of a function.yaml when the keys that the models refuse are taken out.

Only so that the files that it names are looked at in the same run: nobody should correct a slip of the pen to be told
of the missing handler next. The rest is judged by the same checks; what was taken out has its own problem already.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from builder.core.catalog.function_file import FunctionFile

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_REDSHIFT = ("clouds", "redshift")
# What stands in for a part of the signature that cannot be read, so that it is not called missing as well.
_STAND_INS: dict[Any, Any] = {"arguments": [], "parameters": [], "output": "int", "returns": "int"}


def salvage(data: Any, error: ValidationError) -> FunctionFile | None:
    """The rest; None where what is wrong decides which files there should be."""
    rest = copy.deepcopy(data)
    try:
        for detail in error.errors(include_url=False, include_context=False):
            if not _take_out(rest, detail):
                return None
        return FunctionFile.model_validate(rest)
    except (ValidationError, LookupError, TypeError):
        return None


def _take_out(data: Any, detail: ErrorDetails) -> bool:
    """Takes out what one error is about; False where nothing sensible would be left."""
    path = detail["loc"]
    if path[:1] != ("clouds",) and path:
        if path[0] in FunctionFile.model_fields:
            data[path[0]] = _STAND_INS.get(path[0])
        else:
            del data[path[0]]
        return True
    if path[:2] == _REDSHIFT and path[2:] and path[2] in _STAND_INS:
        data["clouds"]["redshift"][path[2]] = _STAND_INS[path[2]]
        return True
    of_config = path[:3] == (*_REDSHIFT, "config") and path[3:] and path[3] != "handler"
    if of_config or detail["type"] == "extra_forbidden":
        for part in path[:-1]:
            data = data[part]
        del data[path[-1]]
        return True
    return False
