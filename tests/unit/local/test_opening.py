"""A database file's first opening, and one that was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.engine.duck import open_database

if TYPE_CHECKING:
    from pathlib import Path


def test_a_first_opening_that_was_cut_begins_anew(tmp_path: Path) -> None:
    """What lies there is no database yet; nobody has written to it."""
    file = tmp_path / "data.duckdb"
    for name in ("data.duckdb", "data.duckdb.wal", "data.duckdb.begun"):
        (tmp_path / name).write_bytes(b"half")
    with open_database(file) as connection:
        connection.execute("CREATE TABLE public.kept AS SELECT 1 AS a")
    assert not (tmp_path / "data.duckdb.begun").exists()
    with open_database(file) as connection:
        assert connection.execute("SELECT a FROM public.kept").fetchall() == [(1,)]
