"""One call's way over a stream of rows: batches of arguments out, several under way, answers back in order.

The arguments of a row are a JSON text, which DuckDB has written and Arrow joins. A row with no text is not sent.
"""

from __future__ import annotations

import uuid
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.local.calls import answers, batches
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from builder.local.calls.invoker import Retrying
    from builder.local.objects.functions import External, Function

# What the rows of one batch may hold beside their arguments: rows with wide columns end a batch early.
ROWS_BYTES = 16 * 1024 * 1024
# How long a wait for an answer lasts before it looks whether the query was cancelled, in seconds.
GLANCE = 0.2


@dataclass(kw_only=True)
class Counts:
    """What was sent and came back; sizes in bytes of JSON."""

    invocations: int = 0
    rows: int = 0
    input_bytes: int = 0
    output_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class _Unit:
    """Rows that are answered together. `sent` marks those that are sent, None: all. No payload: none is."""

    rows: pa.RecordBatch
    count: int
    payload: bytes
    sent: Any = None


@dataclass(kw_only=True)
class Exchange:
    """`text` is the column of arguments, `answer` the name of the new column. `check` raises once it is cancelled,
    `permit` before the first call of a function that IAM keeps from being called.
    """

    function: Function
    envelope: batches.Envelope
    retrying: Retrying
    pool: ThreadPoolExecutor
    in_flight: int
    text: str
    answer: str
    check: Callable[[], None]
    permit: Callable[[External], None] = lambda _external: None
    counts: Counts = field(default_factory=Counts)

    def answered(self, rows: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same rows in the same order, with the answers as their last column.

        At most `in_flight` calls are under way; as many answers again may wait for an earlier one.
        """
        source = self._units(rows)
        waiting: deque[tuple[_Unit, Future[pa.Array]]] = deque()
        left = True
        try:
            while left or waiting:
                while left and len(waiting) < 2 * self.in_flight and _under_way(waiting) < self.in_flight:
                    unit = next(source, None)
                    if unit is None:
                        left = False
                    else:
                        waiting.append((unit, self._sent(unit)))
                if waiting and waiting[0][1].done():
                    yield self._joined(*waiting.popleft())
                elif waiting:
                    wait([each for _, each in waiting if not each.done()], GLANCE, FIRST_COMPLETED)
                self.check()
        finally:
            for _, work in waiting:
                work.cancel()

    def _sent(self, unit: _Unit) -> Future[pa.Array]:
        if not unit.count:
            nothing: Future[pa.Array] = Future()
            nothing.set_result(pa.nulls(0, answers.arrow_type(self.function.returns)))
            return nothing
        if len(unit.payload) > batches.PAYLOAD_LIMIT:
            raise SqlError(
                "54000",
                f"a batch of {unit.count} row(s) for {self.function} has {len(unit.payload)} bytes; "
                f"Lambda takes {batches.PAYLOAD_LIMIT}",
                hint="lower MAX_BATCH_SIZE, or send a shorter value",
            )
        if not self.counts.invocations and self.function.external is not None:
            self.permit(self.function.external)
        self.counts.invocations += 1
        self.counts.rows += unit.count
        self.counts.input_bytes += len(unit.payload)
        return self.pool.submit(self._called, unit.payload, unit.count)

    def _called(self, payload: bytes, count: int) -> pa.Array:
        external = self.function.external
        assert external is not None  # noqa: S101 - what is not external is not sent
        body = self.retrying(external.lambda_name, payload, external.retry_timeout)
        self.counts.output_bytes += len(body)
        return answers.read(body, self.function, count)

    def _joined(self, unit: _Unit, work: Future[pa.Array]) -> pa.RecordBatch:
        found = work.result()
        if unit.sent is not None:
            # Each row's place among the answers; a row that was not sent has none.
            places = np.cumsum(unit.sent) - 1
            found = found.take(pa.array(places, mask=~unit.sent))
        return unit.rows.append_column(self.answer, found)

    # Batches --------------------------------------------------------------------------------------------------------

    def _units(self, rows: Iterable[pa.RecordBatch]) -> Iterator[_Unit]:
        """Rows are held until a batch is full: where one read ends is no limit of a batch."""
        external = self.function.external
        assert external is not None  # noqa: S101 - as above
        held: list[pa.RecordBatch] = []
        count = size = whole = 0
        for batch in rows:
            if not batch.num_rows:
                continue
            held.append(batch)
            # Rows that are not sent fill no batch, but for the bytes that they hold.
            count += batch.num_rows - batch.column(self.text).null_count
            size += batch.column(self.text).nbytes
            whole += batch.nbytes
            if count > external.max_batch_rows or size > external.max_batch_size or whole > ROWS_BYTES:
                *full, last = self._cut(pa.concat_batches(held))
                yield from map(self._unit, full)
                if whole > ROWS_BYTES:
                    yield self._unit(last)
                    last = last.slice(last.num_rows)
                held = [last] if last.num_rows else []
                texts = last.column(self.text)
                count, size, whole = len(texts) - texts.null_count, texts.nbytes, last.nbytes
        if held:
            yield from map(self._unit, self._cut(pa.concat_batches(held)))

    def _cut(self, rows: pa.RecordBatch) -> list[pa.RecordBatch]:
        external = self.function.external
        assert external is not None  # noqa: S101 - as above
        texts = rows.column(self.text)
        offsets = _offsets(texts)
        ends = offsets[1:] - offsets[0]
        places = None
        if texts.null_count:
            places = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
            ends = ends[places]
        # With a comma behind each.
        ends += np.arange(1, len(ends) + 1, dtype=ends.dtype)
        overhead, size = self.envelope.overhead, external.max_batch_size
        found = batches.bounds(ends, overhead=overhead, rows=external.max_batch_rows, size=size)
        # Rows that are not sent belong to the batch before them.
        starts = [0, *(start if places is None else int(places[start]) for start, _ in found[1:])]
        return [rows.slice(start, end - start) for start, end in zip(starts, [*starts[1:], rows.num_rows], strict=True)]

    def _unit(self, rows: pa.RecordBatch) -> _Unit:
        texts = rows.column(self.text)
        sending = texts.drop_null()
        count = len(sending)
        payload = b""
        if count:
            whole = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), sending)
            arguments = pc.binary_join(whole, ",")[0].as_buffer()
            payload = self.envelope.wrap(str(uuid.uuid4()).upper(), count, memoryview(arguments))
        sent = texts.is_valid().to_numpy(zero_copy_only=False) if texts.null_count else None
        return _Unit(rows=rows, count=count, payload=payload, sent=sent)


def _offsets(texts: pa.Array) -> Any:
    """Where each text begins in the memory behind it, and where the last one ends (Arrow, "Columnar format")."""
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def _under_way(waiting: deque[tuple[_Unit, Future[pa.Array]]]) -> int:
    return sum(not work.done() for _, work in waiting)
