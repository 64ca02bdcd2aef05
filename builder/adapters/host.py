"""What this host knows and a build must be told: its certificates and its package index, as pip has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The variables that name a bundle of certificates, the nearest to pip first.
_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Debian's bundle and Red Hat's. A company's own authority is usually installed there.
_BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
# pip, "Configuration": the user's file, its older place, and the host's.
_CONFIGURATIONS = (".config/pip/pip.conf", ".pip/pip.conf")
_HOST_CONFIGURATION = Path("/etc/pip.conf")


def build_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of docker-bake.hcl that name the files to hand over as secrets. What is not found is left out."""
    told = [Path(environ[name]) for name in _CERTIFICATES if environ.get(name)]
    home = Path(environ.get("HOME") or "/nonexistent")
    configured = [Path(environ["PIP_CONFIG_FILE"])] if environ.get("PIP_CONFIG_FILE") else []
    found = {
        "PIP_CERT": _first_file([*told, *_BUNDLES]),
        "PIP_CONFIG_FILE": _first_file([*configured, *(home / name for name in _CONFIGURATIONS), _HOST_CONFIGURATION]),
    }
    return {name: str(path) for name, path in found.items() if path is not None}


def _first_file(paths: Sequence[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
