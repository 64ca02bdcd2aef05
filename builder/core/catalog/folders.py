"""What lies in a catalogue's folders: the function files, the code, the shared libraries, the locks. Reads, no more."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from os import scandir
from os.path import isfile, islink
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.catalog import part_locks
from builder.core.catalog.part_locks import LOCK
from builder.errors import Problem
from builder.model import SharedLib, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.model import PartLock

FUNCTION_FILE = "function.yaml"
SHARED = "_shared/python"

_CHUNK = 1 << 16
_NOT_CODE = (".pyc", ".pyo", "~", ".orig", ".rej", ".bak", ".tmp")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One function.yaml as it was read. `where` is its name in messages, `root` the function's folder."""

    where: str
    root: str
    module: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """A file of a folder. `where` is its name in messages; `content` a Python file's bytes, of others b""."""

    file: SourceFile
    where: str
    content: bytes


def dropping(name: str) -> bool:
    """What editors, interpreters and systems leave behind, and every hidden file: never part of an image."""
    return name.startswith((".", "#")) or name == "__pycache__" or name.endswith(_NOT_CODE)


def documents(root: Path, shown: str) -> tuple[list[Document], list[Problem]]:
    """Every function file of a root, which is called `shown` in messages. Sorted by module and function."""
    if not root.is_dir():
        what = "is no folder" if root.exists() else "does not exist"
        hint = "name the folder of a catalogue with --functions-root"
        return [], [Problem(where=shown, what=what, hint=hint)]
    found: list[Document] = []
    problems = _lost_in(str(root), shown)
    # Texts, not paths: a large catalogue has a hundred thousand steps, and a Path costs ten times what a look does.
    for module, linked in _subfolders(str(root)):
        if module.startswith("_"):
            continue
        folder = f"{root}/{module}"
        problems += _lost_in(folder, f"{shown}/{module}")
        for name, link in _subfolders(folder):
            document, trouble = _document(f"{folder}/{name}", f"{shown}/{module}/{name}", module, name.lower())
            problems += trouble
            known = "" if linked or link else f"{folder}/{name}"
            if document and leads_out(f"{document.root}/{FUNCTION_FILE}", str(root), known=known):
                problems.append(_link(document.where))
            elif document:
                found.append(document)
    if not found and not problems and not (root / "_shared").is_dir():
        hint = f"a function is {shown}/<module>/<function>/{FUNCTION_FILE}"
        problems = [Problem(where=shown, what="holds no function", hint=hint)]
    return found, problems


def leads_out(path: str, root: str, *, known: str = "") -> bool:
    """Whether a link on the way leads out of the root: a build's context ends there, and so do the files of others.

    The way begins at the root, or at `known`, a folder inside it that has been looked at before.
    """
    start, step = known or root, path
    while step not in (start, "", "/"):
        if islink(step):  # noqa: PTH114 (half the time of a Path's)
            return not Path(path).resolve().is_relative_to(Path(root).resolve())
        step = step.rpartition("/")[0]
    return False


def code(folder: str, shown: str, *, root: str) -> list[Code]:
    """Every file of a folder but droppings, sorted by path. Raises OSError; a link that leads out of `root` is one.

    The way to the folder itself has been looked at.
    """
    found = []
    for path, file, linked in sorted(_walk(folder)):
        if linked and leads_out(file, root, known=folder):
            raise OSError(errno.EXDEV, f"{path} is a link that leads out of the catalogue")
        found.append(_code(file, path, f"{shown}/{path}"))
    return found


def shared_libs(root: Path, shown: str) -> list[tuple[SharedLib, list[Code]]]:
    """The libraries of a root with their files: folders, and single `.py` files. Raises OSError."""
    base = root / SHARED
    if not base.is_dir():
        return []
    libs = []
    for entry in sorted(base.iterdir()):
        where = f"{shown}/{SHARED}/{entry.name}"
        if dropping(entry.name):
            continue
        if leads_out(str(entry), str(root)):
            raise OSError(errno.EXDEV, f"{SHARED}/{entry.name} is a link that leads out of the catalogue")
        if entry.is_dir():
            name, files = entry.name, code(str(entry), where, root=str(root))
        elif entry.name.endswith(".py"):
            name, files = entry.stem, [_code(str(entry), "__init__.py", where)]
        else:
            continue
        if files:  # a folder of nothing but __pycache__ is what a deleted library leaves behind
            lib = SharedLib(name=name, root=str(entry), files=tuple(each.file for each in files))
            libs.append((lib, files))
    return libs


def locks(root: Path, shown: str) -> tuple[dict[str, tuple[str, tuple[PartLock, ...]]], list[Problem]]:
    """The text of each module's requirements lock and, where the module is split, the locks beside it."""
    found: dict[str, tuple[str, tuple[PartLock, ...]]] = {}
    problems = []
    for module, _ in _subfolders(str(root)):
        texts: dict[str, str] = {}
        for file in sorted((root / module).glob(part_locks.PATTERN)):
            text = _text(file, f"{shown}/{module}/{file.name}")
            if isinstance(text, str):
                texts[file.name] = text
            else:
                problems.append(text)
        parts = [part for name, text in texts.items() if (part := part_locks.parse(module, name, text))]
        if texts:
            found[module] = (texts.get(LOCK, ""), tuple(sorted(parts, key=part_locks.order)))
    return found, problems


def _text(file: Path, where: str) -> str | Problem:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return unreadable(where, error)


def _document(folder: str, shown: str, module: str, name: str) -> tuple[Document | None, list[Problem]]:
    where = f"{shown}/{FUNCTION_FILE}"
    try:
        text = b"".join(_chunks(f"{folder}/{FUNCTION_FILE}")).decode("utf-8-sig")
    except FileNotFoundError:
        return None, list(_no_function(folder, shown))
    except (OSError, UnicodeDecodeError) as error:
        return None, [unreadable(where, error)]
    return Document(where=where, root=folder, module=module, name=name, text=text), []


def unreadable(where: str, error: OSError | UnicodeDecodeError) -> Problem:
    """A file that is there and cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return Problem(where=where, what=f"is not UTF-8 (byte {error.start})", hint="save it as UTF-8")
    return Problem(where=where, what=f"cannot be read: {error.strerror}")


def _link(where: str) -> Problem:
    return Problem(where=where, what="is behind a link that leads out of the catalogue", hint="copy what it leads to")


def _lost_in(folder: str, shown: str) -> list[Problem]:
    """A function file above the depth at which functions lie."""
    return [_lost(f"{shown}/{FUNCTION_FILE}")] if isfile(f"{folder}/{FUNCTION_FILE}") else []  # noqa: PTH113 (as above)


def _no_function(folder: str, shown: str) -> Iterator[Problem]:
    """What in a folder without function file would be passed over in silence."""
    files = sorted(path for path, _, _ in _walk(folder))
    if "function.yml" in files:
        yield Problem(where=f"{shown}/function.yml", what="is not read", hint=f"rename it to {FUNCTION_FILE}")
    elif any(path.startswith("code/") for path in files):
        yield Problem(where=shown, what=f"holds code but no {FUNCTION_FILE}", hint="write it, or remove the folder")
    for path in files:
        if path.endswith(f"/{FUNCTION_FILE}"):
            yield _lost(f"{shown}/{path}")


def _lost(where: str) -> Problem:
    return Problem(
        where=where, what="lies where no function is", hint=f"move it to <module>/<function>/{FUNCTION_FILE}"
    )


def _subfolders(folder: str) -> list[tuple[str, bool]]:
    """The names of its folders, and whether each is a link."""
    with scandir(folder) as entries:
        return sorted(
            (entry.name, entry.is_symlink()) for entry in entries if not dropping(entry.name) and entry.is_dir()
        )


def _walk(folder: str, prefix: str = "", *, linked: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Every file: its path from the folder, its own, and whether it is, or is behind, a link. Raises OSError.

    An entry of scandir knows its kind; a Path asks the system each time.
    """
    with scandir(folder) as entries:
        listed = [entry for entry in entries if not dropping(entry.name)]
    for entry in listed:
        path = f"{prefix}{entry.name}"
        link = entry.is_symlink()
        if entry.is_dir():
            if link and Path(folder).resolve().is_relative_to(Path(entry.path).resolve()):
                raise OSError(errno.ELOOP, f"{path} is a link that leads back to where it stands")
            yield from _walk(entry.path, f"{path}/", linked=linked or link)
        elif link or entry.is_file():  # a pipe would never end; a dead link is an error to report
            yield path, entry.path, linked or link


def _code(file: str, path: str, where: str) -> Code:
    hashing, size, kept = hashlib.sha256(), 0, b""
    # A model beside a handler may have more bytes than memory should; only Python is looked into.
    for chunk in _chunks(file):
        hashing.update(chunk)
        size += len(chunk)
        kept += chunk if where.endswith(".py") else b""
    return Code(file=SourceFile(path=path, sha256=hashing.hexdigest(), size=size), where=where, content=kept)


def _chunks(file: str) -> Iterator[bytes]:
    """A file's bytes. Raises OSError."""
    with open(file, "rb", buffering=0) as stream:  # noqa: PTH123 (unbuffered, and half the time of a Path's)
        while chunk := stream.read(_CHUNK):
            yield chunk
