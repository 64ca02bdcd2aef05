"""`builder status --format json` is what its committed schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from builder.core.deploy.orphans import Orphan
from builder.core.deploy.standing import standing
from builder.core.deploy.status_json import document, json_schema
from builder.errors import Problem
from tests.unit.deploy.cloud import Site, lock, scopes

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "status.schema.json"


def answer(site: Site) -> object:
    """A status with all of its parts: rows, drift, what is unknown, an orphan."""
    site.deploy(scopes())
    site.cloud.warehouse.sources["dev_carto", "h3_center", ("varchar",)] = "SELECT NULL"
    site.images = lock(build=2)
    site.push()
    rows = standing(scopes(), site.images, site.settings, site.observe(scopes()))
    unknown = [Problem(where="h3", what="has no image in the lock", hint="builder build")]
    left = [Orphan(kind="lambda", name="carto-at-old", module="old")]
    return json.loads(json.dumps(document(rows, site.plan(scopes()), unknown, left)))


def test_the_committed_schema_is_that_of_the_document() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json_schema(), "write it again: builder schema status > docs/status.schema.json"
    jsonschema.Draft202012Validator.check_schema(committed)


def test_an_answer_with_all_of_its_parts_is_valid(site: Site) -> None:
    found = answer(site)
    assert isinstance(found, dict)
    assert all(found.values())
    jsonschema.validate(found, json_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("part", ["functions", "drift", "orphans"])
def test_what_is_none_of_it_is_refused(site: Site, part: str) -> None:
    found = answer(site)
    assert isinstance(found, dict)
    found[part].append({"surprise": 1})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json_schema(), cls=jsonschema.Draft202012Validator)


def test_a_row_is_there_for_what_is_not_deployed(site: Site) -> None:
    rows = standing(scopes("h3"), {}, replace(site.settings), site.observe(scopes("h3")))
    jsonschema.validate(document(rows, (), (), ()), json_schema(), cls=jsonschema.Draft202012Validator)
