"""From `docker save` to an OCI layout: the same layers, packed once, whatever the engine's store."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from builder.adapters import archive
from builder.adapters.layout import Layout
from builder.errors import BuildError
from tests.unit.build.samples import a_layer, a_saved_image, digest

if TYPE_CHECKING:
    from pathlib import Path

BASE = a_layer({"opt/gateway/entrypoint": b"#!/bin/sh\n" * 1000})
CODE = a_layer({"var/task/manifest.json": b"{}"})
TAG = "carto-at-quadbin:latest"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "images")


def take(tmp_path: Path, layout: Layout, saved: bytes, name: str = "quadbin") -> archive.Taken:
    file = tmp_path / "saved.tar"
    file.write_bytes(saved)
    return archive.take_in(file, {name: TAG}, layout)[name]


def test_the_layers_are_those_of_the_engine(tmp_path: Path, layout: Layout) -> None:
    taken = take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    packed = [layout.path(layer.digest).read_bytes() for layer in taken.image.layers]
    assert [gzip.decompress(content) for content in packed] == [BASE, CODE]
    assert [layer.size for layer in taken.image.layers] == [len(content) for content in packed]
    assert taken.unpacked == len(BASE) + len(CODE)


def test_every_blob_lies_under_its_own_digest(tmp_path: Path, layout: Layout) -> None:
    take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    blobs = sorted((layout.root / "blobs" / "sha256").iterdir())
    assert len(blobs) == 4  # two layers, configuration, manifest
    assert [blob.name for blob in blobs] == [hashlib.sha256(blob.read_bytes()).hexdigest() for blob in blobs]


def test_the_layout_has_the_files_of_the_specification(tmp_path: Path, layout: Layout) -> None:
    taken = take(tmp_path, layout, a_saved_image(TAG, [BASE]))
    assert json.loads((layout.root / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (entry,) = json.loads((layout.root / "index.json").read_text())["manifests"]
    assert entry["digest"] == taken.image.manifest.digest
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "quadbin"}


def test_the_same_image_is_the_same_digest_elsewhere(tmp_path: Path, layout: Layout) -> None:
    saved = a_saved_image(TAG, [BASE, CODE])
    assert take(tmp_path, layout, saved) == take(tmp_path, Layout(tmp_path / "other"), saved)


def test_layers_that_come_packed_stay_as_they_are(tmp_path: Path, layout: Layout) -> None:
    # The containerd store keeps what BuildKit packed, and spells tags with the default registry.
    packed = gzip.compress(BASE, 1)
    taken = take(tmp_path, layout, a_saved_image(f"docker.io/library/{TAG}", [BASE], stored=[packed]))
    assert layout.path(taken.image.layers[0].digest).read_bytes() == packed
    assert taken.unpacked == len(BASE)


@pytest.mark.parametrize("stored", [CODE, gzip.compress(CODE)], ids=["plain", "packed"])
def test_a_layer_of_another_content_is_refused_and_nothing_is_left(
    stored: bytes, tmp_path: Path, layout: Layout
) -> None:
    with pytest.raises(BuildError, match=digest(BASE)):
        take(tmp_path, layout, a_saved_image(TAG, [BASE], stored=[stored]))
    assert [path for path in layout.root.rglob("*") if path.is_file()] == []


def test_images_share_their_layers(tmp_path: Path, layout: Layout) -> None:
    take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    take(tmp_path, layout, a_saved_image(TAG, [BASE, a_layer({"x": b"h3"})]), name="h3")
    assert len(list((layout.root / "blobs" / "sha256").iterdir())) == 3 + 2 + 2  # layers, configurations, manifests
    assert sorted(layout.names()) == ["h3", "quadbin"]


def test_what_an_older_image_alone_had_is_removed(tmp_path: Path, layout: Layout) -> None:
    old = take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    new = take(tmp_path, layout, a_saved_image(TAG, [BASE, a_layer({"var/task/manifest.json": b"{ }"})]))
    assert layout.image(old.image.manifest.digest) is None
    assert layout.image(new.image.manifest.digest) == new.image
    assert not layout.has(old.image.layers[1])
    assert layout.has(old.image.layers[0])


def test_an_image_that_lost_a_blob_is_not_there(tmp_path: Path, layout: Layout) -> None:
    taken = take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    layer = layout.path(taken.image.layers[0].digest)
    layer.write_bytes(layer.read_bytes()[:-1])
    assert layout.image(taken.image.manifest.digest) is None
    # It is packed again from the engine's image, not taken for known.
    assert take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE])) == taken
    assert layout.image(taken.image.manifest.digest) == taken.image


def test_a_damaged_table_of_packed_layers_is_made_again(tmp_path: Path, layout: Layout) -> None:
    taken = take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE]))
    (layout.root / archive.PACKED).write_text("{")
    assert take(tmp_path, layout, a_saved_image(TAG, [BASE, CODE])) == taken
