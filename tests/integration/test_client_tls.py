"""TLS as each client asks for it: libpq's sslmodes, redshift-connector's, Python's own strict verification."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from builder.local.wire import messages as wire
from tests.integration.endpoint import PASSWORD, USER, Endpoint

if TYPE_CHECKING:
    from pathlib import Path


def encrypted(connection: psycopg.Connection) -> bool:
    return bool(connection.pgconn.ssl_in_use)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_libpq_verifies_the_endpoint(redshift: Endpoint, mode: str, host: str) -> None:
    # PostgreSQL, "SSL Support": verify-full compares the host with the certificate's names.
    with psycopg.connect(redshift.conninfo, host=host, sslmode=mode, sslrootcert=str(redshift.certificate)) as one:
        assert encrypted(one)
        assert one.execute("SELECT 1").fetchone() == (1,)


def test_libpq_refuses_an_endpoint_that_it_cannot_verify(redshift: Endpoint, tmp_path: Path) -> None:
    other = tmp_path / "empty.crt"
    other.write_text("")
    with pytest.raises(psycopg.OperationalError, match=r"certificate|root"):
        psycopg.connect(redshift.conninfo, sslmode="verify-full", sslrootcert=str(other))


def test_plain_connections_stay_possible(redshift: Endpoint) -> None:
    with psycopg.connect(redshift.conninfo, sslmode="disable") as one:
        assert not encrypted(one)


def test_cancel_over_tls(redshift: Endpoint) -> None:
    sql = "SELECT COUNT(*) FROM generate_series(1, 400000) a(x), generate_series(1, 400000) b(y) WHERE x * y % 7 = 3"
    with psycopg.connect(redshift.conninfo, autocommit=True, sslmode="require") as one:
        stop = threading.Timer(0.3, one.cancel_safe)
        stop.start()
        with pytest.raises(psycopg.errors.QueryCanceled, match=r"Query \(\d+\) cancelled on user's request"):
            one.execute(sql)
        stop.join()
        assert one.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_redshift_connector_trusts_what_openssl_is_told_to(redshift: Endpoint, mode: str) -> None:
    """It loads the bundle of Amazon's authorities beside OpenSSL's own places, which SSL_CERT_FILE moves."""
    program = f"""
import redshift_connector, sys
with redshift_connector.connect(host="localhost", port={redshift.port}, database="dev", user="{USER}",
                                password=sys.argv[1], ssl=True, sslmode="{mode}") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        print(cursor.fetchone(), connection._usock.version())
"""
    environ = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(redshift.certificate)}
    command = [sys.executable, "-c", program, PASSWORD]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[1] TLSv1.")


def test_redshift_connector_refuses_it_otherwise(redshift: Endpoint) -> None:
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        redshift.connect(ssl=True)


def test_the_certificate_passes_the_strictest_verification(redshift: Endpoint) -> None:
    """Python 3.13 verifies by RFC 5280 to the letter; older versions do so when asked."""
    context = ssl.create_default_context(cafile=str(redshift.certificate))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(("localhost", redshift.port), timeout=10) as plain:
        plain.sendall(b"\0\0\0\x08" + wire.SSL_REQUEST.to_bytes(4, "big"))
        assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname="localhost") as covered:
            assert covered.version() in {"TLSv1.2", "TLSv1.3"}


def test_nothing_that_came_before_the_encryption_is_read_as_if_it_had_come_inside(redshift: Endpoint) -> None:
    """The flaw of CVE-2021-23214: bytes behind the request for TLS must not count as the client's."""
    startup = b"user\0awsuser\0database\0dev\0\0"
    packet = (8 + len(startup)).to_bytes(4, "big") + wire.PROTOCOL_3.to_bytes(4, "big") + startup
    with socket.create_connection(("localhost", redshift.port), timeout=10) as plain:
        plain.sendall(b"\0\0\0\x08" + wire.SSL_REQUEST.to_bytes(4, "big") + packet)
        answer = plain.recv(1)
        with suppress(ConnectionResetError):
            answer += plain.recv(4096)
    # At most an alert of TLS (record type 21), and no question for a password.
    assert answer[:2] in {b"S", b"S\x15"}


def test_the_key_is_its_owners_alone(redshift: Endpoint) -> None:
    assert (redshift.folder / "server.key").stat().st_mode & 0o077 == 0
