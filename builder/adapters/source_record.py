"""What the functions were when they were last built, and when last deployed: what `--diff` without a REF compares with.

`.builder/sources.lock.json`, beside the image lock. Deploys are told apart by prefix and schema.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from builder.core.catalog.changes import Source
from builder.errors import BuildError
from builder.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "sources.lock.json"
BUILT = "built"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    module: str
    kind: Literal["lambda", "sql"]
    hash: str


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    events: dict[str, dict[str, _Entry]] = {}


def deployed(prefix: str, schema: str) -> str:
    """The name of the event."""
    return f"deployed {prefix} {schema}"


def read(state: Path, event: str) -> dict[str, Source]:
    """The functions as they were at an event, BUILT or `deployed(...)`; none where it never came."""
    found = _load(state).events.get(event, {})
    return {name: Source(**entry.model_dump()) for name, entry in found.items()}


def record(state: Path, event: str, sources: Mapping[str, Source], *, gone: Iterable[str] = ()) -> None:
    """Notes what functions are now, and that others are no more. The file is replaced in one step."""
    document = _load(state)
    before = document.events.get(event, {})
    entries = {name: entry for name, entry in before.items() if name not in set(gone)}
    entries |= {
        name: _Entry.model_validate({"module": each.module, "kind": each.kind, "hash": each.hash})
        for name, each in sources.items()
    }
    document.events[event] = dict(sorted(entries.items()))
    write_whole(state / FILE, json.dumps(document.model_dump(), indent=1) + "\n")


def _load(state: Path) -> _Document:
    path = state / FILE
    try:
        return _Document.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return _Document()
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        hint = "restore the file, or remove it: then everything counts as changed"
        raise BuildError("cannot be read", where=str(path), hint=hint) from error
