"""One endpoint of the local Redshift for all tests of its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """What a test makes in it, it takes away or names after itself."""
    made = Endpoint(tmp_path_factory.mktemp("redshift"))
    yield made
    made.stop()
