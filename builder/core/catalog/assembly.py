"""One function: its definition and its folder become the value that everyone else works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from os.path import isfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from builder.core.catalog import folders, handlers, sources, wrappers
from builder.core.catalog.marked_yaml import dotted
from builder.errors import Problem
from builder.model import Config, Example, Function, ImageConfig, Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.core.catalog.folders import Code, Document
    from builder.core.catalog.function_file import FunctionFile, OutputSpec, ParameterSpec, RedshiftSpec
    from builder.core.catalog.marked_yaml import Marked
    from builder.model import SourceFile

_REDSHIFT = ("clouds", "redshift")
_HANDLER = "code/lambda/python/handler.py"
_SQL = "code/redshift.sql"
_REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A function.yaml that is for Redshift. `salvaged`: the models refused a part of it, which is left out."""

    document: Document
    marked: Marked
    spec: FunctionFile
    redshift: RedshiftSpec
    salvaged: bool = False

    def problem(self, *path: str | int, what: str, hint: str = "") -> Problem:
        """A problem at a key of the file."""
        return Problem(where=self.marked.place(path), key=dotted(path), what=what, hint=hint)

    @property
    def catalogue(self) -> str:
        """The root that the function's module lies in."""
        return self.document.root.rsplit("/", 2)[0]

    @property
    def shown(self) -> str:
        """The folder's name in messages."""
        return self.document.where.rpartition("/")[0]


@dataclass(frozen=True, kw_only=True)
class _Body:
    """What the code file brings along."""

    code: str = ""
    files: tuple[SourceFile, ...] = ()
    requirements: tuple[str, ...] = ()
    sql: str | None = None
    wrappers: tuple[str, ...] = ()


def assemble(definition: Definition, aliases: Sequence[str] = wrappers.KNOWN) -> tuple[Function, list[Problem]]:
    """The function as far as it can be read, and everything that is wrong with its files.

    `aliases` are the names that a wrapper may be imported by.
    """
    spec, redshift = definition.spec, definition.redshift
    body, problems = _lambda_body(definition, aliases) if redshift.type == "lambda" else _sql_body(definition)
    template, trouble = _text(definition, "external_function_template", redshift.external_function_template)
    config = _config(redshift)
    config.setdefault("handler", f"{_stem(redshift)}.lambda_handler")
    function = Function(
        name=definition.document.name,
        module=definition.document.module,
        root=definition.document.root,
        kind=redshift.type,
        parameters=_parameters(definition),
        returns=_returns(definition),
        status=spec.status,
        author=spec.author,
        description=spec.description.strip(),
        examples=tuple(
            Example(description=each.description, sql=each.statement(definition.document.name), output=each.answer())
            for each in spec.examples
        ),
        config=Config(**config),
        code=body.code,
        files=body.files,
        requirements=body.requirements,
        shared_libs=tuple(dict.fromkeys(library_name(each) for each in redshift.shared_libs)),
        lambda_name=redshift.lambda_name,
        sql=body.sql if template is None else template,
        sql_file=redshift.external_function_template or redshift.code_file or _SQL,
        template=template is not None,
        wrappers=body.wrappers,
    )
    return function, problems + trouble


def _config(redshift: RedshiftSpec) -> dict[str, Any]:
    """The configuration as the model has it: tuples for lists and mappings."""
    given = redshift.config
    config = {field: getattr(given, field) for field in given.model_fields_set}
    for field in ("environment", "tags"):
        if field in config:
            config[field] = tuple(sorted(config[field].items()))
    if given.image_config is not None:
        image = given.image_config
        lists = {field: tuple(getattr(image, field)) for field in ("entry_point", "command")}
        config["image_config"] = ImageConfig(**{**image.model_dump(exclude_none=True), **lists})
    return config


def library_name(reference: str) -> str:
    """The library that `s2`, `s2.py`, `data/_utils.py` or `data/utils/` is of, or is a part of."""
    return reference.partition("/")[0].removesuffix(".py")


def arguments(definition: Definition) -> list[ParameterSpec] | None:
    """Redshift's own list where there is one, else the generic one."""
    given = (each for spec in (definition.redshift, definition.spec) for each in (spec.arguments, spec.parameters))
    return next((each for each in given if each is not None), None)


def output(definition: Definition) -> OutputSpec | None:
    """Redshift's own result where there is one, else the generic one."""
    redshift, spec = definition.redshift, definition.spec
    return redshift.output or redshift.returns or spec.output or spec.returns


def _parameters(definition: Definition) -> tuple[Parameter, ...]:
    generic = definition.spec.arguments or definition.spec.parameters or []
    said = {each.name.lower(): each.description for each in generic}
    return tuple(
        Parameter(name=each.name, type=each.type, description=each.description or said.get(each.name.lower(), ""))
        for each in arguments(definition) or ()
    )


def _returns(definition: Definition) -> str:
    found = output(definition)
    return found.type if found else ""


def _stem(redshift: RedshiftSpec) -> str:
    return (redshift.code_file or _HANDLER).rpartition("/")[2].rpartition(".")[0]


def _sql_body(definition: Definition) -> tuple[_Body, list[Problem]]:
    if definition.redshift.external_function_template and not definition.redshift.code_file:
        return _Body(), []
    text, problems = _text(definition, "code_file", definition.redshift.code_file or _SQL)
    if text is not None and not text.strip():
        problems.append(
            definition.problem(*_REDSHIFT, "code_file", what="the SQL file is empty", hint="write the body")
        )
    return _Body(sql=text), problems


def _lambda_body(definition: Definition, aliases: Sequence[str]) -> tuple[_Body, list[Problem]]:
    path = definition.redshift.code_file or _HANDLER
    problems = _outside(definition, "code_file", path)
    if problems:
        return _Body(), problems
    code, _, name = path.rpartition("/")
    if not code:
        hint = f"move it, as to {_HANDLER}: everything in its folder goes into the image"
        return _Body(), [definition.problem(*_REDSHIFT, "code_file", what="has no folder of its own", hint=hint)]
    try:
        folder = f"{definition.document.root}/{code}"
        found = folders.code(folder, f"{definition.shown}/{code}", root=definition.catalogue)
    except OSError as error:
        if not isfile(f"{folder}/{name}"):  # noqa: PTH113 (half the time of a Path's)
            return _Body(code=code), [_missing(definition, "code_file", path)]
        return _Body(code=code), [folders.unreadable(f"{definition.shown}/{code}", error)]
    there = {each.file.path for each in found}
    # A hidden file is there, and no part of the code.
    if name not in there and not isfile(f"{folder}/{name}"):  # noqa: PTH113 (half the time of a Path's)
        return _Body(code=code), [_missing(definition, "code_file", path)]
    requirements, file, problems = _requirements(definition, code, beside=_REQUIREMENTS in there)
    files = [each for each in found if f"{code}/{each.file.path}" != file]
    problems += [problem for each in files if each.where.endswith(".py") for problem in _python(each)]
    problems += _handler(definition, files, name)
    body = _Body(
        code=code,
        files=tuple(each.file for each in files),
        requirements=requirements,
        wrappers=wrappers.used((each.content for each in files if each.where.endswith(".py")), _absent(files, aliases)),
    )
    return body, problems


def _absent(files: list[Code], aliases: Sequence[str]) -> list[str]:
    """The names of wrappers that the folder does not hold itself."""
    own = {each.file.path for each in files}
    return [name for name in aliases if f"{name.replace('.', '/')}.py" not in own]


def _python(code: Code) -> list[Problem]:
    return sources.python(code.content, code.where)


def _handler(definition: Definition, files: list[Code], name: str) -> list[Problem]:
    """The handler's file and the function in it."""
    stem, _, function = (definition.redshift.config.handler or f"{name[:-3]}.lambda_handler").partition(".")
    path = (*_REDSHIFT, "config", "handler")
    file = next((each for each in files if each.file.path == f"{stem}.py"), None)
    if file is None:
        what = f"{stem}.py is not in the code folder" if name.endswith(".py") else f"{name} is no Python file"
        return [definition.problem(*path, what=what, hint="the handler is file.function of a file beside code_file")]
    if not sources.defines(file.content, function):
        hint = f"define {function}, or name the function with config.handler"
        return [Problem(where=file.where, what=f"defines no {function}", hint=hint)]
    # A template's external function may take other arguments, and a `gateway` of its own may call it in other ways.
    own = any(each.file.path in ("gateway.py", "gateway/__init__.py") for each in files)
    named = arguments(definition)
    if named is None or own or definition.salvaged or definition.redshift.external_function_template:
        return []
    return handlers.arity(file.content, function, len(named), file.where)


def _requirements(definition: Definition, code: str, *, beside: bool) -> tuple[tuple[str, ...], str, list[Problem]]:
    """The requirements, the file's path from the function's folder, and what is wrong with it.

    `beside`: there is a requirements.txt in the code's folder.
    """
    path = definition.redshift.requirements_file
    if path is None:
        path = f"{code}/{_REQUIREMENTS}"
        if not beside:
            return (), path, []
    text, problems = _text(definition, "requirements_file", path)
    folder = path.rpartition("/")[0]

    def read(name: str) -> str | None:
        beside, trouble = _text(definition, "requirements_file", f"{folder}/{name}" if folder else name)
        return None if trouble else beside

    found, refused = sources.requirements(text or "", f"{definition.shown}/{path}", read)
    return found, path, problems + refused


def _text(definition: Definition, key: str, path: str | None) -> tuple[str | None, list[Problem]]:
    """The text of a file that the definition names; None where there is none."""
    if path is None:
        return None, []
    problems = _outside(definition, key, path)
    if problems:
        return None, problems
    try:
        return Path(definition.document.root, path).read_text(encoding="utf-8-sig"), []
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None, [_missing(definition, key, path)]
    except (OSError, UnicodeDecodeError) as error:
        return None, [folders.unreadable(f"{definition.shown}/{path}", error)]


def _missing(definition: Definition, key: str, path: str) -> Problem:
    hint = f"write {definition.shown}/{path}, or correct the path"
    return definition.problem(*_REDSHIFT, key, what=f"{path!r} does not exist", hint=hint)


def _outside(definition: Definition, key: str, path: str) -> list[Problem]:
    if _is_inside(path):
        # The loader has looked at the function's folder itself.
        folder = definition.document.root
        if not folders.leads_out(f"{folder}/{path}", definition.catalogue, known=folder):
            return []
        what = f"{path!r} is behind a link that leads out of the catalogue"
        return [definition.problem(*_REDSHIFT, key, what=what, hint="copy what it leads to")]
    hint = "write a path inside the function's folder, with / between its parts"
    return [definition.problem(*_REDSHIFT, key, what=f"{path!r} leads out of the function's folder", hint=hint)]


@lru_cache(maxsize=4096)
def _is_inside(path: str) -> bool:
    """By its words alone. Kept, because nearly all functions use the same few."""
    parts = PurePosixPath(path)
    return bool(path) and "\\" not in path and "\0" not in path and not parts.is_absolute() and ".." not in parts.parts
