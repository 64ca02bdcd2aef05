"""The templates of the folder sql/, one a statement."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.meta import find_undeclared_variables

from builder.core.sql.text import dollar_quoted
from builder.model import Statement
from builder.names import quote_identifier, quote_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PACKAGE = Path(__file__).parents[2]
# In a wheel the templates are inside the package, in a checkout beside it.
_FOLDERS = (_PACKAGE / "_assets" / "sql", _PACKAGE.parent / "sql")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*(?:\((?:MAX|[0-9]+(?:, ?[0-9]+)?)\))?")


def statement(template: str, *, subject: str, **values: Any) -> Statement:
    """One statement. A variable that the template names and the caller does not give is an error."""
    return Statement(subject=subject, text=_template(template)(**values))


@lru_cache(maxsize=64)
def _template(name: str) -> Callable[..., str]:
    # Kept here: the environment would look at the file's time at each use.
    module: Any = _environment().get_template(f"{name}.sql.j2").module
    made: Callable[..., str] = module.statement
    return made


class _Macros(FileSystemLoader):
    """Each template as a macro of its variables: a call takes a third of a rendering, and a plan has thousands."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, current = super().get_source(environment, template)
        names = sorted(find_undeclared_variables(environment.parse(source)))
        # On one line with the first: an error names the line in the file.
        return f"{{% macro statement({', '.join(names)}) %}}{source.rstrip()}{{% endmacro %}}", path, current


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # SQL, not HTML: names and literals go through the filters below.
    environment = Environment(
        loader=_Macros(_FOLDERS),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (SQL: HTML's escapes would change it)
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "identifier": quote_identifier,
        "literal": quote_literal,
        "role": role,
        "sql_type": sql_type,
        "sql_types": sql_types,
        "dollar_quoted": dollar_quoted,
    }
    return environment


@lru_cache(maxsize=4096)
def is_type(text: str) -> bool:
    """Whether a text has a type's form. A type cannot be quoted, so nothing else may stand in its place."""
    return _TYPE.fullmatch(text) is not None


def sql_type(text: str) -> str:
    """A type, as it is. Raises ValueError."""
    if not is_type(text):
        raise ValueError(f"{text!r} is not a type")
    return text


def sql_types(texts: Iterable[str]) -> str:
    """Types with commas between them. Raises ValueError."""
    return ", ".join(map(sql_type, texts))


@lru_cache(maxsize=64)
def role(text: str) -> str:
    """`default` is a keyword; an ARN, or a chain of them, is a literal."""
    return text if text == "default" else quote_literal(role_chain(text))


def role_chain(text: str) -> str:
    """ARNs with commas and no blanks between them, as Redshift wants them."""
    return ",".join(part.strip() for part in text.split(","))
