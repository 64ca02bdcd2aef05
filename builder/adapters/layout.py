"""An OCI image layout on disk: `oci-layout`, `index.json` with an entry a name, `blobs/sha256/`.

The standard form (image-spec, image-layout.md), so that skopeo, crane or oras can read it as well. All images of a
layout share their blobs: the base is there once.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from builder.core.images.oci import INDEX_TYPE, Blob, StoredImage, digest_of, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REF_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file that is being written."""

    path: Path
    stream: BinaryIO

    def move(self, target: Path) -> None:
        self.stream.flush()
        self.path.replace(target)


class Layout:
    """One folder. Every file is written beside its place and renamed: a run that is stopped leaves no half of one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = root / "blobs" / "sha256"

    def path(self, digest: str) -> Path:
        """Where the blob of this digest lies, or would."""
        return self._blobs / digest.removeprefix("sha256:")

    def has(self, blob: Blob) -> bool:
        """Whether the blob is there, in full length."""
        try:
            return self.path(blob.digest).stat().st_size == blob.size
        except FileNotFoundError:
            return False

    def image(self, digest: str) -> StoredImage | None:
        """The image with this manifest digest; None unless all of it is there."""
        try:
            content = self.path(digest).read_bytes()
            image = parse_manifest(content)
        except (FileNotFoundError, ValueError):
            return None
        whole = image.manifest.digest == digest and all(self.has(blob) for blob in image.blobs)
        return image if whole else None

    def put(self, content: bytes, media_type: str) -> Blob:
        """Stores a small blob."""
        blob = Blob(digest=digest_of(content), size=len(content), media_type=media_type)
        if not self.has(blob):
            with self.new_file() as file:
                file.stream.write(content)
                self.keep(file, blob.digest)
        return blob

    @contextmanager
    def new_file(self) -> Iterator[NewFile]:
        """A file to be named by `keep` once it is whole; gone afterwards if it was not."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        path = self.root / f"new.{os.getpid()}"
        try:
            with path.open("w+b") as stream:
                yield NewFile(path=path, stream=stream)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, file: NewFile, digest: str) -> None:
        """Makes a finished file the blob of this digest."""
        file.move(self.path(digest))

    def names(self) -> dict[str, Blob]:
        """The manifests of index.json by name."""
        document = self.read_json("index.json") or {"manifests": []}
        return {
            entry["annotations"][REF_NAME]: Blob(
                digest=entry["digest"], size=entry["size"], media_type=entry["mediaType"]
            )
            for entry in document["manifests"]
        }

    def name(self, manifests: Mapping[str, Blob]) -> None:
        """Sets names, leaves the others, and removes the blobs that no name leads to any more."""
        named = {**self.names(), **manifests}
        entries = [
            {**blob.descriptor(), "annotations": {REF_NAME: name}, "platform": self._platform(blob)}
            for name, blob in sorted(named.items())
        ]
        self.write_json("oci-layout", {"imageLayoutVersion": "1.0.0"})
        self.write_json("index.json", {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries})
        used = set()
        for blob in named.values():
            image = self.image(blob.digest)
            used |= {blob.digest, *(part.digest for part in (image.blobs if image else ()))}
        for path in self._blobs.iterdir():
            if f"sha256:{path.name}" not in used:
                path.unlink()

    def engine_ids(self) -> dict[str, str]:
        """The engine's own name of each image, as the last build left it: a tag is moved by other builds."""
        return self.read_json("engine.json") or {}

    def set_engine_ids(self, found: Mapping[str, str]) -> None:
        self.write_json("engine.json", {**self.engine_ids(), **found})

    def _platform(self, manifest: Blob) -> dict[str, str]:
        """As the image's own configuration has it."""
        image = self.image(manifest.digest)
        config = json.loads(self.path(image.config.digest).read_bytes()) if image else {}
        return {"architecture": config.get("architecture", "amd64"), "os": "linux"}

    def read_json(self, name: str) -> Any:
        """A document of the layout; None where there is none, or where it is damaged: all can be made again."""
        try:
            return json.loads((self.root / name).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def write_json(self, name: str, document: Any) -> None:
        with self.new_file() as file:
            file.stream.write(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())
            file.move(self.root / name)
