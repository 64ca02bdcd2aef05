"""Where the files lie that are no Python of ours: the recipes of the images and the templates of the SQL.

In a checkout they stand beside the package `builder`; a wheel carries them inside it, in `_assets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from builder.errors import BuilderError

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Assets:
    """`root` holds docker-bake.hcl, Dockerfile.base, images/ and sql/; `package` is the folder of `builder` itself."""

    root: Path
    package: Path

    @property
    def bake_file(self) -> Path:
        return self.root / "docker-bake.hcl"

    @property
    def sql(self) -> Path:
        return self.root / "sql"

    @property
    def runtime(self) -> Path:
        """The package `gateway` that ships in every image."""
        return self.root / "images" / "runtime" / "gateway"


def find(package: Path = PACKAGE) -> Assets:
    """Looks beside the package, then inside it."""
    for root in (package.parent, package / "_assets"):
        if (root / "docker-bake.hcl").is_file() and (root / "images").is_dir():
            return Assets(root=root, package=package)
    raise BuilderError(
        "the installation is incomplete: docker-bake.hcl and images/ are neither beside the package nor inside it",
        where=str(package),
        hint="install analytics-toolbox-gateway again",
    )
