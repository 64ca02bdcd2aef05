"""Values that the tests of the build share."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

from builder.model import Config, Function, Module, Parameter, SharedLib, SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def a_file(path: str, content: bytes = b"") -> SourceFile:
    return SourceFile(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


CELLS = SharedLib(name="cells", root="functions/_shared/python/cells", files=(a_file("__init__.py"),))

POLYFILL = Function(
    name="quadbin_polyfill",
    module="quadbin",
    root="functions/quadbin/quadbin_polyfill",
    kind="lambda",
    parameters=(Parameter(name="geom", type="GEOMETRY"), Parameter(name="resolution", type="INTEGER")),
    returns="SUPER",
    config=Config(memory_size=1024),
    files=(a_file("handler.py"), a_file("tables/units.csv")),
    requirements=("shapely==2.1.2", "numpy==2.2.6"),
    shared_libs=("cells",),
)
BBOX = Function(
    name="quadbin_bbox",
    module="quadbin",
    root="functions/quadbin/quadbin_bbox",
    kind="lambda",
    parameters=(Parameter(name="quadbin", type="BIGINT"),),
    returns="SUPER",
    config=Config(timeout=120),
    code="code/python",
    files=(a_file("handler.py"),),
    requirements=("NumPy == 2.2.6",),
)
RESOLUTION = Function(
    name="quadbin_resolution",
    module="quadbin",
    root="functions/quadbin/quadbin_resolution",
    kind="sql",
    parameters=(Parameter(name="quadbin", type="BIGINT"),),
    returns="INTEGER",
    sql="SELECT 1",
)
QUADBIN = Module(name="quadbin", functions=(BBOX, POLYFILL, RESOLUTION), shared_libs=(CELLS,))


def a_layer(files: Mapping[str, bytes]) -> bytes:
    """A layer's tar."""
    return _tar(files)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def a_saved_image(tag: str, layers: Sequence[bytes], *, stored: Sequence[bytes] = ()) -> bytes:
    """What `docker save` writes for one image. `stored` is how the engine keeps the layers, if not plain."""
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        }
    ).encode()
    kept = list(stored) or list(layers)
    blobs = {f"blobs/sha256/{digest(blob)[7:]}": blob for blob in (config, *kept)}
    manifest = [
        {
            "Config": f"blobs/sha256/{digest(config)[7:]}",
            "RepoTags": [tag],
            "Layers": [f"blobs/sha256/{digest(blob)[7:]}" for blob in kept],
        }
    ]
    return _tar({**blobs, "manifest.json": json.dumps(manifest).encode()})


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
