"""The laws of docs/architecture.md that can be read off the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from builder import errors
from builder.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "builder"

# Which floors a floor may import from; a file of the package's root is a floor of its own name.
GROUND = {"errors", "files", "model", "names", "__init__"}
CORE = GROUND | {"core"}
EFFECTS = CORE | {"adapters", "assets"}
FLOORS = {
    "errors": set(),
    "files": set(),
    "model": GROUND,
    "names": GROUND,
    "core": CORE,
    # Its second life is inside an image's build, where only the core is at hand.
    "stage": CORE,
    "console": GROUND,
    "assets": GROUND,
    "adapters": EFFECTS,
    "local": EFFECTS,
    "apply": EFFECTS | {"console"},
    "bake": EFFECTS,
    "push": EFFECTS,
    "lock": EFFECTS,
    "ways": EFFECTS,
    "app": EFFECTS | {"console"},
    "commands": EFFECTS | {"app", "console", "apply", "bake", "lock", "push", "ways", "local"},
    "cli": GROUND | {"app", "commands", "console"},
    "__main__": {"cli"},
    "testing": EFFECTS | {"ways"},
    "__init__": set(),
}
# The core's rooms, the lowest first.
ROOMS = ["catalog", "config", "sql", "images", "calls", "deploy"]
BANNED_IN_CORE = {
    "boto3", "botocore", "docker", "subprocess", "redshift_connector", "duckdb", "socket", "time", "random", "os",
    "http", "urllib", "threading",
}  # fmt: skip

# Load reads folders, a hundred thousand entries of a large catalogue: pathlib asks the system for each one's kind.
LOOKS = {"os.scandir", "os.path.isfile", "os.path.islink"}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def floor(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Full names of all that a file imports, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    allowed = FLOORS[floor(path)]
    floors = {name.split(".")[1] for name in imports(path) if name.startswith("builder.")} - {floor(path)}
    # `from builder import __version__` names a value of the package itself.
    floors = {name for name in floors if not name.startswith("__")}
    assert floors <= allowed, f"{floors - allowed} stands above {floor(path)}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=lambda path: path.name)
def test_the_core_has_no_effects(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path) - LOOKS}
    assert not roots & BANNED_IN_CORE


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "core").glob("*/*.py")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_the_rooms_of_the_core_have_an_order(path: Path) -> None:
    below = ROOMS[: ROOMS.index(path.parent.name) + 1]
    rooms = {name.split(".")[2] for name in imports(path) if name.startswith("builder.core.")}
    assert rooms <= set(below)


def test_the_builder_and_the_runtime_import_nothing_of_one_another() -> None:
    assert not [path for path in sources() if any(name.split(".")[0] == "gateway" for name in imports(path))]
    runtime = (ROOT / "images" / "runtime" / "gateway").rglob("*.py")
    assert not [path for path in runtime if any(name.split(".")[0] == "builder" for name in imports(path))]


def test_every_module_of_the_core_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = [path.name for path in (PACKAGE / "core").rglob("*.py") if path.name != "__init__.py"]
    assert not [name for name in modules if f"`{name}`" not in page]


def test_every_error_class_has_an_exit_code_of_its_own() -> None:
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.BuilderError)
    ]
    codes = [value.exit_code for value in classes]
    assert len(codes) == len(set(codes))
    table = str(errors.__doc__)
    assert all(re.search(rf"{value.__name__} +{value.exit_code}\b", table) for value in classes)


def test_every_command_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    missing = [name for name in cli.list_commands(context) if f"`builder {name}" not in readme]
    assert not missing


def test_every_command_explains_itself() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    assert not [name for name, command in commands.items() if command is None or not command.help]


def test_a_session_with_aws_is_made_in_one_place() -> None:
    # `App.aws`, once a command; the pytest plugin is a composition root of its own.
    made = [
        path.relative_to(PACKAGE).as_posix()
        for path in sources()
        if "builder.adapters.aws.Aws" in imports(path)
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Aws"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert sorted(made) == ["app.py", "testing.py"]
