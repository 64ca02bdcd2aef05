"""Configuration files: configs/base.yaml, configs/<env>.yaml, then each `--config FILE`; later ones override by key."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.core.catalog import marked_yaml
from builder.core.config.env_files import Given, Layer
from builder.core.config.keys import BY_PATH, BY_VARIABLE, KEYS, Key
from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from builder.core.catalog.marked_yaml import Marked

FOLDER = "configs"
_SECTIONS = frozenset(path.rpartition(".")[0] for path in BY_PATH) - {""}
_NAMES = {"text": "text", "boolean": "true or false", "integer": "a number", "list": "text, or a list of texts"}


def load(project: Path, *, env: Given | None, files: Sequence[str]) -> tuple[Layer, list[Problem]]:
    """One layer of all files, and what is wrong in them. `files` are paths as the command line gave them."""
    found = []
    base = project / FOLDER / "base.yaml"
    if base.exists():
        found.append(_read(base, f"{FOLDER}/base.yaml"))
    if env is not None:
        found.append(_environment(project, env))
    found += [_read(Path(name), name, origin="--config") for name in files]
    return merge(layer for layer, _ in found), [problem for _, problems in found for problem in problems]


def merge(layers: Iterable[Layer]) -> Layer:
    """Later layers override earlier ones, key by key; a null takes a value back, and the default holds again."""
    values: dict[str, Given] = {}
    for layer in layers:
        values |= layer.values
    return Layer(values={name: given for name, given in values.items() if given.text}, file=FOLDER)


def from_text(text: str, file: str) -> tuple[Layer, list[Problem]]:
    """One file's values by variable. Texts only: what they may be is judged with those of all other sources."""
    marked, problems = marked_yaml.read(text, file)
    values: dict[str, Given] = {}
    if marked is not None and marked.data is not None:
        if not isinstance(marked.data, dict):
            problems.append(Problem(where=f"{file}:1", what="is not a mapping", hint="write key: value"))
            return Layer(values=values, file=file), problems
        for path, value in _leaves(marked.data):
            given = _given(marked, path, value)
            if isinstance(given, Problem):
                problems.append(given)
            elif given is not None:
                values[BY_PATH[marked_yaml.dotted(path)].variable] = given
    return Layer(values=values, file=file), problems


def unused(config: Layer, told: frozenset[str]) -> list[Problem]:
    """Keys that nothing reads, since what they belong to is set nowhere. `told` are the variables of all layers."""
    problems = []
    for name, given in config.values.items():
        needs = BY_VARIABLE[name].needs
        if needs and not told & {*needs}:
            wanted = " or ".join(needs)
            hint = f"set {wanted}, or remove the key"
            problems.append(Problem(where=given.origin, what=f"nothing uses it without {wanted}", hint=hint))
    return problems


def _environment(project: Path, env: Given) -> tuple[Layer, list[Problem]]:
    shown = f"{FOLDER}/{env.text}.yaml"
    known = sorted(path.stem for path in (project / FOLDER).glob("*.yaml") if path.stem != "base")
    if env.text in known:
        return _read(project / shown, shown)
    close = get_close_matches(env.text, known, n=1)
    alone = f"there is no other file than base.yaml in {FOLDER}/"
    none = alone if (project / FOLDER / "base.yaml").exists() else f"there is no file in {FOLDER}/"
    there = f"there is {', '.join(known)}" if known else none
    hint = f"did you mean {close[0]}?" if close else f"{there}; write {shown}"
    return Layer(values={}), [Problem(where=env.origin, what=f"there is no {shown}", hint=hint)]


def _read(path: Path, shown: str, *, origin: str = "") -> tuple[Layer, list[Problem]]:
    try:
        return from_text(path.read_text(encoding="utf-8-sig"), shown)
    except UnicodeDecodeError as error:
        problem = Problem(where=shown, what=f"is not UTF-8 (byte {error.start})", hint="save it as UTF-8")
    except OSError as error:
        where = f"{origin} {shown}".strip()
        problem = Problem(where=where, what=f"cannot be read: {error.strerror}", hint="name a file that is there")
    return Layer(values={}, file=shown), [problem]


def _leaves(data: dict[Any, Any], at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for name, value in data.items():
        path = (*at, str(name))
        if marked_yaml.dotted(path) in _SECTIONS and isinstance(value, dict):
            yield from _leaves(value, path)
        elif marked_yaml.dotted(path) not in _SECTIONS or value is not None:
            yield path, value


def _given(marked: Marked, path: tuple[str | int, ...], value: Any) -> Given | Problem:
    place, name = marked.place(path), marked_yaml.dotted(path)
    key = BY_PATH.get(name)
    if key is None:
        what, hint = _stranger(name)
        return Problem(where=place, key=name, what=what, hint=hint)
    text = "" if value is None else _text(key, value)
    if text is None:
        hint = f"write {_NAMES[key.kind]}" + (", in quotes" if key.kind in ("text", "list") else "")
        return Problem(where=place, key=name, what=f"is not {_NAMES[key.kind]}", hint=hint)
    return Given(text=text, origin=f"{place} {name}")


def _text(key: Key, value: Any) -> str | None:
    """What the same setting would be in the environment; None for a value of another kind."""
    if key.kind == "boolean":
        return str(value).lower() if isinstance(value, bool) else None
    if key.kind == "integer":
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
    if key.kind == "list" and isinstance(value, list):
        glue = "\n" if key.variable == "functions_roots" else ","
        return glue.join(value) if value and all(isinstance(each, str) for each in value) else None
    return value if isinstance(value, str) else None


def _stranger(name: str) -> tuple[str, str]:
    """What to say of a key that is none: a section without its keys, a secret, another spelling, or a slip."""
    if name in _SECTIONS:
        inside = ", ".join(path.rpartition(".")[2] for path in BY_PATH if path.startswith(f"{name}."))
        return "is a section, not a value", f"write a mapping of {inside}"
    last = name.rpartition(".")[2].upper()
    secret = next((key for key in KEYS if key.secret and key.variable in (last, f"RS_{last}", f"AWS_{last}")), None)
    if secret is not None:
        return "a secret does not belong in a file that is committed", f"set {secret.variable} in .env or outside"
    by_variable = BY_VARIABLE.get(last)
    if by_variable is not None and by_variable.path:
        return "is not a key", f"{last} is called {by_variable.path} here"
    close = get_close_matches(name, [*BY_PATH, *_SECTIONS], n=1, cutoff=0.7)
    close = close or [path for path in BY_PATH if path.rpartition(".")[2] == last.lower()][:1]
    return "is not a key", f"did you mean {close[0]}?" if close else f"the keys are {', '.join(BY_PATH)}"
