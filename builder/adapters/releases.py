"""Releases on disk: one file each, in a folder for the account, the Region and the prefix."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from builder.core.deploy.release import Content, Release
from builder.errors import SettingsError
from builder.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

_FILE = re.compile(r"r(\d+)-([0-9a-f]{8})\.json")


def folder(receipt: Path) -> Path:
    """`.builder/releases/000000000000-us-east-1-carto-at-/`, for the receipt of the same name."""
    return receipt.parent.parent / "releases" / receipt.stem


def forget(state: Path, account: str) -> None:
    """Drops the releases of an account that is gone."""
    for each in (state / "releases").glob(f"{account}-*"):
        shutil.rmtree(each)


def now() -> str:
    """`2026-11-21T12:00:00+00:00`."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class History:
    """The releases of one folder. Numbers are given once, to all places together."""

    folder: Path

    def numbers(self, place: str) -> tuple[int, ...]:
        """A place's releases, the oldest first."""
        return tuple(sorted(number for number, label in self._found() if label == _label(place)))

    def every(self) -> tuple[Release, ...]:
        """All of them, the oldest first."""
        return tuple(self._read(self._path(number, label)) for number, label in sorted(self._found()))

    def get(self, place: str, number: int) -> Release:
        """Raises SettingsError for a file that another version wrote."""
        return self._read(self._path(number, _label(place)))

    def current(self, place: str) -> Content:
        """What the last release says; nothing where there is none."""
        numbers = self.numbers(place)
        return self.get(place, numbers[-1]).content if numbers else Content()

    def record(self, place: str, content: Content, *, made: str, keep: int, of: int | None = None) -> Release | None:
        """Writes a release where the last one does not say the same. What is older than the last `keep` goes.

        A place where nothing is left has no releases: what they would go back to is gone.
        """
        numbers = self.numbers(place)
        if content.empty:
            for number in numbers:
                self._path(number, _label(place)).unlink(missing_ok=True)
            return None
        if numbers and self.get(place, numbers[-1]).content == content:
            return None
        number = max((number for number, _ in self._found()), default=0) + 1
        release = Release(number=number, place=place, made=made, of=of, content=content)
        self._write(release)
        for old in (*numbers, number)[:-keep]:
            self._path(old, _label(place)).unlink(missing_ok=True)
        return release

    def _found(self) -> list[tuple[int, str]]:
        names = (_FILE.fullmatch(file.name) for file in self.folder.glob("r*.json"))
        return [(int(name[1]), name[2]) for name in names if name]

    def _path(self, number: int, label: str) -> Path:
        return self.folder / f"r{number:04}-{label}.json"

    def _read(self, file: Path) -> Release:
        try:
            return Release.model_validate_json(file.read_text(encoding="utf-8"))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            hint = "it was written by another version, or by hand; move it away"
            raise SettingsError(
                f"cannot read this release: {where}: {first['msg']}", where=str(file), hint=hint
            ) from error

    def _write(self, release: Release) -> None:
        file = self._path(release.number, _label(release.place))
        write_whole(file, release.model_dump_json(indent=1) + "\n")


def _label(place: str) -> str:
    """A place in a file's name, so that its releases are found without reading all."""
    return hashlib.sha256(place.encode()).hexdigest()[:8]
