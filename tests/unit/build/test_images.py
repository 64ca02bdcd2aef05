"""The image lock: what it records, and what it does with a document that is not one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.images import lock as images
from builder.errors import BuildError
from builder.model import Image

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = f"sha256:{'ab' * 32}"
QUADBIN = Image(
    module="quadbin",
    repository="123456789012.dkr.ecr.eu-west-1.amazonaws.com/carto-at-quadbin",
    digest=DIGEST,
    media_type="application/vnd.oci.image.manifest.v1+json",
    size=212_873_216,
    content_hash=f"sha256:{'cd' * 32}",
    functions=("quadbin_bbox", "quadbin_polyfill"),
)
H3 = replace(QUADBIN, module="h3", repository="")


def test_the_document_is_the_one_of_the_architecture() -> None:
    document = json.loads(images.render({"quadbin": QUADBIN}))
    assert document == {
        "version": 1,
        "images": {
            "quadbin": {
                "repository": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/carto-at-quadbin",
                "digest": DIGEST,
                "media_type": "application/vnd.oci.image.manifest.v1+json",
                "size": 212_873_216,
                "content_hash": f"sha256:{'cd' * 32}",
                "functions": ["quadbin_bbox", "quadbin_polyfill"],
                "architecture": "x86_64",
            }
        },
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    images.write(tmp_path / "state", {"quadbin": QUADBIN, "h3": H3})
    assert images.read(tmp_path / "state") == {"quadbin": QUADBIN, "h3": H3}
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["images.lock.json"]


def test_the_order_of_the_modules_changes_nothing() -> None:
    assert images.render({"quadbin": QUADBIN, "h3": H3}) == images.render({"h3": H3, "quadbin": QUADBIN})


def test_without_a_lock_nothing_was_built(tmp_path: Path) -> None:
    assert images.read(tmp_path) == {}


def document(**changes: object) -> str:
    content = json.loads(images.render({"quadbin": QUADBIN}))
    content["images"]["quadbin"].update(changes)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ('{"version": 1}', "images"),
        ('{"version": 2, "images": {}}', "version"),
        (document(digest="latest"), "images.quadbin.digest"),
        (document(size=-1), "images.quadbin.size"),
        (document(size="1"), "images.quadbin.size"),
        (document(tag="latest"), "images.quadbin.tag"),
    ],
)
def test_a_corrupt_lock_is_an_error_that_names_the_file_and_the_key(text: str, key: str, tmp_path: Path) -> None:
    (tmp_path / images.FILE).write_text(text)
    with pytest.raises(BuildError) as caught:
        images.read(tmp_path)
    (problem,) = caught.value.problems
    assert problem.where.endswith("images.lock.json")
    assert problem.key == key
    assert "builder build" in problem.hint


def test_a_lock_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / images.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(BuildError, match=r"images\.lock\.json: cannot be read"):
        images.read(tmp_path)


def test_a_build_of_the_same_image_keeps_where_it_was_pushed() -> None:
    again = replace(QUADBIN, repository="", content_hash=f"sha256:{'ef' * 32}")
    assert images.rebuilt(QUADBIN, again) == replace(again, repository=QUADBIN.repository)


def test_a_build_of_another_image_forgets_where_the_old_one_was_pushed() -> None:
    other = replace(QUADBIN, repository="", digest=f"sha256:{'01' * 32}")
    assert images.rebuilt(QUADBIN, other).repository == ""
    assert images.rebuilt(None, other) == other
