"""Image manifests as the OCI image specification 1.1 has them, and Lambda's limits on them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.errors import Problem

if TYPE_CHECKING:
    from builder.model import Architecture

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"

# The names that images go by (GOARCH) for Lambda's.
MACHINES: dict[Architecture, str] = {"x86_64": "amd64", "arm64": "arm64"}

# Lambda quotas: "Container image code package size", uncompressed, all layers included.
UNPACKED_LIMIT = 10 * 1024**3
# Lambda, "Create a function using a container image": the manifest's size limit, in bytes.
MANIFEST_LIMIT = 25_400


@dataclass(frozen=True, kw_only=True)
class Blob:
    """Content under its digest. `size` is in bytes, as stored."""

    digest: str
    size: int
    media_type: str

    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """An image that lies in a layout, whole."""

    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """What a manifest needs to be there: the registry refuses it before."""
        return (*self.layers, self.config)


def architecture_of(config: Any) -> Architecture | None:
    """What an image's configuration says that it was built for; None where Lambda has no such thing."""
    return next((name for name, machine in MACHINES.items() if machine == config.get("architecture")), None)


def digest_of(content: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def render_manifest(config: Blob, layers: tuple[Blob, ...]) -> bytes:
    """The manifest's bytes; its digest is the image's."""
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def parse_manifest(content: bytes) -> StoredImage:
    """Raises ValueError where the bytes are not an image manifest: an index has no config."""
    try:
        document = json.loads(content)
        config, *layers = (
            Blob(digest=entry["digest"], size=entry["size"], media_type=entry["mediaType"])
            for entry in (document["config"], *document["layers"])
        )
        media_type = document.get("mediaType", MANIFEST_TYPE)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an image manifest: {error!r}") from error
    manifest = Blob(digest=digest_of(content), size=len(content), media_type=media_type)
    return StoredImage(manifest=manifest, config=config, layers=tuple(layers))


def check_limits(module: str, *, unpacked: int, manifest_size: int) -> list[Problem]:
    """What Lambda would refuse, in bytes."""
    problems = []
    if unpacked > UNPACKED_LIMIT:
        problems.append(
            Problem(
                where=module,
                what=f"the image has {unpacked} bytes unpacked, Lambda takes {UNPACKED_LIMIT}",
                hint="drop packages from its requirements.txt, or move functions to another module",
            )
        )
    if manifest_size > MANIFEST_LIMIT:
        problems.append(
            Problem(
                where=module,
                what=f"the image's manifest has {manifest_size} bytes, Lambda takes {MANIFEST_LIMIT}",
                hint="PYTHON_IMAGE has too many layers: take one with fewer",
            )
        )
    return problems
