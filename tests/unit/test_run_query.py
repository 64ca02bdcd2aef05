"""Which Redshift `run_query` goes to: the one that every command would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.core.config.settings import VARIABLES, Connection, DataApi
from builder.errors import SettingsError
from builder.testing import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from builder.core.config.settings import Road


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    made = Suite(tmp_path, ("functions",))
    yield made
    made.close()


def road(suite: Suite) -> Road | None:
    # A suite that did not find it would start a local cloud, which no unit test may.
    return suite.told.warehouse


def test_a_host_of_env_is_taken(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RS_HOST=redshift.example.com\nRS_USER=ann\nRS_PREFIX=ann_\n", "utf-8")
    assert road(suite) == Connection(host="redshift.example.com", user="ann")
    assert suite.told.schema == "ann_carto"


def test_a_workgroup_of_a_yaml_file_is_taken_by_the_data_api(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "base.yaml").write_text("redshift: {workgroup: maps}\n", "utf-8")
    assert road(suite) == DataApi(workgroup="maps")


def test_the_environment_comes_before_both(suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("RS_HOST=redshift.example.com\nRS_USER=ann\n", "utf-8")
    monkeypatch.setenv("RS_HOST", "other.example.com")
    assert road(suite) == Connection(host="other.example.com", user="ann")


def test_settings_that_are_wrong_are_told_and_no_cloud_is_started_instead(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RS_HOST=redshift.example.com\n", "utf-8")
    with pytest.raises(SettingsError, match="RS_USER"):
        road(suite)
