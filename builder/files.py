"""Files that must not be lost or seen half written."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shown(path: Path, base: Path) -> str:
    """A path as messages name it: from `base` on, where it lies in it."""
    return (path.relative_to(base) if path.is_relative_to(base) else path).as_posix()


def check_writable(folder: Path) -> None:
    """Raises OSError where files cannot be made in a folder that is there, or is yet to be made: before long work."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def write_whole(file: Path, text: str, *, mode: int = 0o666) -> None:
    """Beside its place, to the disk, and then renamed: whoever is stopped leaves the old text or the new one.

    Each process has a file of its own beside it: of two at a time, one is the last. `mode` goes through the umask.
    Raises OSError with the file's own name.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        _replace(file, temporary, text, mode)
    except OSError as error:
        # Nobody knows the temporary file, and of a full disk the system names no file at all.
        raise OSError(error.errno, error.strerror, str(file)) from error


def _replace(file: Path, temporary: Path, text: str, mode: int) -> None:
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
