"""The runtime as processes: under Lambda's Runtime API, as a line-by-line server, and as an image's check.

The API's part is played by a small server that follows "Using the Lambda runtime API" of the Lambda Developer Guide.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUNTIME = Path(__file__).parents[2] / "images" / "runtime"
WAIT = 30

HANDLERS = {
    "same": (
        "from gateway import redshift_handler\n"
        "@redshift_handler\ndef lambda_handler(x):\n    print('printed')\n    return x\n"
    ),
    "context": (
        "import logging, os\n"
        "def lambda_handler(event, context):\n"
        "    logging.getLogger().warning('a warning')\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    found = [context.aws_request_id, context.invoked_function_arn, str(0 < left <= 60_000),\n"
        "             os.environ.get('_X_AMZN_TRACE_ID', '')]\n"
        "    return {'success': True, 'results': ['|'.join(found)]}\n"
    ),
    "broken": "import absent_package\n",
}


class LambdaApi:
    """One execution environment's API: `invoke` hands a request to the runtime and gives back what it posted."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.posted: queue.Queue[tuple[str, bytes]] = queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                request_id, body = api.requests.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(api.deadline))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:f")
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-2-3")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self._body()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                api.posted.put((self.path, body))

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.deadline = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, request_id: str, body: bytes) -> tuple[str, bytes]:
        self.deadline = int(time.time() * 1000) + 60_000
        self.requests.put((request_id, body))
        return self.posted.get(timeout=WAIT)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder as /var/task is."""
    for name, code in HANDLERS.items():
        folder = tmp_path / "functions" / name
        folder.mkdir(parents=True)
        (folder / "handler.py").write_text(code)
    functions = [
        {
            "name": name,
            "sql_names": [name],
            "root": f"functions/{name}",
            "handler": "handler.lambda_handler",
            "arguments": ["VARCHAR(MAX)"],
            "returns": "VARCHAR(MAX)",
            "shared_libs": {},
        }
        for name in HANDLERS
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1, "module": "m", "functions": functions}))
    return tmp_path


@pytest.fixture
def api() -> Iterator[LambdaApi]:
    found = LambdaApi()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def start(api: LambdaApi) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `python -m gateway` against the API, in an environment as an image's."""
    running: list[subprocess.Popen[bytes]] = []

    def run(task: Path, *words: str, **environ: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *(words or ("-m", "gateway"))],
            env={**environment(task), "AWS_LAMBDA_RUNTIME_API": api.address, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def environment(task: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(RUNTIME), "LAMBDA_TASK_ROOT": str(task), "LANG": "C.UTF-8"}


def request(name: str, *rows: Any) -> bytes:
    return json.dumps({"external_function": f"carto.{name}", "num_records": len(rows), "arguments": rows}).encode()


def reply(payload: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.loads(payload))
    return found


@pytest.mark.parametrize("words", [("-m", "gateway"), ("-m", "awslambdaric", "gateway.entry.handler")])
def test_lambda_gets_the_replys_bytes(task: Path, api: LambdaApi, start: Any, words: tuple[str, ...]) -> None:
    start(task, *words)
    path, payload = api.invoke("id-1", request("same", ["é日本\U0001f30d"], [None]))
    assert path == "/2018-06-01/runtime/invocation/id-1/response"
    assert payload == '"{\\"success\\":true,\\"num_records\\":2,\\"results\\":[\\"é日本\U0001f30d\\",null]}"'.encode()


def test_a_broken_function_leaves_the_others_working(task: Path, api: LambdaApi, start: Any) -> None:
    start(task)
    for turn in range(2):
        _, payload = api.invoke(f"bad-{turn}", request("broken", ["a"]))
        assert "absent_package" in reply(payload)["error_msg"]
        assert "functions/broken/handler.py:1" in reply(payload)["error_msg"]
        _, payload = api.invoke(f"good-{turn}", request("same", ["a"]))
        assert reply(payload)["results"] == ["a"]


def test_what_is_no_request_gets_an_answer_too(task: Path, api: LambdaApi, start: Any) -> None:
    start(task)
    path, payload = api.invoke("id", b'{"arguments": [[1]')
    assert path.endswith("/id/response")
    assert "not JSON" in reply(payload)["error_msg"]


def test_context_logging_and_tracing_are_as_under_awslambdaric(task: Path, api: LambdaApi, start: Any) -> None:
    process = start(task, AWS_LAMBDA_LOG_FORMAT="JSON")
    _, payload = api.invoke("id-7", request("context", ["a"]))
    assert reply(payload)["results"] == ["id-7|arn:aws:lambda:eu-west-1:1:function:f|True|Root=1-2-3"]
    process.kill()
    out, _ = process.communicate()
    logged = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
    assert [(line["level"], line["message"], line["requestId"]) for line in logged] == [
        ("WARNING", "a warning", "id-7")
    ]


def test_a_broken_manifest_is_an_error_of_initialisation(task: Path, api: LambdaApi, start: Any) -> None:
    (task / "manifest.json").write_text('{"version": 9}')
    process = start(task)
    path, body = api.posted.get(timeout=WAIT)
    assert path == "/2018-06-01/runtime/init/error"
    found = json.loads(body)
    assert found["errorType"] == "ManifestError"
    assert "version 9 of the manifest is not known" in found["errorMessage"]
    assert process.wait(timeout=WAIT) == 1


def test_outside_lambda_it_says_what_it_needs(task: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "gateway"], env=environment(task), capture_output=True, check=False)
    assert done.returncode == 1
    assert b"AWS_LAMBDA_RUNTIME_API is not set" in done.stderr


def test_the_line_server_answers_line_by_line_and_keeps_prints_out(task: Path) -> None:
    lines = b"\n".join([request("same", ["a\nb"]), b"", request("absent", ["a"]), request("same", ["é"]), b""])
    done = subprocess.run(
        [sys.executable, "-m", "gateway.local", str(task / "manifest.json")],
        env=environment(task),
        input=lines,
        capture_output=True,
        check=True,
    )
    replies = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [found["success"] for found in replies] == [True, False, True]
    assert [found.get("results") for found in replies] == [["a\nb"], None, ["é"]]
    assert done.stderr.count(b"printed") == 2


def test_the_line_server_gives_plain_handlers_a_context(task: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.local", str(task / "manifest.json")],
        env=environment(task),
        input=request("context", ["a"]),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["success"] is True


def test_check_fails_with_every_function_that_cannot_be_imported(task: Path) -> None:
    line = [sys.executable, "-m", "gateway.check", str(task / "manifest.json")]
    done = subprocess.run(line, env=environment(task), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "broken cannot be imported: ModuleNotFoundError: No module named 'absent_package' "
        "(functions/broken/handler.py:1)\n"
    )
    (task / "functions/broken/handler.py").write_text(HANDLERS["same"])
    done = subprocess.run(line, env=environment(task), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "m: 3 functions can be imported\n", "")


@pytest.mark.parametrize("module", ["gateway.check", "gateway.local"])
def test_a_manifest_that_is_not_there_is_one_line(task: Path, module: str) -> None:
    line = [sys.executable, "-m", module, str(task / "absent.json")]
    done = subprocess.run(line, env=environment(task), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "absent.json" in done.stderr
    usage = subprocess.run(line[:3], env=environment(task), capture_output=True, text=True, check=False)
    assert usage.returncode == 2
    assert f"usage: python -m {module} MANIFEST" in usage.stderr
