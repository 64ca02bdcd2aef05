"""dispatch: seconds from a request's bytes to the reply's, for 10,000 rows and a function that returns what it gets.

Reference: json.loads and json.dumps of the same request. Four shapes of rows:

dispatch            longitude, latitude and resolution as numbers: what Redshift sends for DOUBLE PRECISION and INTEGER
dispatch/geometry   a polygon of five vertices as hexadecimal EWKB, and a resolution: QUADBIN_POLYFILL's arguments
dispatch/mixed      a BIGINT, a name, and a DOUBLE PRECISION that crosses as text, as in our own SQL wrappers
dispatch/container  the first shape, posted to a container of the base image under the emulator; the reference is the
                    same base with awslambdaric alone and a handler that picks the column and calls json.dumps

Text costs json little and orjson not much less: the objects have to be made. So the shapes differ, and all are told.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import struct
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway import manifest
from gateway.dispatch import Dispatcher

from tests.benchmarks.bench_startup import docker
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
ROWS = 10_000
REPEATS = 40
POSTS = 25
PATH = "/2015-03-31/functions/function/invocations"
PLAIN = """import json


def handler(event, context):
    results = [row[0] for row in event["arguments"]]
    return json.dumps({"success": True, "num_records": len(results), "results": results})
"""
# name: arguments, what the function returns (its first argument's type), and one row made from a random source.
SHAPES: dict[str, tuple[list[str], Callable[[random.Random], list[Any]]]] = {
    "dispatch": (
        ["DOUBLE PRECISION", "DOUBLE PRECISION", "INTEGER"],
        lambda source: [source.uniform(-180, 180), source.uniform(-90, 90), source.randint(0, 26)],
    ),
    "dispatch/geometry": (
        ["GEOMETRY", "INTEGER"],
        lambda source: [_polygon(source), source.randint(0, 26)],
    ),
    "dispatch/mixed": (
        ["BIGINT", "VARCHAR(MAX)", "DOUBLE PRECISION"],
        lambda source: [
            5192650370358181887 + source.randrange(2**40),
            f"feature {source.randrange(100_000)}",
            repr(source.uniform(-180, 180)),
        ],
    ),
}


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Up to four rows."""
    with tempfile.TemporaryDirectory(prefix="bench-dispatch-") as folder:
        write_image(Path(folder))
        for name in filter(wanted, SHAPES):
            ours, reference = in_process(Path(folder), request(name))
            yield Row(name=name, ours=ours, reference=reference, ratio=ours / reference, unit="s")
        if wanted("dispatch/container"):
            ours, reference = in_containers(Path(folder), request("dispatch"))
            yield Row(name="dispatch/container", ours=ours, reference=reference, ratio=ours / reference, unit="s")


def write_image(folder: Path) -> None:
    """The layout of /var/task, with an identity function for each shape, and the plain handler of the reference."""
    functions = []
    for name, (arguments, _) in SHAPES.items():
        root = f"functions/{_function(name)}"
        columns = ", ".join(f"column_{place}" for place in range(len(arguments)))
        (folder / root).mkdir(parents=True)
        (folder / root / "handler.py").write_text(
            "from gateway import redshift_batch_handler\n\n\n"
            f"@redshift_batch_handler\ndef lambda_handler({columns}):\n    return column_0\n"
        )
        functions.append(
            {
                "name": _function(name),
                "sql_names": [_function(name)],
                "root": root,
                "handler": "handler.lambda_handler",
                "arguments": arguments,
                "returns": arguments[0],
                "shared_libs": {},
            }
        )
    document = {"version": 1, "module": "bench", "functions": functions}
    (folder / "manifest.json").write_text(json.dumps(document))
    (folder / "plain.py").write_text(PLAIN)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def request(name: str) -> bytes:
    """A batch as Redshift sends it; the same one every time."""
    _, row = SHAPES[name]
    source = random.Random(2026)  # noqa: S311  data, not secrets
    body = {
        "request_id": "23FF1F97-F28A-44AA-AB67-266ED976BF40",
        "cluster": "arn:aws:redshift:us-east-1:000000000000:cluster:bench",
        "user": "bench",
        "database": "dev",
        "external_function": f"carto.{_function(name)}",
        "query_id": 5678234,
        "num_records": ROWS,
        "arguments": [row(source) for _ in range(ROWS)],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def in_process(folder: Path, body: bytes) -> tuple[float, float]:
    """The best of several turns of each, taken in turns."""
    dispatcher = Dispatcher(manifest.read(str(folder / "manifest.json")))
    check(json.loads(dispatcher.answer(body, None)))
    pairs = [
        (_timed(lambda: dispatcher.answer(body, None)), _timed(lambda: json.dumps(json.loads(body))))
        for _ in range(REPEATS)
    ]
    ours, reference = (min(times) for times in zip(*pairs, strict=True))
    return ours, reference


def in_containers(folder: Path, body: bytes) -> tuple[float, float]:
    """The median of the posts to each, taken in turns; both containers are warm."""
    image = base_image()
    with container(image, folder) as ours, container(image, folder, "awslambdaric", "plain.handler") as reference:
        for port in (ours, reference):
            check(json.loads(post(port, body)))
        pairs = [(_timed(lambda: post(ours, body)), _timed(lambda: post(reference, body))) for _ in range(POSTS)]
    first, second = (statistics.median(times) for times in zip(*pairs, strict=True))
    return first, second


def check(text: str) -> None:
    """The answer is an answer: a function that fails would be quick."""
    reply = json.loads(text)
    if not reply["success"] or len(reply["results"]) != ROWS:
        raise RuntimeError(f"the function did not answer: {text[:200]}")


def base_image() -> str:
    """Bakes the base, under a label of its own."""
    chosen = ROOT / ".builder" / "python-image"
    environ = {"PREFIX": "bench-"}
    if chosen.is_file():
        environ["PYTHON_IMAGE"] = chosen.read_text().strip()
    docker("buildx", "bake", "base", environ=environ)
    return "bench-base:latest"


@contextmanager
def container(image: str, folder: Path, *module: str) -> Iterator[int]:
    """A container with the folder as its /var/task; gives its port. `module` is run instead of the runtime."""
    run: Sequence[str] = ("--entrypoint", "/opt/emulator/aws-lambda-rie") if module else ()
    words = ("python3", "-m", *module) if module else ()
    name = docker("create", *run, "--memory", "512m", "--publish", "127.0.0.1::8080", image, *words)
    try:
        docker("cp", f"{folder}/.", f"{name}:/var/task/")
        docker("start", name)
        yield int(docker("port", name, "8080/tcp").rpartition(":")[2])
    finally:
        docker("rm", "--force", name)


def post(port: int, body: bytes) -> bytes:
    """The payload; asks again while nobody listens."""
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", PATH, body=body)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the container does not answer")


def _function(name: str) -> str:
    return name.replace("/", "_")


def _polygon(source: random.Random) -> str:
    """Hexadecimal EWKB of a polygon of five points with its SRID, as ST_ASHEXEWKB writes it: 97 bytes."""
    x, y = source.uniform(-180, 179), source.uniform(-85, 84)
    ring = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
    head = struct.pack("<BIIII", 1, 0x20000003, 4326, 1, len(ring))
    return (head + b"".join(struct.pack("<dd", *point) for point in ring)).hex().upper()


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
