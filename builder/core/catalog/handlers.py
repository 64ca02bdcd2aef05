"""Whether a handler can be called with the arguments that function.yaml names, read off its text.

Only what the decorators of `gateway` call is judged: they hand over one value, or one column, for each argument. A
plain handler takes an event and a context, other people's wrappers give a list, and what is built in other ways is not
known here.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from builder.core.catalog import sources
from builder.errors import Problem, counted

_PACKAGE = "gateway"
_ROW, _BATCH = "redshift_handler", "redshift_batch_handler"
# Most files of other people's catalogues never name it, and are not parsed for it.
_IMPORTS = re.compile(rb"^[ \t]*(?:from|import)[ \t][^#\n]*\bgateway\b", re.MULTILINE)


def arity(content: bytes, name: str, wanted: int, where: str) -> list[Problem]:
    """What is wrong with the parameters of a module's handler `name`, for a function of `wanted` arguments."""
    if not _IMPORTS.search(content) or _fits_at_sight(content, name, wanted):
        return []
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # sources.python tells of it
    function = _function(module, name)
    kind = _kind(module, function) if function else ""
    if not function or not kind:
        return []
    rows = kind == _BATCH and not wanted
    given = 1 if rows else wanted
    least, most = _takes(function.args)
    if least <= given and (most is None or given <= most):
        return []
    what = f"{function.name} takes {_range(least, most)}, and function.yaml has {wanted}"
    hint = "give it a parameter for each argument, or correct the arguments in function.yaml"
    if rows:
        hint = "give it one parameter: a batch handler without arguments gets the number of rows"
    return [Problem(where=f"{where}:{function.lineno}", what=what, hint=hint)]


def _fits_at_sight(content: bytes, name: str, wanted: int) -> bool:
    """Whether all parameters are positional and as many as arguments; False where that needs a closer look.

    Nearly all handlers are so, and ast takes three times as long as all else that is looked at in a source.
    """
    if not wanted or sources.parameters(content, name) != wanted:
        return False
    head = _head(name).search(content)
    return head is not None and b"*" not in head[0]


@lru_cache(maxsize=64)
def _head(name: str) -> re.Pattern[bytes]:
    """A function's head. Nearly all handlers have one name."""
    return re.compile(rb"\bdef\s+" + re.escape(name.encode()) + rb"\s*\(.*?(?::\s*\n|\Z)", re.DOTALL)


def _function(module: ast.Module, name: str) -> ast.FunctionDef | None:
    """What a name is bound to, also by `lambda_handler = process_row`; None where that depends on what is run."""
    bound = _bound(module, name)
    if isinstance(bound, ast.Assign) and isinstance(bound.value, ast.Name):
        bound = _bound(module, bound.value.id)
    return bound if isinstance(bound, ast.FunctionDef) else None


def _bound(module: ast.Module, name: str) -> ast.stmt | None:
    """The one statement of the module that binds a name; None where there are several, or it is inside another."""
    if sum(_binds(node, name) for node in ast.walk(module)) != 1:
        return None
    return next(
        (each for each in module.body if _binds(each, name) or any(_binds(part, name) for part in _targets(each))), None
    )


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == name
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _targets(statement: ast.stmt) -> list[ast.AST]:
    if isinstance(statement, ast.Assign):
        return [*statement.targets]
    return [*statement.names] if isinstance(statement, (ast.Import, ast.ImportFrom)) else []


def _kind(module: ast.Module, function: ast.FunctionDef) -> str:
    """Which of the two decorators it has, and nothing beside it that may change what it takes; "" for none."""
    if len(function.decorator_list) != 1:
        return ""
    decorator = function.decorator_list[0]
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        imported = _bound(module, called.value.id)
        whole = isinstance(imported, ast.Import) and _original(imported, called.value.id) == _PACKAGE
        return called.attr if whole and called.attr in (_ROW, _BATCH) else ""
    if not isinstance(called, ast.Name):
        return ""
    imported = _bound(module, called.id)
    if not isinstance(imported, ast.ImportFrom) or imported.level or imported.module != _PACKAGE:
        return ""
    original = _original(imported, called.id)
    return original if original in (_ROW, _BATCH) else ""


def _original(statement: ast.Import | ast.ImportFrom, name: str) -> str:
    return next(each.name for each in statement.names if (each.asname or each.name) == name)


def _takes(arguments: ast.arguments) -> tuple[int, int | None]:
    """The least and the most positional arguments; None for any number."""
    most = len(arguments.posonlyargs) + len(arguments.args)
    return most - len(arguments.defaults), None if arguments.vararg else most


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} arguments or more"
    if least != most:
        return f"{least} to {most} arguments"
    return counted(least, "argument")
