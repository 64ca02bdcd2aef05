"""Which names the runtime must answer to: Redshift calls an external function by the name that a template gave it.

Read by a pattern and not by the tokens of `sql_text`, because the image's build writes the manifest too, and has
neither Jinja2 nor sqlglot. `sql_checks` compares the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder import names

if TYPE_CHECKING:
    from builder.model import Function

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_PART = r"(?:\"[^\"]+\"|\{\{[^{}]*\}\}|[\w@$]+)"
_EXTERNAL = re.compile(rf"\bEXTERNAL\s+FUNCTION\s+(?:{_PART}\s*\.\s*)?(?P<name>{_PART})\s*\(", re.IGNORECASE)
_ITSELF = re.compile(r"@@FUNCTION_NAME@@|\{\{\s*function_name\s*(?:\|\s*(?:identifier|lower|upper)\s*)?\}\}")


def externals(template: str, name: str) -> tuple[str, ...]:
    """The external functions that a template makes, in lower case, in order, each once."""
    plain = _ITSELF.sub(name, _COMMENT.sub(" ", template))
    found = (match["name"].strip('"').lower() for match in _EXTERNAL.finditer(plain))
    return tuple(dict.fromkeys(found))


def answered(function: Function) -> tuple[str, ...]:
    """Every name under which the function's handler is called, its own first."""
    made = externals(function.sql or "", function.name) if function.template else ()
    return tuple(dict.fromkeys((function.name, names.external_name(function.name), *made)))
