"""Secrets that no other text holds, and where one was found again."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PLANTED = "planted-7f3a"
# A session token makes the keys temporary ones.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": f"{PLANTED}-key-id",
    "AWS_SECRET_ACCESS_KEY": f"{PLANTED}-secret-key",
    "AWS_SESSION_TOKEN": f"{PLANTED}-session-token",
}
REDSHIFT = {"RS_HOST": "127.0.0.1", "RS_USER": "u", "RS_PASSWORD": f"{PLANTED}-password"}
# Nothing listens there. What pip cannot ask it leaves out.
INDEX = {"PIP_EXTRA_INDEX_URL": f"http://{PLANTED}-user:{PLANTED}-login@127.0.0.1:9/simple"}


def traces(folders: Iterable[Path], *words: str) -> Iterator[str]:
    """The files in which one of the words stands, or a planted secret; layers are unpacked."""
    wanted = [word.encode() for word in (PLANTED, *words)]
    for folder in folders:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            content = path.read_bytes()
            if content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            yield from (f"{path}: {word.decode()}" for word in wanted if word in content)
