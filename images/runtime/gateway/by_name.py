"""Functions of the standard library that take a module by its name, each for whom it is called by.

An import statement finds its function by the builtins of the module that it stands in. importlib.import_module,
importlib.util.find_spec and pkgutil.get_data have only their caller's frame to go by; importlib.resources calls the
first of them where it is given a name. Each is wrapped once, and for all other callers does what it always did.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

# By the modules that they stand in; those that are not imported yet are wrapped when a function imports them.
_WRAPPED = {"importlib": "import_module", "importlib.util": "find_spec", "pkgutil": "get_data"}
# Of the standard library, and on the way from a function's code to these.
_BETWEEN = frozenset({"importlib", "functools", "pkgutil"})
_done: set[str] = set()


def follow(own: Callable[[str, str], str | None]) -> None:
    """Wraps what is imported. `own` gives, for a caller's `__name__` and a module of its function, the real name."""
    for place, name in _WRAPPED.items():
        module = sys.modules.get(place)
        if module is not None and place not in _done:
            _done.add(place)
            setattr(module, name, _for_its_caller(getattr(module, name), own))


def _for_its_caller(original: Callable[..., Any], own: Callable[[str, str], str | None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*given: Any, **named: Any) -> Any:
        name = str(given[0] if given else named.get("name", "."))
        caller = _caller(sys._getframe(1))  # noqa: SLF001  the documented way to a caller's globals
        real = None if name.startswith(".") else own(caller, name)
        if real is None:
            return original(*given, **named)
        try:
            return original(real, *given[1:], **{key: value for key, value in named.items() if key != "name"})
        except ModuleNotFoundError as error:
            raise without_prefix(error, real.removesuffix(name)) from None

    return call


def _caller(frame: FrameType | None) -> str:
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] not in _BETWEEN:
            return name
        frame = frame.f_back
    return ""


def without_prefix(error: ModuleNotFoundError, prefix: str) -> ModuleNotFoundError:
    """Readers know their module as `lib.cells`; the private name would only puzzle them."""
    text = str(error).replace(prefix, "")
    name = str(error.name).removeprefix(prefix) if error.name else None
    return ModuleNotFoundError(text, name=name, path=error.path).with_traceback(error.__traceback__)


# Before anybody has wrapped it.
import_module = importlib.import_module
