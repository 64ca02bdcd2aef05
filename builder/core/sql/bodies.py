"""Renders the SQL that a catalogue's author wrote: Jinja2 in a sandbox, and the older `@@NAME@@` spellings.

A catalogue may be a stranger's: its templates get text and numbers, and no way out of the sandbox.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from builder.errors import CatalogError, Problem
from builder.names import quote_identifier, quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

# The spellings of older catalogues, and the variable that each stands for.
MARKERS = {
    "SCHEMA": "schema",
    "RS_SCHEMA": "schema",
    "FUNCTION_NAME": "function_name",
    "LAMBDA_ARN": "lambda_arn",
    "IAM_ROLE_ARN": "iam_role",
    "MAX_BATCH_ROWS": "max_batch_rows",
    "PACKAGE_VERSION": "package_version",
}
_MARKER = re.compile(r"(?P<quote>[\"']?)@@(?P<name>[A-Za-z0-9_]+)@@(?P<end>[\"']?)")
_CLAUSE = re.compile(
    r"^[ \t]*(?:[A-Z_]+[ \t]+)*'?@@(?P<name>[A-Za-z0-9_]+)@@'?[ \t]*(?P<end>;?)[ \t]*(?:\n|\Z)", re.MULTILINE
)
# What needs no quoting in any place: a Lambda function's name or ARN, one role's ARN or a chain of them, `default`.
_BARE = re.compile(r"[A-Za-z0-9_+=.@:/,-]*")
_QUOTES = frozenset("'\"\\$")


@dataclass(frozen=True, kw_only=True)
class Variables:
    """What a template may name. All but `schema` must be free of quotes: they stand inside quotes of the author's.

    `empty` are variables that nobody has set: a line of nothing but a clause with such an `@@NAME@@` is removed, as the
    older tools did; elsewhere, and in Jinja2, the default stands.
    """

    schema: str
    function_name: str
    lambda_reference: str
    iam_role: str
    max_batch_rows: int
    max_batch_size: int
    retry_timeout: int
    package_version: str
    empty: frozenset[str] = frozenset()

    def of_template(self) -> dict[str, str | int]:
        """By the names that templates use. `schema` is a quoted identifier; max_batch_size is in KB."""
        return {
            "schema": quote_identifier(self.schema),
            "function_name": self.function_name,
            "lambda_reference": self.lambda_reference,
            "lambda_arn": self.lambda_reference,
            "iam_role": self.iam_role,
            "iam_role_arn": self.iam_role,
            "max_batch_rows": self.max_batch_rows,
            "max_batch_size": self.max_batch_size,
            "retry_timeout": self.retry_timeout,
            "package_version": self.package_version,
        }


def render(text: str, variables: Variables, *, where: str) -> str:
    """The text with every variable filled in.

    Raises CatalogError with all unknown variables at once, a template's error with its line, and values that cannot
    stand in a template.
    """
    values = variables.of_template()
    problems = [*_unfit(variables, where), *_unknown(text, values, where)]
    if problems:
        raise CatalogError(problems=problems)
    try:
        rendered = _compiled(text).render(values)
    except TemplateError as error:
        raise CatalogError(f"the template stops: {error}", where=where, hint="correct the expression") from error
    rendered = _without_empty_lines(rendered, variables.empty)
    return _MARKER.sub(partial(_filled, values=values, schema=variables.schema), rendered)


def _without_empty_lines(text: str, empty: frozenset[str]) -> str:
    """The end of a statement stays: `MAX_BATCH_ROWS @@MAX_BATCH_ROWS@@;` is often the last line of one."""
    if not empty:
        return text
    return _CLAUSE.sub(partial(_emptied, empty=empty), text)


def _emptied(match: re.Match[str], *, empty: frozenset[str]) -> str:
    if MARKERS.get(match["name"]) not in empty:
        return match[0]
    return ";\n" if match["end"] else ""


# One text is rendered several times on its way into a plan: anywhere, for its order, and for its place.
@lru_cache(maxsize=1024)
def _compiled(text: str) -> Template:
    return _environment().from_string(text)


@lru_cache(maxsize=1024)
def _undeclared(text: str) -> frozenset[str]:
    return frozenset(meta.find_undeclared_variables(_environment().parse(text)))


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    # SQL, not HTML: escaping would turn a quote into &#39;.
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"identifier": quote_identifier, "literal": quote_literal}
    return environment


def _unfit(variables: Variables, where: str) -> list[Problem]:
    """A value that could close a quote of the author's. Generated SQL quotes by itself and takes any name."""
    values = {"lambda_reference": variables.lambda_reference, "iam_role": variables.iam_role}
    problems = [
        Problem(where=where, key=key, what=f"{value!r} cannot stand in a template", hint="write a name or an ARN")
        for key, value in values.items()
        if not _BARE.fullmatch(value)
    ]
    if _QUOTES & set(variables.schema):
        problems.append(
            Problem(
                where=where,
                key="schema",
                what=f"the schema {variables.schema!r} holds a quote, a backslash or a dollar sign",
                hint="a function with SQL of its own needs a schema without them: change RS_SCHEMA or RS_PREFIX",
            )
        )
    return problems


def _unknown(text: str, values: Mapping[str, str | int], where: str) -> list[Problem]:
    try:
        names = _undeclared(text) - values.keys()
    except TemplateSyntaxError as error:
        what = f"the template does not parse: {error.message}"
        return [Problem(where=f"{where}:{error.lineno}", what=what, hint="correct the braces or the expression")]
    unknown = [f"{{{{ {name} }}}}" for name in sorted(names)]
    markers = dict.fromkeys(match["name"] for match in _MARKER.finditer(text))
    unknown += [f"@@{name}@@" for name in markers if name not in MARKERS]
    return [Problem(where=where, what=f"unknown variable {name}", hint=_known(values)) for name in unknown]


def _known(values: Mapping[str, str | int]) -> str:
    return f"known: {', '.join(values)}; and as @@NAME@@: {', '.join(MARKERS)}"


def _filled(match: re.Match[str], *, values: Mapping[str, str | int], schema: str) -> str:
    """A marker may stand bare or between quotes; `'@@IAM_ROLE_ARN@@'` may have to become the keyword `default`."""
    variable = MARKERS[match["name"]]
    quote, end = match["quote"], match["end"]
    if quote == end == '"' and variable == "schema":
        return quote_identifier(schema)
    if quote == end == "'" and variable == "schema":
        return quote_literal(schema)
    if quote == end == "'" and variable == "iam_role" and values["iam_role"] == "default":
        return "default"
    return f"{quote}{values[variable]}{end}"
