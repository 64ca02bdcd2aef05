"""From the engine's image to image files: takes `docker save`'s tar apart into an OCI layout.

The engine's stores disagree about an image's digest: the classic one keeps layers unpacked and packs them anew at each
push, the containerd one keeps what was built. So the packed form is made here, once: the digest is known before any
registry is, and a push uploads these very bytes. BuildKit's own `type=oci` output would do, but buildx refuses it for
the docker driver over the classic store ("OCI exporter is not supported for the docker driver").
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from builder.core.images.oci import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    Blob,
    StoredImage,
    architecture_of,
    render_manifest,
)
from builder.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import TypeAlias

    from builder.adapters.layout import Layout
    from builder.model import Architecture

    _Source: TypeAlias = IO[bytes] | gzip.GzipFile
    _Target: TypeAlias = IO[bytes] | gzip.GzipFile

# diff id -> its packed blob: the base is packed once, for all modules and all builds.
PACKED = "packed.json"

_CHUNK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """An image that was taken in. `unpacked` is the sum of its layers before packing, in bytes; `architecture` is None
    where Lambda has no such thing.
    """

    image: StoredImage
    unpacked: int
    architecture: Architecture | None


@dataclass(frozen=True, kw_only=True)
class _Layer:
    blob: Blob
    unpacked: int


def take_in(saved: Path, tags: Mapping[str, str], layout: Layout) -> dict[str, Taken]:
    """Stores images under our names. `tags` maps those names to the tags that `docker save` was given."""
    packed = _read_packed(layout)
    with tarfile.open(saved) as tar:
        entries = {_short(tag): entry for entry in _entries(tar) for tag in entry.get("RepoTags") or ()}
        taken = {name: _image(tar, entries[_short(tag)], packed, layout) for name, tag in tags.items()}
    layout.name({name: one.image.manifest for name, one in taken.items()})
    _write_packed(layout, packed)
    return taken


def _image(tar: tarfile.TarFile, entry: Mapping[str, Any], packed: dict[str, _Layer], layout: Layout) -> Taken:
    with _member(tar, entry["Config"]) as file:
        text = file.read()
    document = json.loads(text)
    layers = []
    for diff_id, member in zip(document["rootfs"]["diff_ids"], entry["Layers"], strict=True):
        if diff_id not in packed:
            with _member(tar, member) as file:
                packed[diff_id] = _pack(file, diff_id, layout)
        layers.append(packed[diff_id])
    config = layout.put(text, CONFIG_TYPE)
    blobs = tuple(layer.blob for layer in layers)
    manifest = layout.put(render_manifest(config, blobs), MANIFEST_TYPE)
    image = StoredImage(manifest=manifest, config=config, layers=blobs)
    return Taken(image=image, unpacked=sum(layer.unpacked for layer in layers), architecture=architecture_of(document))


def _pack(source: IO[bytes], diff_id: str, layout: Layout) -> _Layer:
    """Stores a layer in gzip, as it is where it comes so, once its content is checked against its diff id."""
    with layout.new_file() as file:
        if _starts_packed(source):
            _read(source, into=file.stream)
            source.seek(0)
            with gzip.open(source) as plain:
                found, unpacked = _read(plain)
        else:
            # Neither name nor time in the header: the same layer is the same blob.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file.stream, mtime=0, compresslevel=6) as packer:
                found, unpacked = _read(source, into=packer)
        if found != diff_id:
            raise BuildError(f"the engine saved a layer {found} where the image's configuration has {diff_id}")
        file.stream.seek(0)
        digest, size = _read(file.stream)
        layout.keep(file, digest)
    return _Layer(blob=Blob(digest=digest, size=size, media_type=LAYER_TYPE), unpacked=unpacked)


def _entries(tar: tarfile.TarFile) -> list[dict[str, Any]]:
    """manifest.json has been `docker save`'s table of contents with every engine and every store."""
    with _member(tar, "manifest.json") as file:
        entries: list[dict[str, Any]] = json.loads(file.read())
    return entries


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise BuildError(f"the engine saved {name} as something that is no file")
    return file


def _short(tag: str) -> str:
    """The containerd store writes `docker.io/library/x:latest` where the classic one writes `x:latest`."""
    return tag.removeprefix("docker.io/").removeprefix("library/")


def _starts_packed(source: IO[bytes]) -> bool:
    start = source.read(len(_GZIP_MAGIC))
    source.seek(0)
    return start == _GZIP_MAGIC


def _read(source: _Source, *, into: _Target | None = None) -> tuple[str, int]:
    """Reads to the end, writing on if asked; the digest and size of what was read."""
    hashing, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        hashing.update(chunk)
        size += len(chunk)
        if into is not None:
            into.write(chunk)
    return f"sha256:{hashing.hexdigest()}", size


def _read_packed(layout: Layout) -> dict[str, _Layer]:
    """Only what is still there counts."""
    layers = {
        diff_id: _Layer(
            blob=Blob(digest=entry["digest"], size=entry["size"], media_type=LAYER_TYPE), unpacked=entry["unpacked"]
        )
        for diff_id, entry in (layout.read_json(PACKED) or {}).items()
    }
    return {diff_id: layer for diff_id, layer in layers.items() if layout.has(layer.blob)}


def _write_packed(layout: Layout, packed: Mapping[str, _Layer]) -> None:
    document = {
        diff_id: {"digest": layer.blob.digest, "size": layer.blob.size, "unpacked": layer.unpacked}
        for diff_id, layer in packed.items()
        if layout.has(layer.blob)
    }
    layout.write_json(PACKED, document)
