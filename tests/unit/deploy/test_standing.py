"""What status tells of a module."""

from __future__ import annotations

from dataclasses import replace

from builder.core.deploy.standing import Standing, standing
from tests.unit.deploy.cloud import LAMBDA_ONLY, Site, lock, scopes


def told(site: Site, *names: str) -> tuple[Standing, ...]:
    chosen = scopes(*names)
    return standing(chosen, site.images, site.settings, site.observe(chosen))


def test_before_and_after_a_deploy(site: Site) -> None:
    (before,) = told(site, "h3")
    assert (before.function, before.state, before.lock, before.sql) == (
        "carto-at-h3",
        "not deployed",
        "not deployed",
        "0 of 1",
    )
    site.deploy(scopes())
    (after,) = told(site, "h3")
    assert (after.function, after.state, after.lock, after.sql) == ("carto-at-h3", "Active", "same", "1 of 1")
    assert after.image == "sha256:000000000000"


def test_another_build_differs_from_what_runs(site: Site) -> None:
    site.deploy(scopes())
    site.images = {**lock(build=2), "h3": replace(lock()["h3"], repository="")}
    assert [row.lock for row in told(site)] == ["not pushed", "differs"]
    site.images = {}
    assert [row.lock for row in told(site)] == ["not built", "not built"]


def test_a_function_in_trouble_shows_its_reason_code(site: Site) -> None:
    site.deploy(scopes())
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], state="Inactive", last_update="Failed", reason="ImageDeleted")
    held["carto-at-quadbin"] = replace(held["carto-at-quadbin"], tags=())
    assert [row.state for row in told(site)] == ["Inactive, update Failed: ImageDeleted", "not ours"]


def test_dropped_sql_functions_are_counted_as_missing(site: Site) -> None:
    site.deploy(scopes())
    del site.cloud.warehouse.routines["dev_carto", "quadbin_polyfill", ("geometry", "integer")]
    assert told(site, "quadbin")[0].sql == "2 of 3"
    site.settings = LAMBDA_ONLY
    assert told(site, "quadbin")[0].sql == "no Redshift"
