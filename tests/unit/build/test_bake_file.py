"""docker-bake.hcl, read as text: what a bake typed by hand would do must be what `builder build` does."""

from __future__ import annotations

import re
from pathlib import Path

from builder import assets, bake
from builder.core.images import build_plan
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.config.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
BAKE = (ROOT / "docker-bake.hcl").read_text()


def default(variable: str) -> str:
    found = re.search(rf'variable "{variable}" {{\n  default = "(.*)"\n}}', BAKE)
    assert found, f"docker-bake.hcl has no variable {variable}"
    return found.group(1)


def test_the_list_of_images_is_the_catalogues() -> None:
    catalog = open_catalog(["functions"], ROOT)
    images = [part.image for module in group(catalog, catalog.functions) for part in module.images]
    assert default("MODULES").split(",") == images


def test_the_labels_are_those_of_the_settings() -> None:
    assert default("PREFIX") == Settings().lambda_prefix


def test_what_the_builder_sets_the_file_reads() -> None:
    environ = build_plan.bake_environment(modules=["a"], prefix="", functions="", package="", python_image="p")
    assert all(default(name) is not None for name in (*environ, "PIP_CERT", "PIP_CONFIG_FILE"))


def test_the_python_image_is_the_same_everywhere() -> None:
    recipes = [ROOT / "Dockerfile.base", ROOT / "images" / "module" / "Dockerfile"]
    arguments = [re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", recipe.read_text(), re.MULTILINE) for recipe in recipes]
    assert arguments == [[default("PYTHON_IMAGE")]] * 2


def test_no_attestation_makes_an_index_of_an_image() -> None:
    # Lambda takes an image manifest only; buildx adds a provenance attestation unless told otherwise.
    assert '"type=provenance,disabled=true"' in BAKE
    assert '"type=sbom,disabled=true"' in BAKE
    assert re.findall(r"platforms = (.*)", BAKE) == ["[PLATFORM]"]
    assert re.findall(r'variable "PLATFORM" {\n  default = "(.*)"', BAKE) == ["linux/amd64"]


def test_every_file_of_the_recipe_is_in_the_content_hash() -> None:
    recipe = bake.recipe(ROOT)
    copied = re.findall(
        r"source=(images/[^,]+),", "".join(path.read_text() for path in sorted(ROOT.glob("Dockerfile*")))
    )
    copied += re.findall(r"source=(images/[^,]+),", (ROOT / "images/module/Dockerfile").read_text())
    assert copied
    assert not [path for path in copied if not any(f"{name}/".startswith(f"{path}/") for name in recipe)]
    assert {"docker-bake.hcl", "Dockerfile.base", "images/module/Dockerfile"} <= set(recipe)


def test_the_assets_are_found_beside_the_package_and_inside_it(tmp_path: Path) -> None:
    assert assets.find().root == ROOT
    package = tmp_path / "site-packages" / "builder"
    inside = package / "_assets"
    (inside / "images").mkdir(parents=True)
    (inside / "docker-bake.hcl").touch()
    assert assets.find(package) == assets.Assets(root=inside, package=package)
