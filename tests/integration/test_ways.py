"""The four ways to call a function, for real: each gives what the cases say."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from builder.adapters.docker import local_tag
from builder.adapters.emulator import LABEL, REQUEST_LIMIT, Emulator, connect
from builder.adapters.process import run
from builder.core.calls import call as calls
from builder.errors import BuildError, InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from builder.testing import Suite

pytestmark = pytest.mark.cloud
IMAGE = local_tag("carto-at-", "quadbin")


@pytest.fixture(scope="module")
def emulator(catalogue: Suite) -> Iterator[Emulator]:
    assert catalogue.deployed
    with Emulator(IMAGE, memory_mb=256, timeout_seconds=10) as running:
        yield running


def test_every_case_passes_in_every_way(catalogue: Suite) -> None:
    rows = json.loads(catalogue.builder("test", "--all", "--format", "json", environ=catalogue.deployed))
    assert len(rows) == len(catalogue.catalog.functions)
    for function in catalogue.catalog.functions:
        (row,) = [row for row in rows if row["function"] == function.name]
        wanted = ["in-process", "image", "deployed", "sql"] if function.kind == "lambda" else ["sql"]
        assert all(row[way].endswith(" passed") for way in wanted), row


@pytest.mark.parametrize("way", ["--in-process", "--image", "--deployed"])
def test_invoke_answers_alike_in_every_way(catalogue: Suite, way: str) -> None:
    line = ["invoke", way, "--format", "json", "quadbin_fromzxy", "4", "9", "8"]
    said = json.loads(catalogue.builder(*line, environ=catalogue.deployed))
    # The example of the published quadbin definition.
    assert said["results"] == [5209574053332910079]


def test_the_fixture_for_images_gives_one_row(image: Callable[[str], Callable[..., Any]]) -> None:
    assert image("quadbin_fromzxy")(4, 9, 8) == 5209574053332910079
    with pytest.raises(InvokeError, match="quadbin_fromzxy"):
        image("QUADBIN_FROMZXY")(99, 0, 0)


def test_a_container_listens_on_the_one_address_that_it_is_called_by(emulator: Emulator) -> None:
    host, port = emulator.address
    published = [
        each["HostIp"]
        for found in connect().containers.list(filters={"label": LABEL})
        for each in found.ports["8080/tcp"] or ()
        if each["HostPort"] == str(port)
    ]
    assert published == ["127.0.0.1" if host == "localhost" else host]


def test_calls_that_come_together_take_turns(catalogue: Suite, emulator: Emulator) -> None:
    function = catalogue.function("quadbin_fromzxy")
    events = [calls.request(function, [[1, x, 0]]) for x in (0, 1)] * 10
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(emulator.invoke, events))
    found = [calls.results(function, calls.unwrap(reply, where="test"), count=1)[0] for reply in replies]
    assert found == found[:2] * 10
    assert found[0] != found[1]


def test_a_request_that_the_emulator_would_cut_is_refused(emulator: Emulator) -> None:
    with pytest.raises(InvokeError, match=f"has {REQUEST_LIMIT + 1} bytes"):
        emulator.invoke(b" " * (REQUEST_LIMIT + 1))


def test_an_image_of_another_source_is_refused(catalogue: Suite, tmp_path: Path) -> None:
    # A state folder without a lock: whatever the engine holds under the label was built by somebody else.
    line = [sys.executable, "-m", "builder", "--project", str(catalogue.project), "--state", str(tmp_path)]
    done = run([*line, "invoke", "--image", "quadbin_fromzxy", "4", "9", "8"])
    assert done.code == BuildError.exit_code
    assert "builder build --modules quadbin" in done.err


def test_a_lambda_that_was_never_deployed_names_the_remedy(catalogue: Suite) -> None:
    line = [sys.executable, "-m", "builder", "--project", str(catalogue.project)]
    environ = {**catalogue.cloud, "RS_LAMBDA_PREFIX": "nobody-at-"}
    done = run([*line, "invoke", "--deployed", "quadbin_fromzxy", "4", "9", "8"], environ=environ)
    assert done.code == InvokeError.exit_code
    assert "builder deploy" in done.err


def test_an_image_that_is_not_there_names_the_remedy() -> None:
    with pytest.raises(InvokeError, match="builder build"), Emulator("carto-at-nothing:latest"):
        pass


def test_a_container_that_ends_at_once_is_an_error_and_is_removed(catalogue: Suite) -> None:
    assert catalogue.deployed
    before = len(connect().containers.list(all=True, filters={"label": LABEL}))
    # Four megabytes are not enough for Python.
    with pytest.raises(InvokeError), Emulator(IMAGE, memory_mb=6) as running:
        calls.unwrap(running.invoke(b"{}"), where="quadbin")
    assert len(connect().containers.list(all=True, filters={"label": LABEL})) == before
