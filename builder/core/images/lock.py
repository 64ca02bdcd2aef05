"""The image lock: which image each module has. The only thing that passes from build to deploy.

`repository` is empty until the image was pushed. A lock that cannot be read is an error, never an empty lock: deploy
would take it for "nothing was built".
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import BuildError, Problem
from builder.files import write_whole
from builder.model import Architecture, Image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "images.lock.json"
VERSION = 1
_REMEDY = "restore the file, or remove it and run `builder build`"

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    repository: str
    digest: Digest
    media_type: str
    size: Annotated[int, Field(ge=0)]
    content_hash: Digest
    functions: list[str]
    architecture: Architecture = "x86_64"


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    images: dict[str, _Entry]


def parse(text: str, *, where: str) -> dict[str, Image]:
    """Images by module. Raises BuildError with every problem of the document."""
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        problems = [
            Problem(
                where=where,
                key=".".join(str(part) for part in problem["loc"]),
                what=problem["msg"],
                hint=_REMEDY,
            )
            for problem in error.errors()
        ]
        raise BuildError(problems=problems) from error
    return {
        module: Image(module=module, **{**entry.model_dump(), "functions": tuple(entry.functions)})
        for module, entry in document.images.items()
    }


def render(images: Mapping[str, Image]) -> str:
    """The document: sorted, one field a line, so that a diff shows what changed."""
    entries = {}
    for module, image in sorted(images.items()):
        entry = asdict(image)
        del entry["module"]
        entries[module] = {**entry, "functions": list(image.functions)}
    return json.dumps({"version": VERSION, "images": entries}, indent=1, ensure_ascii=False) + "\n"


def read(state: Path) -> dict[str, Image]:
    """The lock in the state folder; empty where nothing was built yet."""
    path = state / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"cannot be read: {error}", where=str(path), hint=_REMEDY) from error
    return parse(text, where=str(path))


def write(state: Path, images: Mapping[str, Image]) -> None:
    """Replaces the lock in one step: a run that is stopped leaves the old one or the new one."""
    write_whole(state / FILE, render(images))


def rebuilt(old: Image | None, new: Image) -> Image:
    """What the lock records after a build: the repository stays true as long as the digest does."""
    if old is not None and old.digest == new.digest:
        return replace(new, repository=old.repository)
    return new


def pushed(image: Image, repository: str) -> Image:
    """What the lock records after a push to `host[:port][/path]/name`."""
    return replace(image, repository=repository)
