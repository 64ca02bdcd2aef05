r"""psql, the one that this machine has: \d and its siblings, \copy, cursors, what it shows of errors."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integration.endpoint import PASSWORD, USER, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Psql = Callable[[str], str]


def run(redshift: Endpoint, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    psql = shutil.which("psql")
    assert psql is not None, "psql belongs to the tools of the tests: scripts/setup-tests.sh"
    environ = {"PGPASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}
    command = [psql, "-X", "-q", *options, "-h", "localhost", "-p", str(redshift.port), "-U", USER, "dev"]
    return subprocess.run(command, input=script, env=environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def psql(redshift: Endpoint) -> Iterator[Psql]:
    def done(script: str) -> str:
        result = run(redshift, script, "-v", "ON_ERROR_STOP=1", "-At")
        assert result.returncode == 0, result.stderr
        return result.stdout

    done("""
        CREATE SCHEMA psq;
        CREATE TABLE psq.film (id INT NOT NULL PRIMARY KEY, title VARCHAR(40), price DECIMAL(8,2) DEFAULT 1);
        CREATE VIEW psq.titles AS SELECT title FROM psq.film;
        CREATE FUNCTION psq.half(FLOAT) RETURNS FLOAT STABLE AS $$ SELECT $1 / 2 $$ LANGUAGE sql;
    """)
    yield done
    done("DROP SCHEMA psq CASCADE;")


def test_tables_views_functions_and_schemas(psql: Psql) -> None:
    assert psql(r"\dt psq.*") == f"psq|film|table|{USER}\n"
    assert psql(r"\dv psq.*") == f"psq|titles|view|{USER}\n"
    assert psql(r"\df psq.*") == "psq|half|double precision|double precision|func\n"
    assert "psq|" in psql(r"\dn")
    assert "id|integer||not null|" in psql(r"\d psq.*")


def test_a_table_in_full(redshift: Endpoint, psql: Psql) -> None:
    assert psql(r"\d psq.film").splitlines()[:3] == [
        "id|integer||not null|",
        "title|character varying(40)|||",
        "price|numeric(8,2)|||1",
    ]
    shown = run(redshift, r"\d+ psq.film", "-v", "ON_ERROR_STOP=1")
    assert shown.returncode == 0, shown.stderr
    assert '"film_pkey" PRIMARY KEY, btree (id)' in shown.stdout
    assert "SELECT title FROM psq.film" in psql(r"\d+ psq.titles") + psql(r"\sv psq.titles")


def test_what_is_internal_does_not_show(psql: Psql) -> None:
    for command in (r"\dn *", r"\dt *.*", r"\df *.*"):
        assert "_rs" not in psql(command)
    assert psql("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('_rs', 'main')") == "0\n"


@pytest.mark.parametrize(
    "command",
    [r"\d", r"\dS", r"\dt+", r"\dv+", r"\df+", r"\dn+", r"\du", r"\dg", r"\l", r"\dp", r"\dT", r"\di", r"\db", r"\ddp",
     r"\dL", r"\dC", r"\dD", r"\dx", r"\sf psq.half", r"\conninfo", r"\encoding"],
)  # fmt: skip
def test_every_listing_is_answered(psql: Psql, command: str) -> None:
    psql(command)


@pytest.mark.parametrize("form", ["", "WITH (FORMAT csv, HEADER)", "CSV DELIMITER ';' NULL '-'", "DELIMITER '|'"])
def test_copy_there_and_back(psql: Psql, tmp_path: Path, form: str) -> None:
    psql("""
        DELETE FROM psq.film;
        INSERT INTO psq.film
        VALUES (1, 'plain', 2.5), (2, NULL, NULL), (3, 'a;b|c,"d"', 1), (4, E'tab\\tline\\nend\\\\', 0);
    """)
    before = psql("SELECT * FROM psq.film ORDER BY id")
    file = tmp_path / "film"
    psql(rf"\copy psq.film TO '{file}' {form}")
    psql("DELETE FROM psq.film")
    psql(rf"\copy psq.film FROM '{file}' {form}")
    assert psql("SELECT * FROM psq.film ORDER BY id") == before


def test_copy_of_a_query_and_of_columns(psql: Psql, tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    psql(rf"\copy (SELECT n, 'x' FROM generate_series(1, 3) AS g(n)) TO '{file}' CSV")
    assert file.read_text() == "1,x\n2,x\n3,x\n"
    psql(rf"DELETE FROM psq.film \; \copy psq.film (id, title) FROM '{file}' CSV".replace(r"\; ", ";\n"))
    assert psql("SELECT id, title, price FROM psq.film ORDER BY id") == "1|x|1.00\n2|x|1.00\n3|x|1.00\n"


def test_copy_that_fails_leaves_nothing(redshift: Endpoint, psql: Psql, tmp_path: Path) -> None:
    psql("DELETE FROM psq.film")
    file = tmp_path / "bad"
    file.write_text("1,a,2\nx,b,3\n")
    failed = run(redshift, rf"\copy psq.film FROM '{file}' CSV" + "\nSELECT COUNT(*) FROM psq.film;", "-At")
    assert "ERROR" in failed.stderr
    assert failed.stdout == "0\n"


def test_an_error_shows_its_place(redshift: Endpoint) -> None:
    done = run(redshift, "SELECT 1 FRM t x;")
    assert "LINE 1: SELECT 1 FRM t x;" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("^")


def test_what_a_procedure_says_before_it_fails_comes_before_its_error(redshift: Endpoint, psql: Psql) -> None:
    body = "BEGIN RAISE INFO 'before'; EXECUTE 'SELECT nope'; END"
    psql(f"CREATE PROCEDURE psq.fails() AS $$ {body} $$ LANGUAGE plpgsql")
    said = run(redshift, "CALL psq.fails();\nSELECT 1;\n").stderr.splitlines()
    assert [line.partition(":")[0] for line in said[:2]] == ["INFO", "ERROR"]


def test_an_error_inside_another_statement_s_text_points_nowhere(redshift: Endpoint) -> None:
    said = run(redshift, "UNLOAD ('selec 1') TO 's3://b/k' IAM_ROLE DEFAULT;\n").stderr
    assert "syntax error" in said
    assert "^" not in said
