"""local-redshift: a million rows through an external function that returns what it gets, in a local cloud of its own.

local-redshift/throughput   rows per second of `SELECT SUM(f(n))`; the reference is the ceiling: the same payloads, sent
                            to the same containers by a bare HTTP client, one thread a container
local-redshift/emulator     the same rows per second; the reference is the same payloads, sent to the emulator's Lambda
                            by boto3 alone, in as many threads: what the way through it leaves
local-redshift/memory       the endpoint's peak resident memory in MB while a million answers are summed, against 500
local-redshift/memory/rows  that peak with four million rows, against the peak with one million: 1 is flat
"""

from __future__ import annotations

import http.client
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from builder.local.calls.batches import Envelope
from builder.local.calls.invoker import LambdaInvoker
from builder.local.cloud import record
from builder.local.cloud.containers import ENDPOINT
from builder.local.cloud.parts import KEYS
from builder.local.engine.engine import IN_FLIGHT
from builder.testing import Suite
from tests.benchmarks.bench_dispatch import PATH
from tests.benchmarks.bench_startup import docker
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1_000_000
BATCH = 50_000
# A turn of the two that are compared takes less than a second, and a machine's speed moves by a third within a minute:
# the ratio is the median of many turns' ratios. The way through the emulator takes seconds, and is far off.
TURNS, EMULATED = 25, 5
LIMIT = 500.0
DEFINITION = f"""function_type: scalar
status: stable
author: Analytics Toolbox contributors
description: What it gets.
arguments: [{{name: n, type: bigint, description: A number.}}]
output: {{type: bigint, description: The same number.}}
clouds:
  redshift:
    type: lambda
    code_file: code/lambda/python/handler.py
    config: {{memory_size: 512, timeout: 60, max_batch_rows: {BATCH}, max_batch_size: 4 MB, volatility: stable}}
"""
HANDLER = """from gateway import redshift_handler


@redshift_handler
def lambda_handler(n):
    return n
"""


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Up to four rows, from one local cloud."""
    if not any(wanted(f"local-redshift/{name}") for name in ("throughput", "emulator", "memory", "memory/rows")):
        return
    with tempfile.TemporaryDirectory(prefix="bench-local-") as folder, cloud(Path(folder)) as (suite, connection):
        connection.execute(f"CREATE TABLE numbers AS SELECT n::BIGINT AS n FROM generate_series(1, {4 * ROWS}) AS g(n)")
        total(connection, ROWS)  # containers start
        for row in (*throughput(suite, connection), *memory(suite, connection)):
            if wanted(row.name):
                yield row


def throughput(suite: Suite, connection: psycopg.Connection[tuple[int, ...]]) -> Iterator[Row]:
    """The three ways take turns; the medians count, of the rates and of each turn's ratios."""
    envelope = Envelope(user="awsuser", database="dev", function="carto.bench_identity", query_id=1)
    starts = range(1, ROWS + 1, BATCH)
    payloads = [
        envelope.wrap("0" * 36, BATCH, ",".join(f"[{n}]" for n in range(start, start + BATCH)).encode())
        for start in starts
    ]
    direct = [partial(post, address) for address in containers(suite)]
    os.environ.update(KEYS)
    invoker = LambdaInvoker(region="us-east-1", endpoint_url=suite.cloud["AWS_ENDPOINT_URL"])
    through = [partial(invoker, "carto-at-benchlocal")] * IN_FLIGHT
    for name, lanes, turns in (("throughput", direct, TURNS), ("emulator", through, EMULATED)):
        rates = [(rate(lambda: total(connection, ROWS)), rate(partial(sent, payloads, lanes))) for _ in range(turns)]
        ours, reference = (statistics.median(each) for each in zip(*rates, strict=True))
        ratio = statistics.median(mine / theirs for mine, theirs in rates)
        yield Row(name=f"local-redshift/{name}", ours=ours, reference=reference, ratio=ratio, unit="rows/s")


def memory(suite: Suite, connection: psycopg.Connection[tuple[int, ...]]) -> Iterator[Row]:
    few, many = (peak(suite, connection, rows) for rows in (ROWS, 4 * ROWS))
    yield Row(name="local-redshift/memory", ours=few, reference=LIMIT, ratio=few / LIMIT, unit="MB")
    yield Row(name="local-redshift/memory/rows", ours=many, reference=few, ratio=many / few, unit="MB")


@contextmanager
def cloud(folder: Path) -> Iterator[tuple[Suite, psycopg.Connection[tuple[int, ...]]]]:
    """The function deployed, and a client."""
    code = folder / "functions/benchlocal/bench_identity/code/lambda/python"
    code.mkdir(parents=True)
    (code / "handler.py").write_text(HANDLER)
    (code.parents[2] / "function.yaml").write_text(DEFINITION)
    suite = Suite(ROOT, (str(folder / "functions"),))
    try:
        environ = suite.deployed
        names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
        words = {word: environ[f"RS_{name}"] for word, name in names.items()}
        with psycopg.connect(psycopg.conninfo.make_conninfo(**words), autocommit=True) as connection:
            yield suite, connection
    finally:
        suite.close()


def total(connection: psycopg.Connection[tuple[int, ...]], rows: int) -> None:
    """Calls the function for that many rows, and checks the sum of its answers."""
    cursor = connection.execute(f"SELECT SUM(carto.bench_identity(n)) FROM numbers WHERE n <= {rows}")
    if cursor.fetchone() != (rows * (rows + 1) // 2,):
        raise RuntimeError("the function did not answer every row")


def containers(suite: Suite) -> list[str]:
    """Where the containers are reached that this cloud's endpoint calls."""
    label = f"label={ENDPOINT}={running(suite).instance}"
    listed = docker("ps", "--quiet", "--filter", label).splitlines()
    return [docker("port", name, "8080/tcp").split()[0] for name in listed]


def post(address: str, body: bytes) -> bytes:
    """A bare call of a container."""
    host, _, port = address.rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=60)) as connection:
        connection.request("POST", PATH, body=body)
        return connection.getresponse().read()


def running(suite: Suite) -> record.Stack:
    stack = record.read(suite.state / "local")
    if stack is None:
        raise RuntimeError("the local cloud is not there")
    return stack


def sent(payloads: list[bytes], lanes: Sequence[Callable[[bytes], bytes]]) -> None:
    """Every payload answered; each lane sends one at a time."""

    def work(lane: int) -> None:
        for body in payloads[lane :: len(lanes)]:
            reply = lanes[lane](body)
            if len(reply) < BATCH:
                raise RuntimeError(f"the function did not answer: {reply[:200]!r}")

    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(work, range(len(lanes))))


def rate(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return ROWS / (time.perf_counter() - start)


def peak(suite: Suite, connection: psycopg.Connection[tuple[int, ...]], rows: int) -> float:
    """The endpoint's peak in MB. Writing 5 to clear_refs starts the peak anew (proc(5))."""
    stack = running(suite)
    if stack.redshift is None:
        raise RuntimeError("the endpoint is not there")
    process = Path(f"/proc/{stack.redshift.handle.pid}")
    (process / "clear_refs").write_text("5")
    total(connection, rows)
    status = (process / "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
