"""The step inside the recipe that lays out an image's files, over a small catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from builder import stage
from builder.core.images import requirements
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group

if TYPE_CHECKING:
    import pytest

SMALL = Path(__file__).parents[2] / "data" / "build" / "tiny"


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_the_files_stand_where_the_image_has_them(tmp_path: Path) -> None:
    assert stage.main(["tiny", "--functions", str(SMALL), "--out", str(tmp_path / "out")]) == 0
    assert files(tmp_path / "out") == [
        "functions/var/task/functions/greet/handler.py",
        "functions/var/task/functions/twice/handler.py",
        "manifest/var/task/manifest.json",
        "requirements/requirements.lock",
        "shared/var/task/shared/words/__init__.py",
    ]


def test_the_manifest_leads_to_them(tmp_path: Path) -> None:
    stage.main(["tiny", "--functions", str(SMALL), "--out", str(tmp_path / "out")])
    manifest = json.loads((tmp_path / "out/manifest/var/task/manifest.json").read_text())
    task = tmp_path / "out/functions/var/task"
    for function in manifest["functions"]:
        module, _ = function["handler"].split(".")
        assert (task / function["root"] / f"{module}.py").is_file()
    assert [function["name"] for function in manifest["functions"]] == ["greet", "twice"]


def test_two_stagings_are_the_same_bytes(tmp_path: Path) -> None:
    for out in ("one", "two"):
        stage.main(["tiny", "--functions", str(SMALL), "--out", str(tmp_path / out)])
    one, two = (
        {path: (tmp_path / out / path).read_bytes() for path in files(tmp_path / out)} for out in ("one", "two")
    )
    assert one == two


def test_a_module_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stage.main(["tinny", "--functions", str(SMALL), "--out", str(tmp_path / "out")]) == 3
    assert "no module 'tinny'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_lock_of_the_small_catalogue_is_fresh() -> None:
    catalog = open_catalog([str(SMALL)], Path.cwd())
    assert [requirements.stale(module) for module in group(catalog, catalog.functions)] == [None]


def test_a_part_of_a_module_that_is_split_is_staged_by_its_images_name(tmp_path: Path) -> None:
    foreign = Path(__file__).resolve().parents[2] / "data" / "catalogs" / "foreign"
    assert stage.main(["stats-2", "--functions", str(foreign), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "functions/var/task/functions/stats_scale/handler.py").is_file()
    lock = (tmp_path / "out" / "requirements" / "requirements.lock").read_text()
    assert [line.split()[0] for line in lock.splitlines() if line.startswith("six==")] == ["six==1.17.0"]
    manifest = json.loads((tmp_path / "out" / "manifest/var/task/manifest.json").read_text())
    assert (manifest["module"], [each["name"] for each in manifest["functions"]]) == ("stats", ["stats_scale"])
