"""What is wrong with a catalogue, all of it at once: file, key path, what, hint. Nothing here raises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder import names
from builder.core.catalog import lambda_options, sql_names
from builder.core.catalog.assembly import arguments, library_name, output
from builder.core.catalog.format_problems import did_you_mean
from builder.core.catalog.reserved import RESERVED
from builder.core.catalog.sources import PYTHON
from builder.core.catalog.types import needs_wrapper
from builder.core.catalog.units import units
from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from builder.core.catalog.assembly import Definition
    from builder.core.catalog.folders import Document
    from builder.core.catalog.units import Mode, Unit
    from builder.model import Function, Module, SharedLib

# Folder names are SQL names, paths in an image and parts of AWS names at once, so they keep to what all of them take.
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_MODULE = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LIBRARY = re.compile(r"[^\W\d]\w*", re.ASCII)
RUNTIME = f"python{PYTHON}"
_LAMBDA_ONLY = (
    "memory_size",
    "timeout",
    "max_batch_rows",
    "max_batch_size",
    "runtime",
    "handler",
    "own_lambda",
    "environment",
    "image_config",
    "log_retention",
    "reserved_concurrency",
    "provisioned_concurrency",
    "snap_start",
    "vpc",
    "tags",
)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, then line as a number, then key; each once."""
    return sorted(set(problems), key=_position)


def definition(each: Definition) -> list[Problem]:
    """What one function.yaml says that cannot be, beyond its format."""
    problems = _signature(each) + _names(each)
    return problems + (_sql_only(each) if each.redshift.type == "sql" else _lambda_only(each))


def notices(each: Definition, mode: Mode) -> list[str]:
    """Keys that are read and without effect here."""
    redshift, where = each.redshift, each.document.where
    said = []
    for key, folder in (("name", each.document.name), ("module", each.document.module)):
        value = getattr(each.spec, key)
        if value and value.lower() != folder.lower():
            said.append(f"{where}: {key} {value!r} is not used: the folder's name counts, {folder!r}")
    asked = redshift.config.own_lambda
    if redshift.lambda_name is not None and not (mode == "function" if asked is None else asked):
        said.append(f"{where}: lambda_name is not used: the functions of a module share its Lambda")
    if redshift.config.runtime not in (None, RUNTIME):
        said.append(f"{where}: runtime {redshift.config.runtime} is not used: every image has {RUNTIME}")
    return said


def duplicates(documents: Sequence[Document]) -> list[Problem]:
    """Functions whose SQL names meet: all share one schema, whatever their modules. Names are in lower case."""
    problems = []
    owners: dict[str, Document] = {}
    for each in documents:
        first = owners.setdefault(each.name, each)
        if first is not each:
            hint = "SQL names are case-insensitive and share one schema: rename one folder"
            what = f"{each.name!r} is defined twice (also in {first.where})"
            problems.append(Problem(where=each.where, what=what, hint=hint))
    return problems


def externals(functions: Sequence[Function], where: dict[str, str]) -> list[Problem]:
    """Functions whose external function would take another's name, or have a longer one than Redshift takes."""
    problems = []
    taken = {function.name: function.name for function in functions}
    for function in functions:
        for name in sql_names.answered(function)[2:]:
            owner = taken.setdefault(name, function.name)
            if owner != function.name:
                what = f"its template makes {name!r}, which is {owner}'s"
                problems.append(Problem(where=where[function.name], what=what, hint="rename one of the two"))
    for function in functions:
        if function.kind == "sql":
            continue
        external = names.external_name(function.name)
        if not function.template and needs_wrapper(function.parameters, function.returns):
            problems += names.check_identifier(external, where=where[function.name])
        # Without a wrapper too: an image answers for both names, whatever the types are in the next release.
        if external in taken:
            what = f"its external function would be {external!r}, which is another function of the catalogue"
            problems.append(Problem(where=where[function.name], what=what, hint="rename one of the two"))
    return problems


def libraries(each: Definition, known: Mapping[str, SharedLib]) -> list[Problem]:
    """Shared libraries, or parts of them, that a function names and nobody has."""
    problems = []
    for index, reference in enumerate(each.redshift.shared_libs):
        library = known.get(library_name(reference))
        if library is None:
            what = f"there is no shared library {reference!r}"
            hint = did_you_mean(reference, sorted(known)) or "shared libraries lie in _shared/python/<name>/"
        elif not _has(library, reference):
            what = f"the shared library {library.name!r} has no {reference.partition('/')[2]!r}"
            hint = did_you_mean(reference, [f"{library.name}/{file.path}" for file in library.files])
        else:
            continue
        problems.append(each.problem("clouds", "redshift", "shared_libs", index, what=what, hint=hint))
    return problems


def _has(library: SharedLib, reference: str) -> bool:
    part = reference.partition("/")[2].rstrip("/")
    paths = [file.path for file in library.files]
    return not part or part in paths or f"{part}.py" in paths or any(path.startswith(f"{part}/") for path in paths)


def library_folder(name: str, where: str) -> list[Problem]:
    """A library is imported as lib.<name>."""
    if _LIBRARY.fullmatch(name):
        return []
    return [Problem(where=where, what=f"{name!r} cannot be imported", hint="use letters, digits and _")]


def aws_names(modules: Iterable[Module], *, prefix: str, mode: Mode, where: Mapping[str, str]) -> list[Problem]:
    """Names that AWS would refuse with this prefix: Lambda functions, also where two meet, and image repositories. And
    what functions ask of the Lambda that they share and cannot all have.
    """
    problems = []
    owners: dict[str, Unit] = {}
    for module in modules:
        for part in module.images:
            place = where[part.lambdas[0].name]
            problems += names.check_repository_name(names.repository_name(prefix, part.image), where=place)
        for unit in units(module, prefix=prefix, mode=mode):
            problems += lambda_options.conflicts(unit)
            place = where[unit.functions[0].name]
            problems += names.check_lambda_name(unit.name, where=place)
            first = owners.setdefault(unit.name, unit)
            if first is not unit:
                what = f"two Lambda functions would be named {unit.name!r}: of {_called(first)} and of {_called(unit)}"
                hint = "give one of them another lambda_name, or rename one"
                problems.append(Problem(where=place, what=what, hint=hint))
    return problems


def _called(unit: Unit) -> str:
    if unit.own:
        return f"function {unit.functions[0].name}"
    return f"module {unit.module}" if unit.image == unit.module else f"a further image of module {unit.module}"


def _signature(each: Definition) -> list[Problem]:
    problems = []
    # A template says the types itself.
    if output(each) is None and not each.redshift.external_function_template:
        problems.append(each.problem(what="output is missing", hint="say what the function returns, as output: bigint"))
    parameters = arguments(each)
    if parameters is None and not each.redshift.external_function_template:
        hint = "list them, or write arguments: [] where there are none"
        problems.append(each.problem(what="arguments is missing", hint=hint))
    seen: set[str] = set()
    for parameter in parameters or ():
        problems += names.check_identifier(parameter.name, where=each.document.where)
        if parameter.name.lower() in seen:
            hint = "SQL names are case-insensitive: rename one"
            problems.append(each.problem("arguments", what=f"two arguments are named {parameter.name!r}", hint=hint))
        seen.add(parameter.name.lower())
    return problems


def _names(each: Definition) -> list[Problem]:
    return folder_names(each.document.module, each.document.name, where=each.document.where)


def folder_names(module: str, name: str, *, where: str) -> list[Problem]:
    """Folders' names that cannot be a module's or a function's."""
    problems = names.check_identifier(name, where=where)
    if not problems and not _NAME.fullmatch(name):
        what = f"the folder's name {name!r} cannot be a function's"
        problems = [Problem(where=where, what=what, hint="use letters, digits and _, no digit first")]
    if name in RESERVED:
        # Our own SQL quotes every name; that of everybody who calls the function would have to.
        what = f"{name!r} is a reserved word of Redshift's, and cannot be called without quotes"
        problems.append(Problem(where=where, what=what, hint="choose another name"))
    if not _MODULE.fullmatch(module):
        what = f"the folder's name {module!r} cannot be a module's"
        hint = "use lower case, digits and single - or _, a letter first"
        problems.append(Problem(where=where, what=what, hint=hint))
    return problems


def _sql_only(each: Definition) -> list[Problem]:
    redshift = each.redshift
    keys: list[tuple[str, ...]] = [
        ("config", key) for key in _LAMBDA_ONLY if getattr(redshift.config, key) not in (None, {})
    ]
    keys += [(key,) for key in ("requirements_file", "lambda_name") if getattr(redshift, key) is not None]
    keys += [("shared_libs",)] if redshift.shared_libs else []
    what, hint = "a SQL function has no Lambda that could use this", "remove it"
    return [each.problem("clouds", "redshift", *key, what=what, hint=hint) for key in keys]


def _lambda_only(each: Definition) -> list[Problem]:
    if each.redshift.config.volatility != "immutable":
        return []
    # Redshift, CREATE EXTERNAL FUNCTION: { VOLATILE | STABLE }; IMMUTABLE was taken out of the grammar.
    what = "an external function cannot be immutable"
    return [each.problem("clouds", "redshift", "config", "volatility", what=what, hint="write stable")]


def _position(problem: Problem) -> tuple[str, int, str, str]:
    file, _, line = problem.where.rpartition(":")
    return (
        (file, int(line), problem.key, problem.what)
        if line.isdecimal()
        else (problem.where, 0, problem.key, problem.what)
    )
