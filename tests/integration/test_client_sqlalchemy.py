"""SQLAlchemy with sqlalchemy-redshift: its default dialect (psycopg2), and the one over redshift-connector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.integration.endpoint import PASSWORD, USER, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["redshift+psycopg2", "redshift+redshift_connector"])
def engine(redshift: Endpoint, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    # Both dialects would verify the server by Amazon's authorities, which a machine's own certificate is not of.
    plain = {"sslmode": "disable"} if request.param.endswith("psycopg2") else {"ssl": False, "sslmode": "verify-ca"}
    url = sa.URL.create(request.param, USER, PASSWORD, "localhost", redshift.port, "dev")
    made = sa.create_engine(url, connect_args=plain)
    with made.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA alchemy"))
        connection.execute(
            sa.text(
                "CREATE TABLE alchemy.film (id INT NOT NULL, title VARCHAR(40), price DECIMAL(8,2) DEFAULT 1, "
                "PRIMARY KEY (id)) DISTKEY(id) SORTKEY(title)"
            )
        )
        connection.execute(sa.text("CREATE TABLE alchemy.part (film_id INT REFERENCES alchemy.film (id), n INT)"))
        connection.execute(sa.text("CREATE VIEW alchemy.titles AS SELECT title FROM alchemy.film"))
    yield made
    with made.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA alchemy CASCADE"))
    made.dispose()


def test_reflection(engine: sa.Engine) -> None:
    found = sa.inspect(engine)
    assert "alchemy" in found.get_schema_names()
    assert sorted(found.get_table_names("alchemy")) == ["film", "part"]
    assert found.get_view_names("alchemy") == ["titles"]
    columns = {column["name"]: column for column in found.get_columns("film", "alchemy")}
    assert list(columns) == ["id", "title", "price"]
    assert isinstance(columns["id"]["type"], sa.INTEGER)
    title, price = columns["title"]["type"], columns["price"]["type"]
    assert isinstance(title, sa.VARCHAR)
    assert isinstance(price, sa.NUMERIC)
    assert (title.length, price.precision, price.scale) == (40, 8, 2)
    assert [columns[name]["nullable"] for name in columns] == [False, True, True]


def test_reflection_of_keys(engine: sa.Engine) -> None:
    found = sa.inspect(engine)
    assert found.get_pk_constraint("film", "alchemy")["constrained_columns"] == ["id"]
    keys = found.get_foreign_keys("part", "alchemy")
    assert [(key["constrained_columns"], key["referred_table"], key["referred_columns"]) for key in keys] == [
        (["film_id"], "film", ["id"])
    ]


def test_a_reflected_table_is_read_and_written(engine: sa.Engine) -> None:
    table = sa.Table("film", sa.MetaData(schema="alchemy"), autoload_with=engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 1, "title": "a"}, {"id": 2, "title": "b'"}])
        rows = connection.execute(sa.select(table.c.title).where(table.c.id > 1)).all()
        assert [tuple(row) for row in rows] == [("b'",)]
        connection.execute(table.delete())


def test_a_transaction_is_rolled_back(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO alchemy.part VALUES (1, 2)"))
        connection.rollback()
        assert connection.execute(sa.text("SELECT COUNT(*) FROM alchemy.part")).scalar_one() == 0


def test_a_made_table_has_its_redshift_attributes(engine: sa.Engine) -> None:
    meta = sa.MetaData(schema="alchemy")
    sa.Table("made", meta, sa.Column("a", sa.Integer, primary_key=True), redshift_diststyle="KEY", redshift_distkey="a")
    meta.create_all(engine)
    assert sa.inspect(engine).get_pk_constraint("made", "alchemy")["constrained_columns"] == ["a"]
    meta.drop_all(engine)
    assert "made" not in sa.inspect(engine).get_table_names("alchemy")
