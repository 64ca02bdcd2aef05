"""A small image on disk: functions written by the test, a manifest, and the real dispatcher over them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from gateway import manifest
from gateway.dispatch import Dispatcher

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "from gateway import RowError, redshift_batch_handler, redshift_handler\n"


class Image:
    """Functions are added, then called; the manifest is written at the next call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[dict[str, Any]] = []
        self._dispatcher: Dispatcher | None = None

    def add(
        self,
        name: str,
        code: str,
        arguments: list[str] | None = None,
        returns: str = "VARCHAR(MAX)",
        *,
        libs: tuple[str, ...] = (),
        files: dict[str, str] | None = None,
    ) -> Image:
        """A function with `code` as its handler.py, and other files beside it."""
        root = self.folder / "functions" / name
        for path, text in {"handler.py": HEAD + code, **(files or {})}.items():
            self.write(f"functions/{name}/{path}", text)
        self.entries.append(
            {
                "name": name,
                "sql_names": [name, f"{name}_external"],
                "root": root.relative_to(self.folder).as_posix(),
                "handler": "handler.lambda_handler",
                "arguments": ["VARCHAR(MAX)"] if arguments is None else arguments,
                "returns": returns,
                "shared_libs": {lib: f"shared/{lib}" for lib in libs},
            }
        )
        self._dispatcher = None
        return self

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    @property
    def manifest(self) -> Path:
        path = self.folder / "manifest.json"
        path.write_text(json.dumps({"version": 1, "module": "m", "functions": self.entries}), encoding="utf-8")
        return path

    @property
    def dispatcher(self) -> Dispatcher:
        if self._dispatcher is None:
            self._dispatcher = Dispatcher(manifest.read(str(self.manifest)))
        return self._dispatcher

    def send(self, body: bytes, context: Any = None) -> dict[str, Any]:
        """The reply to these bytes, parsed by Python's own parser."""
        payload = self.dispatcher.answer(body, context)
        text = json.loads(payload.decode("utf-8"), parse_constant=_no_constant)
        assert isinstance(text, str)
        reply: dict[str, Any] = json.loads(text, parse_constant=_no_constant)
        return reply

    def reply(self, name: str, rows: Any, **fields: Any) -> dict[str, Any]:
        """The reply to rows, sent as Redshift does."""
        count = len(rows) if isinstance(rows, list) else 0
        body = {"external_function": f"carto.{name}", "num_records": count, "arguments": rows, **fields}
        return self.send(json.dumps(body).encode())

    def results(self, name: str, rows: Any, **fields: Any) -> list[Any]:
        """The results, which there must be."""
        reply = self.reply(name, rows, **fields)
        assert reply["success"], reply
        assert reply["num_records"] == len(reply["results"])
        results: list[Any] = reply["results"]
        return results

    def error(self, name: str, rows: Any, **fields: Any) -> str:
        """The message, which there must be."""
        reply = self.reply(name, rows, **fields)
        assert reply["success"] is False
        assert set(reply) == {"success", "num_records", "error_msg"}
        return str(reply["error_msg"])


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)
