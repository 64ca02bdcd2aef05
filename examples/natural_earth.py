"""Loads countries and cities into Redshift and prints the answers to the questions in examples/queries.

It connects as any client does: redshift-connector and the RS_* variables, which `builder local up` prints. A table that
holds the file's rows already is left alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import redshift_connector

HERE = Path(__file__).resolve().parent
TABLES = {
    "countries": (
        "countries_110m.geojson",
        "name VARCHAR(256), iso_a3 VARCHAR(3), continent VARCHAR(64), pop_est FLOAT8",
    ),
    "cities": ("cities_110m.geojson", "name VARCHAR(256)"),
}


def connect() -> redshift_connector.Connection:
    if not os.environ.get("RS_HOST"):
        sys.exit('RS_HOST is not set: run eval "$(builder local up)" first, or set RS_HOST, RS_USER and RS_PASSWORD')
    return redshift_connector.connect(
        host=os.environ["RS_HOST"],
        port=int(os.environ.get("RS_PORT", "5439")),
        database=os.environ.get("RS_DATABASE", "dev"),
        user=os.environ["RS_USER"],
        password=os.environ["RS_PASSWORD"],
        ssl=os.environ.get("RS_SSL", "true").lower() != "false",
    )


def load(cursor: redshift_connector.Cursor, table: str) -> str:
    """Makes and fills one table. Returns what it did."""
    file, columns = TABLES[table]
    features = json.loads((HERE / "data" / file).read_text(encoding="utf-8"))["features"]
    cursor.execute(f"CREATE TABLE IF NOT EXISTS natural_earth.{table} ({columns}, geom GEOMETRY)")
    cursor.execute(f"SELECT COUNT(*) FROM natural_earth.{table}")
    if cursor.fetchone()[0] == len(features):
        return f"{table} unchanged"
    cursor.execute(f"DELETE FROM natural_earth.{table}")
    names = [column.split()[0] for column in columns.split(", ")]
    row = ", ".join(["%s"] * len(names) + ["ST_SETSRID(ST_GEOMFROMGEOJSON(%s), 4326)"])
    values: list[Any] = []
    for feature in features:
        values += [feature["properties"][name] for name in names] + [json.dumps(feature["geometry"])]
    cursor.execute(f"INSERT INTO natural_earth.{table} VALUES " + ", ".join([f"({row})"] * len(features)), values)
    return f"{table} {len(features)} rows"


def calls(cursor: redshift_connector.Cursor) -> tuple[int, int]:
    """Batches and rows that external functions have taken so far, as Redshift counts them."""
    cursor.execute("SELECT COALESCE(SUM(invocations), 0), COALESCE(SUM(total_rows), 0) FROM sys_ludf_detail")
    batches, rows = cursor.fetchone()
    return int(batches), int(rows)


def show(cursor: redshift_connector.Cursor, path: Path) -> None:
    """One question, its answer, and what it took."""
    text = path.read_text(encoding="utf-8")
    before = calls(cursor)
    start = time.perf_counter()
    cursor.execute(text)
    rows = cursor.fetchall()
    seconds = time.perf_counter() - start
    header = [column[0] for column in cursor.description]
    batches, taken = (now - then for now, then in zip(calls(cursor), before, strict=True))
    print(f"\n{text.splitlines()[0].removeprefix('-- ')}")
    cells = [[str(cell.decode() if isinstance(cell, bytes) else cell) for cell in line] for line in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("    " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print(f"    {seconds:.2f} s, {batches} batches, {taken} rows through Lambda")


def main() -> None:
    connection = connect()
    connection.autocommit = True
    cursor = connection.cursor()
    start = time.perf_counter()
    cursor.execute("CREATE SCHEMA IF NOT EXISTS natural_earth")
    done = ", ".join(load(cursor, table) for table in TABLES)
    print(f"{'load':<28} {time.perf_counter() - start:7.2f} s  {done}")
    for path in sorted((HERE / "queries").glob("*.sql")):
        show(cursor, path)
    connection.close()


if __name__ == "__main__":
    main()
