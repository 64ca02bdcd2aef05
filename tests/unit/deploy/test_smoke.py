"""New code is asked whether it works before the alias or SQL moves to it; versions, and how many of them are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builder.core.config.rollout import Rollout
from builder.errors import InvokeError
from builder.names import LIVE, check_lambda_name, trial_name
from tests.unit.deploy.cloud import H3, WITH_REDSHIFT, Site, digest, lock, scopes, with_function
from tests.unit.deploy.cloud import H3_MODULE as MODULE

NAME = "carto-at-h3"
MODES = pytest.mark.parametrize("rollout", [Rollout(), Rollout(alias=True)], ids=["name", "alias"])


def build(site: Site, number: int) -> None:
    site.images = lock(build=number)
    site.push()


def called(site: Site, rollout: Rollout) -> str:
    """The digest that SQL's next call runs."""
    functions = site.cloud.functions
    if not rollout.alias:
        return functions.held[NAME].digest
    return functions.versions[NAME][functions.aliases[NAME][LIVE]].digest


@MODES
def test_code_that_does_not_work_is_called_by_nobody(site: Site, rollout: Rollout) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=rollout)
    site.deploy(scopes("h3"))
    routines = dict(site.cloud.warehouse.routines)
    build(site, 2)
    site.cloud.versions.broken.add(digest("h3", 2))
    changed = with_function(MODULE, replace(H3, returns="VARCHAR(MAX)"))
    with pytest.raises(InvokeError, match="No module named 'numpy'"):
        site.deploy(scopes("h3", modules=(changed,)))
    assert called(site, rollout) == digest("h3", 1)
    assert site.cloud.functions.aliases[NAME] == {LIVE: "1"}
    assert site.cloud.warehouse.routines == routines
    assert list(site.cloud.functions.held) == [NAME]


@MODES
def test_the_next_build_goes_on_from_there(site: Site, rollout: Rollout) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=rollout)
    site.deploy(scopes("h3"))
    build(site, 2)
    site.cloud.versions.broken.add(digest("h3", 2))
    with pytest.raises(InvokeError):
        site.deploy(scopes("h3"))
    build(site, 3)
    site.deploy(scopes("h3"))
    assert called(site, rollout) == digest("h3", 3)
    assert site.plan(scopes("h3")) == ()


def test_new_code_and_the_alias_at_once_are_tried_apart_while_sql_calls_the_bare_name(site: Site) -> None:
    site.deploy(scopes("h3"))
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(alias=True))
    build(site, 2)
    site.cloud.versions.broken.add(digest("h3", 2))
    with pytest.raises(InvokeError):
        site.deploy(scopes("h3"))
    assert site.cloud.functions.held[NAME].digest == digest("h3", 1)


def test_another_schema_that_calls_the_bare_name_is_spared_untried_code(site: Site) -> None:
    site.deploy(scopes("h3"))
    site.settings = replace(WITH_REDSHIFT, schema="carto", rollout=Rollout(alias=True))
    site.deploy(scopes("h3"))
    build(site, 2)
    assert "TryImage" in [type(action).__name__ for action in site.plan(scopes("h3"))]


def test_a_first_deploy_of_code_that_does_not_work_makes_no_sql_and_no_alias(site: Site) -> None:
    site.cloud.versions.broken.add(digest("h3", 1))
    with pytest.raises(InvokeError):
        site.deploy(scopes("h3"))
    assert site.cloud.functions.aliases == {}
    assert not [name for _, name, _ in site.cloud.warehouse.routines if name.startswith("h3")]


def test_without_the_question_code_goes_live_untested(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(smoke=False))
    site.cloud.versions.broken.add(digest("h3", 1))
    site.deploy(scopes("h3"))
    assert site.cloud.functions.aliases[NAME] == {LIVE: "1"}


def test_the_newest_versions_are_kept(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(versions=2))
    for number in range(1, 5):
        build(site, number)
        site.deploy(scopes("h3"))
    functions = site.cloud.functions
    # Version 2 served while 4 was tested, so that it went when 4 came; 3 served until then.
    assert sorted(functions.versions[NAME]) == ["3", "4"]
    assert functions.aliases[NAME] == {LIVE: "4"}
    assert site.receipt.lambdas["h3"].version == "4"


def test_a_version_that_serves_is_never_deleted(site: Site) -> None:
    site.settings = replace(WITH_REDSHIFT, rollout=Rollout(alias=True, versions=1))
    site.deploy(scopes("h3"))
    build(site, 2)
    site.deploy(scopes("h3"))
    # 1 served while 2 was made ready: it goes with the next one.
    assert sorted(site.cloud.functions.versions[NAME]) == ["1", "2"]


@pytest.mark.parametrize("length", [10, 57, 58, 64])
def test_a_trial_s_name_fits_and_stays_its_own(length: int) -> None:
    first, second = "a" * length, "a" * (length - 1) + "b"
    assert trial_name(first) != trial_name(second)
    assert trial_name(first) not in {first, second}
    assert check_lambda_name(trial_name(first), where="") == []
