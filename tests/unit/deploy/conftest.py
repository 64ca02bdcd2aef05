"""A site whose images are built and pushed, and that nothing is deployed from yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.deploy.cloud import Site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.push()
    return made
