"""The protocol as a client meets it, over streams in memory. Source: PostgreSQL, "Frontend/Backend Protocol"."""

from __future__ import annotations

import hashlib
import io
import struct
from typing import TYPE_CHECKING

import pytest

from builder.local.wire import messages as wire
from builder.local.wire.session import Connection, Credentials
from tests.unit.local.client import data_rows

if TYPE_CHECKING:
    from builder.local.engine.engine import Engine
    from tests.unit.local.client import Client

PASSWORD = "secret"
USER = {"user": "awsuser", "database": "dev"}


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


class Talk:
    """Answers the server's salt, then sends `messages`, and keeps what came back, message by message."""

    def __init__(self, engine: Engine, *messages: bytes, password: str = PASSWORD, **startup: str) -> None:
        self.messages = messages
        self.password = password
        self.back: list[tuple[bytes, bytes]] = []
        self.reader = io.BytesIO()
        self.connection = Connection(
            reader=self.reader,
            write=self._take,
            engine=engine,
            credentials=Credentials(user="awsuser", password=PASSWORD),
            process=7,
            secret=99,
            ready=lambda: None,
        )
        self.connection.serve(wire.Startup(code=wire.PROTOCOL_3, parameters=USER | startup))

    def _take(self, data: bytes) -> None:
        while data:
            size = struct.unpack("!i", data[1:5])[0]
            kind, body, data = data[:1], data[5 : size + 1], data[size + 1 :]
            self.back.append((kind, body))
            if kind == b"R" and body[:4] == struct.pack("!i", 5):
                self._answer(body[4:])

    def _answer(self, salt: bytes) -> None:
        # PostgreSQL, "Password Authentication".
        inner = hashlib.md5((self.password + "awsuser").encode()).hexdigest()  # noqa: S324 - the protocol's choice
        digest = hashlib.md5(inner.encode() + salt).hexdigest()  # noqa: S324
        at = self.reader.tell()
        self.reader.write(message(b"p", text("md5" + digest)) + b"".join(self.messages))
        self.reader.seek(at)

    @property
    def kinds(self) -> str:
        """The types of all messages after the first ReadyForQuery."""
        kinds = b"".join(kind for kind, _ in self.back).decode()
        return kinds.partition("Z")[2]

    def bodies(self, kind: bytes) -> list[bytes]:
        return [body for each, body in self.back if each == kind]

    @property
    def rows(self) -> list[tuple[str | None, ...]]:
        return data_rows(b"".join(message(b"D", body) for body in self.bodies(b"D")))

    @property
    def error(self) -> dict[str, str]:
        (body,) = self.bodies(b"E")
        return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def parse(sql: str, *types: int, name: str = "") -> bytes:
    return message(b"P", text(name) + text(sql) + struct.pack(f"!h{len(types)}i", len(types), *types))


def bind(*values: bytes | None, name: str = "", formats: tuple[int, ...] = (), results: tuple[int, ...] = ()) -> bytes:
    body = text("") + text(name) + struct.pack(f"!h{len(formats)}h", len(formats), *formats)
    body += struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message(b"B", body + struct.pack(f"!h{len(results)}h", len(results), *results))


EXECUTE = message(b"E", b"\0" + struct.pack("!i", 0))
SYNC = message(b"S")
DESCRIBE = message(b"D", b"S\0")


def query(sql: str) -> bytes:
    return message(b"Q", text(sql))


def test_a_start_up_tells_what_clients_need(client: Client) -> None:
    talk = Talk(client.engine, client_protocol_version="2")
    told = dict(body.rstrip(b"\0").decode().split("\0") for body in talk.bodies(b"S"))
    assert told["server_version"] == "8.0.2"
    assert told["client_encoding"] == "UTF8"
    assert told["server_protocol_version"] == "2"
    assert talk.bodies(b"K") == [struct.pack("!ii", 7, 99)]
    assert talk.bodies(b"Z") == [b"I"]


@pytest.mark.parametrize(
    ("startup", "password", "code"),
    [({}, "wrong", "28000"), ({"database": "other"}, "secret", "3D000"), ({"user": ""}, "secret", "28000")],
)
def test_who_may_not_come_in(client: Client, startup: dict[str, str], password: str, code: str) -> None:
    talk = Talk(client.engine, password=password, **startup)
    assert (talk.error["S"], talk.error["C"]) == ("FATAL", code)
    assert talk.bodies(b"Z") == []


def test_a_simple_query(client: Client) -> None:
    talk = Talk(client.engine, query("SELECT 1 AS a, NULL; SELECT 'x'"))
    assert talk.kinds == "TDCTDCZ"
    assert talk.rows == [("1", None), ("x",)]
    assert [body.rstrip(b"\0") for body in talk.bodies(b"C")] == [b"SELECT 1", b"SELECT 1"]


def test_an_empty_query(client: Client) -> None:
    assert Talk(client.engine, query(" ; ")).kinds == "IZ"


def test_several_statements_in_one_message_are_one_transaction(client: Client) -> None:
    talk = Talk(client.engine, query("CREATE TABLE t (a INT); SELECT 1 / 0"), query("SELECT * FROM t"))
    assert talk.kinds == "CTEZEZ"
    assert talk.bodies(b"Z") == [b"I", b"I", b"I"]


def test_the_state_of_a_transaction_is_told(client: Client) -> None:
    talk = Talk(client.engine, query("BEGIN"), query("SELECT nothing"), query("SELECT 1"), query("COMMIT"))
    assert talk.bodies(b"Z") == [b"I", b"T", b"E", b"E", b"I"]
    assert talk.bodies(b"C")[-1] == text("ROLLBACK")


def test_an_extended_query_with_values_in_binary(client: Client) -> None:
    parts = (
        parse("SELECT $1 + 1, $2, $3", 20, 16, 1043),
        DESCRIBE,
        bind(struct.pack("!q", 2**53), b"\1", None, formats=(1, 1, 0), results=(1, 0, 0)),
        EXECUTE,
        SYNC,
    )
    talk = Talk(client.engine, *parts)
    assert talk.kinds == "1tT2DCZ"
    assert talk.bodies(b"t") == [struct.pack("!h3i", 3, 20, 16, 1043)]
    (row,) = talk.bodies(b"D")
    assert row == struct.pack("!hiq", 3, 8, 2**53 + 1) + struct.pack("!i", 1) + b"t" + struct.pack("!i", -1)


def test_a_text_of_no_type_takes_the_type_of_its_place(client: Client) -> None:
    talk = Talk(client.engine, parse("SELECT DATE '2020-01-02' = $1"), bind(b"2020-01-02"), EXECUTE, SYNC)
    assert talk.rows == [("t",)]


def test_a_text_of_no_type_beside_a_text_is_described_as_one(client: Client) -> None:
    talk = Talk(client.engine, parse("SELECT 'a' || $1"), DESCRIBE, bind(b"b", results=(1,)), EXECUTE, SYNC)
    ((oid,),) = [struct.unpack("!i", body[-12:-8]) for body in talk.bodies(b"T")]
    assert oid == 1043
    assert talk.rows == [("ab",)]


def test_a_value_is_never_read_as_sql(client: Client) -> None:
    evil = b"'; DROP TABLE t; -- $1 \\' \xc3\xa9"
    talk = Talk(client.engine, parse("SELECT $1", 1043), bind(evil), EXECUTE, SYNC)
    assert talk.rows == [(evil.decode(),)]


def test_after_an_error_everything_to_the_sync_is_skipped(client: Client) -> None:
    talk = Talk(client.engine, parse("SELECT nothing"), bind(), EXECUTE, SYNC, query("SELECT 1"))
    assert talk.kinds == "EZTDCZ"


def test_numbers_of_a_decimal_in_redshift_s_own_binary_form(client: Client) -> None:
    sql = "SELECT CAST(-1.5 AS DECIMAL(10,3)), CAST(12345678901234567890.5 AS DECIMAL(38,2))"
    talk = Talk(client.engine, parse(sql), bind(results=(1,)), EXECUTE, SYNC, client_protocol_version="2")
    (row,) = talk.bodies(b"D")
    long = (1234567890123456789050).to_bytes(16, "big")
    assert row == struct.pack("!hiq", 2, 8, -1500) + struct.pack("!i", 16) + long


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((bind(name="missing"), SYNC), "26000"),
        ((parse("SELECT 1; SELECT 2"), SYNC), "42601"),
        ((parse("SELECT $1", 23), bind(), SYNC, EXECUTE), "08P01"),
        ((parse("SELECT $1", 23), bind(b"\0\0", formats=(1,)), EXECUTE, SYNC), "22P03"),
        ((parse("SELECT $1", 1043), bind(b"\xff"), EXECUTE, SYNC), "22021"),
    ],
)
def test_a_request_that_cannot_be(client: Client, parts: tuple[bytes, ...], code: str) -> None:
    assert Talk(client.engine, *parts).error["C"] == code


@pytest.mark.parametrize(
    "broken",
    [
        message(b"!"),
        b"Q\xff\xff\xff\xff",
        b"Q\0\0\0\x02",
        message(b"Q", b"SELECT 1"),
        message(b"B", b"\0\0\0\1"),
        b"Q\0\0\0\x20SELECT",
    ],
)
def test_a_message_that_breaks_the_format_ends_the_connection(client: Client, broken: bytes) -> None:
    with pytest.raises(wire.ProtocolError):
        Talk(client.engine, broken, query("SELECT 1"))


@pytest.mark.parametrize(
    ("sql", "code"),
    [(b"\xc3\x28", "22021"), (b"CREATE", "42601"), (b'CREATE TABLE u (a VARCHAR(""))', "42704")],
)
def test_a_query_that_fails_early_is_followed_by_ready_for_query(client: Client, sql: bytes, code: str) -> None:
    talk = Talk(client.engine, message(b"Q", sql + b"\0"))
    assert talk.error["C"] == code
    assert talk.back[-1] == (b"Z", b"I")


def test_a_startup_that_is_not_utf8_breaks_the_format() -> None:
    packet = struct.pack("!ii", 19, wire.PROTOCOL_3) + b"user\0\xc3\x28\0\0\0\0"
    with pytest.raises(wire.ProtocolError):
        wire.read_startup(io.BytesIO(packet))


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (b"", None),
        (b"\0\0", None),
        (struct.pack("!ii", 8, wire.SSL_REQUEST), wire.Startup(code=wire.SSL_REQUEST)),
        (
            struct.pack("!iiii", 16, wire.CANCEL_REQUEST, 7, 99),
            wire.Startup(code=wire.CANCEL_REQUEST, process=7, secret=99),
        ),
        (
            struct.pack("!ii", 24, wire.PROTOCOL_3) + b"user\0me\0\0" + b"\0" * 7,
            wire.Startup(code=wire.PROTOCOL_3, parameters={"user": "me"}),
        ),
    ],
)
def test_first_packets(packet: bytes, expected: wire.Startup | None) -> None:
    assert wire.read_startup(io.BytesIO(packet)) == expected


@pytest.mark.parametrize("size", [7, 10_001, 2**31 - 1, -1])
def test_a_first_packet_has_its_bounds(size: int) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.read_startup(io.BytesIO(struct.pack("!ii", size, wire.PROTOCOL_3) + b"\0" * 100))
