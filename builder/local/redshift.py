"""`python -m builder.local.redshift`: the local Redshift endpoint as a process of its own.

The password comes by the environment (LOCAL_REDSHIFT_PASSWORD), not by the command line, which others can read.
Lambda's endpoint, Region and credentials are boto3's own: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID ...
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from builder.local.calls.direct import DirectInvoker, in_docker
from builder.local.calls.invoker import LambdaInvoker
from builder.local.calls.sandboxes import Sandboxes
from builder.local.data_api.start import front
from builder.local.data_api.warehouse import ACCOUNT
from builder.local.engine.duck import MEMORY, open_database, without_frames
from builder.local.engine.engine import IN_FLIGHT, Engine
from builder.local.iam.account import EmulatedIam
from builder.local.iam.gate import Gate
from builder.local.sql import types
from builder.local.wire.server import CONNECTIONS, Server
from builder.local.wire.session import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from builder.local.data_api.warehouse import Warehouse

# What a call under way may still take at the end, in seconds.
LEAVING = 1.0
IAM = ("off", "policies", "attached")


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m builder.local.redshift", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5439)
    parser.add_argument("--database", default="dev", help="the name that clients connect to")
    parser.add_argument("--user", default="awsuser")
    parser.add_argument("--file", type=Path, help="where the data is kept (default: in memory)")
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="Lambda calls under way for one function")
    parser.add_argument("--memory", default=MEMORY, help="what DuckDB may take before it writes to disk")
    parser.add_argument(
        "--iam",
        choices=IAM,
        default="off",
        help="what IAM must say of the roles of external functions: nothing (Lambda alone judges the calls); that they "
        "are there, trust Redshift and may invoke; or also that they are attached to the cluster. Asks the emulator "
        "at AWS_ENDPOINT_URL",
    )
    parser.add_argument(
        "--external-types",
        default="",
        metavar="TYPES",
        help="types that external functions may use though Redshift's guide does not list them: super,geometry",
    )
    parser.add_argument(
        "--containers",
        default="",
        metavar="NAME",
        help="call functions in containers of the endpoint's own, labelled with this name: Lambda is an emulator here",
    )
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="how many clients at a time")
    parser.add_argument("--tls-certificate", type=Path, help="PEM; without it, TLS is answered with no")
    parser.add_argument("--tls-key", type=Path, help="PEM (default: it stands in the certificate's file)")
    return parser.parse_args(words)


def encryption(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What TLS is answered with. Redshift takes 1.2 and later ("Configuring security options for connections")."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def main(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Serves until SIGTERM or SIGINT; data is written back on the way out."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    given = arguments(words)
    invoker = _invoker(given, environ)
    engine = Engine(
        database=open_database(given.file, memory=given.memory),
        invoker=invoker,
        name=given.database,
        master=given.user,
        external_types=frozenset(types.of(each).name for each in given.external_types.split(",") if each.strip()),
        in_flight=given.in_flight,
    )
    credentials = Credentials(user=given.user, password=environ.get("LOCAL_REDSHIFT_PASSWORD", ""))
    web = front(engine, credentials, file=given.file, port=given.port, region=environ.get("AWS_REGION"))
    engine.gate = _gate(given.iam, web.warehouse, environ)
    server = Server(
        engine=engine,
        credentials=credentials,
        host=given.host,
        port=given.port,
        http=web.serve,
        tls=encryption(given.tls_certificate, given.tls_key),
        connections=given.connections,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.close()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logging.getLogger(__name__).info("ready on %s:%s", *server.address)
    server.serve()
    server.hang_up()
    web.close()
    if not engine.end():
        logging.getLogger(__name__).warning("some statements did not end; what they have not committed is lost")
    engine.close()
    if isinstance(invoker, DirectInvoker):
        invoker.close()
    return 0


def leave(code: int) -> NoReturn:
    """Ends the process, also where a thread still waits for a Lambda function: Python would wait with it."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(LEAVING)
            if thread.is_alive():
                logging.shutdown()
                os._exit(code)
    sys.exit(code)


def _gate(iam: str, warehouse: Warehouse, environ: Mapping[str, str]) -> Gate | None:
    """Of an account nothing is asked: its own IAM judges when a function is called."""
    endpoint_url = environ.get("AWS_ENDPOINT_URL_IAM") or environ.get("AWS_ENDPOINT_URL", "")
    if iam == "off" or not endpoint_url:
        return None
    return Gate(
        iam=EmulatedIam(region=warehouse.region, endpoint_url=endpoint_url),
        holder=warehouse,
        attached=iam == "attached",
        region=warehouse.region,
        account=ACCOUNT,
        cluster=warehouse.cluster,
    )


def _invoker(given: argparse.Namespace, environ: Mapping[str, str]) -> LambdaInvoker | DirectInvoker:
    """By Lambda's API, or past an emulator of it."""
    through = LambdaInvoker(region=environ.get("AWS_REGION"), connections=4 * given.in_flight)
    if not given.containers:
        return through
    start = in_docker(given.containers, endpoint_url=environ.get("AWS_ENDPOINT_URL", ""))
    return DirectInvoker(through=through, sandboxes=Sandboxes(start=start))


if __name__ == "__main__":
    without_frames()
    leave(main(sys.argv[1:], os.environ))
