"""Manifests, against the specification's own words and AWS's limits."""

from __future__ import annotations

import json

import pytest

from builder.core.images import oci
from builder.core.images.oci import Blob

CONFIG = Blob(digest=f"sha256:{'01' * 32}", size=7023, media_type=oci.CONFIG_TYPE)
LAYER = Blob(digest=f"sha256:{'02' * 32}", size=32654, media_type=oci.LAYER_TYPE)


def test_the_digest_is_sha256_of_the_bytes() -> None:
    # sha256 of nothing, as FIPS 180-4's test vectors have it.
    assert oci.digest_of(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_manifest_has_the_members_of_the_specification() -> None:
    # image-spec 1.1, manifest.md: the example, less its optional members.
    assert json.loads(oci.render_manifest(CONFIG, (LAYER,))) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": f"sha256:{'01' * 32}",
            "size": 7023,
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": f"sha256:{'02' * 32}",
                "size": 32654,
            }
        ],
    }


def test_a_manifest_is_read_as_it_was_written() -> None:
    content = oci.render_manifest(CONFIG, (LAYER, LAYER))
    image = oci.parse_manifest(content)
    assert (image.config, image.layers) == (CONFIG, (LAYER, LAYER))
    assert (image.manifest.digest, image.manifest.size) == (oci.digest_of(content), len(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        json.dumps({"schemaVersion": 2, "mediaType": oci.INDEX_TYPE, "manifests": []}).encode(),
        json.dumps({"config": {"digest": "x"}, "layers": []}).encode(),
    ],
    ids=["empty", "list", "null", "index", "descriptor without size"],
)
def test_what_is_no_image_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json's own error is one too
        oci.parse_manifest(content)


def test_lambdas_limits() -> None:
    # Lambda quotas: 10 GB uncompressed; manifests of at most 25,400 bytes.
    assert oci.check_limits("quadbin", unpacked=10 * 1024**3, manifest_size=25_400) == []
    problems = oci.check_limits("quadbin", unpacked=10 * 1024**3 + 1, manifest_size=25_401)
    assert [problem.where for problem in problems] == ["quadbin", "quadbin"]
    assert "10737418241" in problems[0].what
    assert "25401" in problems[1].what
