"""startup: seconds from `docker start` of the quadbin image to its first answer under the emulator.

Reference: an image of awslambdaric alone on the same base, whose handler gives its event back (tests/data/build/echo).
Containers are made before the clock runs; the two take turns, and the best of each counts: what the machine does beside
it can only add.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
ECHO = ROOT / "tests" / "data" / "build" / "echo"
PATH = "/2015-03-31/functions/function/invocations"
REPEATS = 11
EVENT = json.dumps({"external_function": "carto.quadbin_fromzxy", "num_records": 1, "arguments": [[4, 9, 8]]})
# QUADBIN_FROMZXY's example in the public quadbin specification.
ANSWER = "5209574053332910079"


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """One row."""
    if not wanted("startup"):
        return
    quadbin, echo = images()
    first_answer(quadbin, ANSWER)  # what the engine reads from disk the first time is not start-up
    first_answer(echo, "quadbin_fromzxy")
    pairs = [(first_answer(quadbin, ANSWER), first_answer(echo, "quadbin_fromzxy")) for _ in range(REPEATS)]
    ours, reference = (min(times) for times in zip(*pairs, strict=True))
    yield Row(name="startup", ours=ours, reference=reference, ratio=ours / reference, unit="s")


def images() -> tuple[str, str]:
    """Bakes both images, with labels of their own."""
    chosen = ROOT / ".builder" / "python-image"
    environ = {"PREFIX": "bench-", "MODULES": "quadbin"}
    if "PYTHON_IMAGE" not in os.environ and chosen.is_file():
        environ["PYTHON_IMAGE"] = chosen.read_text().strip()
    docker("buildx", "bake", "base", "quadbin", environ=environ)
    docker(
        "buildx", "build", "--build-context", "base=docker-image://bench-base:latest", "--tag", "bench-echo", str(ECHO)
    )
    return "bench-quadbin:latest", "bench-echo:latest"


def first_answer(image: str, expected: str) -> float:
    """Seconds until the answer holds `expected`."""
    limits = ("--read-only", "--tmpfs", "/tmp", "--user", "65534", "--memory", "512m")  # noqa: S108  inside the container
    container = docker("create", *limits, "--publish", "127.0.0.1::8080", image)
    try:
        start = time.perf_counter()
        docker("start", container)
        port = int(docker("port", container, "8080/tcp").rpartition(":")[2])
        while expected not in (answer := ask(port)):
            if time.perf_counter() - start > 60:
                raise RuntimeError(f"{image} does not answer: {answer!r}")
            time.sleep(0.002)
        return time.perf_counter() - start
    finally:
        docker("rm", "--force", container)


def ask(port: int) -> str:
    """The reply; empty while nobody listens: the engine's proxy takes connections before the container does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", PATH, body=EVENT)
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def docker(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"docker {arguments[0]}: {done.stderr}")
    return done.stdout.strip()
