"""The pytest plugin: fixtures for functions' tests, and cases.yaml as tests.

    def test_polyfill(handler):                        # the real runtime, in this process
        assert handler("quadbin_polyfill")("POINT(1 2)", 4) == [5209...]

    def test_image(image):                             # the module's image under Lambda's emulator (testcontainers)
        assert image("quadbin_polyfill")("POINT(1 2)", 4) == [5209...]

    def test_in_sql(run_query):                        # a deployed catalogue
        assert run_query("SELECT carto.QUADBIN_RESOLUTION(5209574053332910079)") == [(4,)]

`run_query` goes by the road of the settings (RS_HOST, RS_CLUSTER_IDENTIFIER or RS_WORKGROUP, and the rest, of the
environment, of `.env` and of the YAML files), as `builder deploy` does. Where none is named, it starts a local cloud of
its own, builds and deploys the catalogue into it, once a session, and removes it at the end.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builder import ways
from builder.adapters import warehouse
from builder.adapters.aws import Aws
from builder.adapters.layout import Layout
from builder.adapters.process import run
from builder.core.calls import cases
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.catalog.units import by_function
from builder.core.config import settings
from builder.errors import BuilderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from builder.core.calls.cases import Case
    from builder.model import Catalog, Function, Module

CLOUD_MARK = "cloud"


class Suite:
    """The catalogue under test and the ways to call it, each opened on first use."""

    def __init__(self, project: Path, roots: tuple[str, ...]) -> None:
        self.project = project
        self.roots = roots
        self._scratch = tempfile.TemporaryDirectory(prefix="gateway-tests-")
        self.state = Path(self._scratch.name)
        self._cloud_is_ours = False

    @cached_property
    def catalog(self) -> Catalog:
        return open_catalog(self.roots, self.project)

    @cached_property
    def modules(self) -> dict[str, Module]:
        return {module.name: module for module in group(self.catalog, self.catalog.functions)}

    def function(self, name: str) -> Function:
        """Raises LookupError for a name that the catalogue does not have."""
        for function in self.catalog.functions:
            if function.name == name.lower():
                return function
        raise LookupError(f"the catalogue in {', '.join(self.roots)} has no function {name!r}")

    @cached_property
    def in_process(self) -> ways.Way:
        return ways.in_process(self.modules)

    @cached_property
    def image(self) -> ways.Way:
        """Each module's image under Lambda's emulator. Builds what has changed; needs a Docker engine."""
        self.builder("build", environ={})
        told = settings.load(self.project, flags={}, environ=os.environ)
        units = by_function(self.modules.values(), prefix=told.lambda_prefix, suffix=told.suffix, mode=told.lambda_mode)
        return ways.image(units, reference=Layout(self.project / "build" / "images").engine_ids().__getitem__)

    @cached_property
    def cloud(self) -> dict[str, str]:
        """The environment of a local cloud of our own, empty so far."""
        self._cloud_is_ours = True
        said = self.builder("local", "up", "--aws-port", "0", "--redshift-port", "0", "--format", "json", environ={})
        found: dict[str, str] = json.loads(said)["environment"]
        return found

    @cached_property
    def deployed(self) -> dict[str, str]:
        """The environment of a cloud that has the catalogue: the one that is configured, or our own."""
        if settings.load(self.project, flags={}, environ=os.environ).warehouse is not None:
            return dict(os.environ)
        for command in (["build"], ["push"], ["deploy", "--yes"]):
            self.builder(*command, environ=self.cloud)
        return self.cloud

    @cached_property
    def sql(self) -> ways.SqlWay:
        return ways.SqlWay(self.warehouse, schema=self.told.schema)

    @cached_property
    def warehouse(self) -> warehouse.Warehouse:
        return warehouse.configured(self.told, lambda: Aws(self.told))

    def builder(self, *arguments: str, environ: dict[str, str]) -> str:
        """The command line in a process of its own, with our state folder. Returns its standard output."""
        roots = [word for root in self.roots for word in ("--functions-root", root)]
        takes_roots = arguments[0] in {"validate", "build", "push", "plan", "deploy"}
        line = [sys.executable, "-m", "builder", "--project", str(self.project), "--state", str(self.state)]
        done = run([*line, *arguments, *(roots if takes_roots else [])], folder=self.project, environ=environ)
        if not done.ok:
            raise BuilderError(f"exit code {done.code}\n{done.err}", where=f"builder {' '.join(arguments)}")
        return done.out

    def close(self) -> None:
        if "image" in self.__dict__:
            self.image.close()
        if "warehouse" in self.__dict__:
            self.warehouse.close()
        if self._cloud_is_ours:
            self.builder("local", "down", environ={})
        self._scratch.cleanup()

    @cached_property
    def told(self) -> settings.Settings:
        """The settings, with the road to where the catalogue is deployed."""
        return settings.load(self.project, flags={}, environ=self.deployed)


_SUITE = pytest.StashKey[Suite]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("functions_roots", "Folders of the catalogue (default: functions).", "args", ["functions"])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{CLOUD_MARK}: needs a local cloud or a configured Redshift")
    config.stash[_SUITE] = Suite(config.rootpath, tuple(config.getini("functions_roots")))


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SUITE in config.stash:
        config.stash[_SUITE].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name == "cases.yaml" and file_path.parent.name == "unit":
        return CasesFile.from_parent(parent, path=file_path)
    return None


class CasesFile(pytest.File):
    """One function's cases.yaml."""

    def collect(self) -> Iterable[pytest.Item]:
        suite = self.config.stash[_SUITE]
        try:
            function = suite.function(self.path.parents[2].name)
        except (BuilderError, LookupError) as error:
            raise self.CollectError(str(error)) from error
        found, problems = cases.parse(self.path.read_text(encoding="utf-8"), function, where=str(self.path))
        if problems:
            raise self.CollectError("\n".join(map(str, problems)))
        for case in found:
            item = CaseItem.from_parent(self, name=case.name, function=function, case=case)
            if function.kind == "sql":
                item.add_marker(CLOUD_MARK)
            yield item


class CaseItem(pytest.Item):
    """One case: in process for a Lambda function, through SQL for a native SQL function."""

    def __init__(self, *, function: Function, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function
        self._case = case

    def runtest(self) -> None:
        suite = self.config.stash[_SUITE]
        way = suite.sql if self._function.kind == "sql" else suite.in_process
        (outcome,) = ways.outcomes(way, self._function, [self._case])
        wrong = cases.mismatch(self._function, self._case, outcome)
        if wrong:
            raise AssertionError(wrong)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, (AssertionError, BuilderError)):
            return f"{self._function.name}: {self._case.name}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self._function.name}: {self.name}"


@pytest.fixture(scope="session")
def catalogue(request: pytest.FixtureRequest) -> Suite:
    """The catalogue under test, and every way to call it."""
    return request.config.stash[_SUITE]


@pytest.fixture(scope="session")
def handler(catalogue: Suite) -> Callable[[str], Callable[..., Any]]:
    """`handler("quadbin_polyfill")("POINT(1 2)", 4)`: one row through the real runtime, in this process."""
    return partial(_one_row, catalogue, lambda: catalogue.in_process)


@pytest.fixture(scope="session")
def image(catalogue: Suite) -> Callable[[str], Callable[..., Any]]:
    """`image("quadbin_polyfill")("POINT(1 2)", 4)`: one row through the module's image, run as Lambda would run it."""
    return partial(_one_row, catalogue, lambda: catalogue.image)


@pytest.fixture(scope="session")
def local_cloud(catalogue: Suite) -> dict[str, str]:
    """The environment of a local cloud that belongs to this session; nothing is deployed in it yet."""
    return catalogue.cloud


@pytest.fixture(scope="session")
def run_query(catalogue: Suite) -> Callable[[str], list[tuple[Any, ...]]]:
    """`run_query("SELECT carto.F(1)")`: the rows, from the catalogue as it is deployed."""

    def query(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in catalogue.warehouse.query(sql).rows]

    return query


def _one_row(catalogue: Suite, way: Callable[[], ways.Way], name: str) -> Callable[..., Any]:
    function = catalogue.function(name)

    def call(*arguments: Any) -> Any:
        return way().call(function, [arguments])[0]

    return call
