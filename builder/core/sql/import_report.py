"""What is made of a catalogue, function by function, before anything is built: understood, assumed, wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.core.catalog import sql_names
from builder.core.catalog.folders import FUNCTION_FILE
from builder.core.catalog.sources import PYTHON
from builder.core.sql import statements as sql
from builder.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from builder.core.catalog.load import Survey
    from builder.errors import Problem
    from builder.model import Function


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One function. `wrong` are its problems, with place and remedy, as `builder validate` prints them."""

    module: str
    function: str
    understood: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """Sorted by module and function; `assumed` and `wrong` concern no one function."""

    entries: tuple[Entry, ...]
    assumed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def faults(self) -> int:
        return len(self.wrong) + sum(len(entry.wrong) for entry in self.entries)


def report(survey: Survey) -> Report:
    """What a build and a deploy of the catalogue would go by."""
    folders = {name: where.rpartition("/")[0] for name, where in survey.where.items()}
    problems = [*survey.problems, *_in_sql(survey)]
    taken = {name: [each for each in problems if _inside(each.where, folder)] for name, folder in folders.items()}
    notices = {
        name: [text for text in survey.catalog.notices if _inside(text, folder)] for name, folder in folders.items()
    }
    functions = {function.name: function for function in survey.catalog.functions}
    entries = [
        Entry(
            module=folder.rpartition("/")[0].rpartition("/")[2],
            function=name,
            understood=tuple(_understood(functions[name])) if name in functions else (),
            assumed=(*_assumed(functions.get(name)), *(_without_place(text) for text in notices[name])),
            wrong=tuple(str(problem) for problem in taken[name]),
        )
        for name, folder in folders.items()
    ]
    told = Counter(id(each) for found in taken.values() for each in found)
    said = {text for found in notices.values() for text in found}
    return Report(
        entries=tuple(sorted(entries, key=lambda entry: (entry.module, entry.function))),
        assumed=tuple(text for text in survey.catalog.notices if text not in said),
        wrong=tuple(str(each) for each in problems if not told[id(each)]),
    )


def _in_sql(survey: Survey) -> Iterator[Problem]:
    """Of functions whose files are in order: what Redshift would refuse, in the files that messages name."""
    found = {problem.where.rpartition("/")[0] for problem in survey.problems}
    for function in survey.catalog.functions:
        folder = survey.where[function.name].rpartition("/")[0]
        if not any(_inside(place, folder) for place in found):
            for problem in sql.check(function):
                inside = problem.where.removeprefix(function.root).removeprefix("/") or FUNCTION_FILE
                yield replace(problem, where=f"{folder}/{inside}")


def _inside(where: str, folder: str) -> bool:
    return where == folder or where.startswith((f"{folder}/", f"{folder}:"))


def _without_place(notice: str) -> str:
    return notice.partition(": ")[2] or notice


def _understood(function: Function) -> Iterator[str]:
    types = ", ".join(parameter.type for parameter in function.parameters)
    if function.template:
        yield f"a template of {_made(function)}"
    elif function.kind == "sql":
        yield f"SQL: ({types}) gives {function.returns}"
    else:
        yield f"Python: ({types}) gives {function.returns}"
    if function.wrappers:
        yield f"the wrapper {_listed(function.wrappers)}"
    if function.shared_libs:
        yield f"the shared libraries {_listed(function.shared_libs)}"
    if function.requirements:
        yield f"the packages {_listed(function.requirements)}"
    if asked := _listed(_asked(function)):
        yield f"the settings {asked}"


def _asked(function: Function) -> Iterator[str]:
    """What the function asks of its Lambda and of its external function."""
    config = function.config
    limits = (("memory", config.memory_size, "MB"), ("time-out", config.timeout, "s"))
    yield from (f"{name} {value} {unit}" for name, value, unit in limits if value is not None)
    if config.max_batch_rows is not None:
        yield f"batches of {config.max_batch_rows} rows"
    if config.max_batch_size is not None:
        yield f"batches of {config.max_batch_size // 1024} KB"
    if config.own_lambda:
        yield "a Lambda of its own"


def _made(function: Function) -> str:
    try:
        return _listed(f"{each.name}({', '.join(each.arguments)})" for each in sql.routines(function))
    except (CatalogError, ValueError):
        return "SQL that cannot be written"


def _assumed(function: Function | None) -> Iterator[str]:
    if function is None or function.kind == "sql":
        return
    if function.template:
        names = sql_names.answered(function)
        yield f"values cross as the template says, and the image answers to {_listed(names)}"
    if function.wrappers:
        yield (
            "a row is one list (a batch, for batch_redshift_handler, a list of them), NULL in it is None, "
            "and a row that raises fails its batch where no error_mode says otherwise"
        )
    if function.config.volatility is None and not function.template:
        yield "STABLE, because nothing is said"
    if function.requirements:
        yield f"the packages have a wheel for Python {PYTHON}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def data(found: Report) -> Mapping[str, object]:
    """The report as JSON has it."""
    return {
        "functions": [
            {
                "module": entry.module,
                "function": entry.function,
                "understood": list(entry.understood),
                "assumed": list(entry.assumed),
                "wrong": list(entry.wrong),
            }
            for entry in found.entries
        ],
        "assumed": list(found.assumed),
        "wrong": list(found.wrong),
    }
