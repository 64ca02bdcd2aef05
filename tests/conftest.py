"""What every test needs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _heard() -> Iterator[None]:
    """SIGINT as an interactive run has it, for this process and for those that it starts.

    A shell without job control starts what it puts into the background with SIGINT ignored (POSIX, Shell Command
    Language, 2.11); Python leaves that as it is, and a Ctrl-C would be waited for in vain.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
