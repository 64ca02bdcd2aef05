"""Little catalogues, written for one test each."""

from __future__ import annotations

from pathlib import Path

from builder.core.catalog.load import load
from builder.errors import CatalogError, Problem

DATA = Path(__file__).resolve().parents[2] / "data" / "catalogs"

PLAIN = """\
arguments: [{name: n, type: bigint}]
output: bigint
clouds: {redshift: {type: lambda}}
"""
HANDLER = "lambda_handler = len\n"


def write(root: Path, files: dict[str, str]) -> Path:
    """Files by path under a root; what a text ends in is what the file ends in."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def function(name: str, text: str = PLAIN, *, module: str = "geo", handler: str = HANDLER) -> dict[str, str]:
    """The files of one Lambda function."""
    folder = f"functions/{module}/{name}"
    return {f"{folder}/function.yaml": text, f"{folder}/code/lambda/python/handler.py": handler}


def problems(project: Path, *, prefix: str = "", roots: tuple[str, ...] = ("functions",)) -> list[Problem]:
    """Everything that loading the roots of a project complains about; [] where it loads."""
    try:
        load([project / root for root in roots], base=project, prefix=prefix)
    except CatalogError as error:
        return list(error.problems)
    return []


def brief(found: list[Problem]) -> list[str]:
    """Problems as `place key: what`, without the part that all places of these trees share."""
    return [f"{each.where.removeprefix('functions/')} {each.key}: {each.what}" for each in found]
