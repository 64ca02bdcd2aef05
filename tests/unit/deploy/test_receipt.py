"""Receipts on disk, and what actions leave in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.adapters import receipts
from builder.adapters.fake_registry import IDENTITY
from builder.core.config.settings import Connection, DataApi, Settings
from builder.core.deploy import recording
from builder.core.deploy.actions import CreateSchema, DropSchema, Note
from builder.core.deploy.receipt import NOWHERE, Deployed, Place, Receipt, place_of
from builder.errors import SettingsError
from tests.unit.deploy.cloud import LAMBDA_ONLY, WITH_REDSHIFT, Site, scopes

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = Receipt(account="123456789012", region="eu-west-1", prefix="carto-at-")
HERE = "redshift.example.com:5439/dev/dev_carto"


def test_a_receipt_has_its_account_region_and_prefix_in_its_name(tmp_path: Path) -> None:
    file = receipts.path(tmp_path, IDENTITY, "dev-carto-at-")
    assert file == tmp_path / "receipts" / "123456789012-eu-west-1-dev-carto-at-.json"


def test_a_place_is_a_schema_of_a_database() -> None:
    assert place_of(WITH_REDSHIFT) == HERE
    other = Settings(schema="carto", warehouse=Connection(host="h", port=5440, database="prod"))
    assert place_of(other) == "h:5440/prod/carto"
    assert place_of(LAMBDA_ONLY) == NOWHERE


@pytest.mark.parametrize(
    ("road", "place"),
    [
        (Connection(host="maps.c1a2b3.eu-west-1.redshift.amazonaws.com", user="me"), "cluster:maps/dev/carto"),
        (Connection(host="10.0.0.7", cluster_identifier="maps"), "cluster:maps/dev/carto"),
        (DataApi(cluster_identifier="maps", user="me"), "cluster:maps/dev/carto"),
        (
            Connection(host="maps.123456789012.eu-west-1.redshift-serverless.amazonaws.com", user="me"),
            "workgroup:maps/dev/carto",
        ),
        (Connection(host="10.0.0.7", workgroup="maps"), "workgroup:maps/dev/carto"),
        (DataApi(workgroup="maps"), "workgroup:maps/dev/carto"),
    ],
)
def test_a_cluster_is_the_same_place_by_every_road(road: Connection | DataApi, place: str) -> None:
    assert place_of(Settings(schema="carto", warehouse=road)) == place


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "receipts" / "r.json"
    receipt = EMPTY.with_functions(HERE, {"f": Deployed(module="m", fingerprint="sha256:1")})
    receipts.save(file, receipt)
    assert receipts.load(file, IDENTITY, "carto-at-") == receipt
    assert [path.name for path in file.parent.iterdir()] == ["r.json"]


def test_an_empty_receipt_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    receipts.save(file, EMPTY.with_place(HERE, Place(schema_created=True)))
    receipts.save(file, EMPTY)
    receipts.save(file, EMPTY)
    assert not file.exists()
    assert receipts.load(file, IDENTITY, "carto-at-") == EMPTY


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 2, "account": "1", "region": "r", "prefix": "p"}', '{"version": 1, "surprise": 1}'],
)
def test_a_receipt_that_cannot_be_read_is_never_taken_for_an_empty_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        receipts.load(file, IDENTITY, "carto-at-")
    assert caught.value.problems[0].where == str(file)
    assert file.read_text(encoding="utf-8") == text


def test_a_receipt_of_another_account_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    receipts.save(file, EMPTY.with_place(HERE, Place(schema_created=True)))
    with pytest.raises(SettingsError, match="123456789012 eu-west-1 carto-at-"):
        receipts.load(file, replace(IDENTITY, account="210987654321"), "carto-at-")


def test_a_cut_write_leaves_the_old_receipt(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    receipts.save(file, EMPTY.with_place(HERE, Place(schema_created=True)))
    before = file.read_bytes()
    # What a run that was killed while writing leaves behind.
    file.with_name(f"{file.name}.1.new").write_text('{"version": 1, "acc', encoding="utf-8")
    assert file.read_bytes() == before
    receipts.save(file, EMPTY.with_place("elsewhere", Place(schema_created=True)))
    assert set(receipts.load(file, IDENTITY, "carto-at-").places) == {"elsewhere"}


def test_that_the_schema_is_ours_is_on_record_before_it_is_made() -> None:
    action = CreateSchema(schema="dev_carto", statements=())
    assert recording.before(EMPTY, action, HERE).place(HERE).schema_created
    made = recording.after(recording.before(EMPTY, action, HERE), action, HERE)
    assert recording.after(made, DropSchema(schema="dev_carto", statements=()), HERE) == EMPTY


def test_what_was_noted_without_redshift_moves_to_the_place_where_its_sql_is(site: Site) -> None:
    site.settings = LAMBDA_ONLY
    site.deploy(scopes())
    assert set(site.receipt.places) == {NOWHERE}
    site.settings = WITH_REDSHIFT
    site.deploy(scopes())
    assert set(site.receipt.places) == {HERE}
    assert set(site.receipt.place(HERE).functions) == {
        "h3_center",
        "quadbin_polyfill",
        "quadbin_toparent",
        "quadbin_twice",
    }


def test_a_note_remembers_and_forgets() -> None:
    noted = recording.after(EMPTY, Note(module="m", remember=("a", "b")), NOWHERE)
    assert set(noted.place(NOWHERE).functions) == {"a", "b"}
    assert recording.after(noted, Note(module="m", forget=("a", "b")), NOWHERE) == EMPTY


def test_no_setting_that_is_secret_gets_into_a_receipt(site: Site) -> None:
    warehouse = WITH_REDSHIFT.warehouse
    assert isinstance(warehouse, Connection)
    secret = type(warehouse.password)("planted-secret")
    site.settings = replace(WITH_REDSHIFT, warehouse=replace(warehouse, user="deployer", password=secret))
    site.deploy(scopes())
    assert "planted-secret" not in site.file.read_text(encoding="utf-8")


def test_the_receipts_of_an_account_that_is_gone_are_dropped_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "receipts"
    folder.mkdir()
    for name in ("000000000000-us-east-1-carto-at-.json", "123456789012-us-east-1-carto-at-.json"):
        (folder / name).write_text("{}")
    receipts.forget(tmp_path, "000000000000")
    assert [file.name for file in folder.iterdir()] == ["123456789012-us-east-1-carto-at-.json"]
