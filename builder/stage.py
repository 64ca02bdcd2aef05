"""Lays out a module's files for its image: `python -m builder.stage quadbin --functions DIR --out DIR`.

Runs inside images/module/Dockerfile, over the named contexts, so that a bake typed by hand stages what `builder build`
does. Under OUT stands one tree a layer (build_plan.LAYERS), to be copied to /, and requirements/requirements.lock.
Needs pydantic and PyYAML alone (images/requirements/stage.lock).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.images import build_plan
from builder.errors import BuilderError, CatalogError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.model import Catalog, Module


def stage(module: Module, out: Path) -> None:
    """Writes the trees. Modes and times are normalised by the recipe, after this."""
    for layer in build_plan.LAYERS:
        (out / layer / build_plan.TASK).mkdir(parents=True)
    for file in build_plan.staged(module):
        target = out / file.layer / file.target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.source, target)
    manifest = out / "manifest" / build_plan.TASK / "manifest.json"
    manifest.write_text(json.dumps(build_plan.image_manifest(module), indent=1, ensure_ascii=False) + "\n", "utf-8")
    lock = out / "requirements" / "requirements.lock"
    lock.parent.mkdir()
    lock.write_text(module.requirements_lock, "utf-8")


def find(catalog: Catalog, name: str) -> Module:
    """The whole module or, where it is split, the part whose image has this name. Raises CatalogError."""
    parts = {part.image: part for module in group(catalog, catalog.functions) for part in module.images}
    if name not in parts:
        raise CatalogError(f"no module {name!r} with a Lambda function; there are: {', '.join(sorted(parts))}")
    return parts[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; problems go to standard error, where bake shows them as the failing step's output."""
    parser = argparse.ArgumentParser(prog="builder.stage", description=__doc__)
    parser.add_argument("module")
    parser.add_argument("--functions", action="append", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    given = parser.parse_args(arguments)
    try:
        stage(find(open_catalog(given.functions, Path.cwd()), given.module), given.out)
    except BuilderError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
