"""Apply: what goes on at the same time, what waits, and what a stop leaves."""

from __future__ import annotations

import _thread
import io
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from rich.console import Console as Terminal

from builder.adapters.fakes import FakeCloud
from builder.adapters.faults import Faults
from builder.apply import Ledger, apply
from builder.console import Console
from builder.core.deploy import explain
from builder.core.deploy.receipt import place_of
from builder.core.deploy.schedule import needs
from builder.errors import AwsError, InvokeError
from builder.model import Module
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, a_function, lock, scopes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from builder.core.deploy.actions import Action
    from builder.core.deploy.receipt import Receipt

MODULES = tuple(Module(name=f"m{n}", functions=(a_function(f"m{n}_f", f"m{n}"),)) for n in range(6))
# Long enough for any machine; a test that is right never waits for it.
NEVER = 20


@dataclass
class Watched(Faults):
    """Calls, with a hook inside of each and a count of how many were under way at once."""

    inside: Callable[[str], object] = str
    now: int = 0
    most: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        with self.counting:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            with super().call(name):
                self.inside(name)
                yield
        finally:
            with self.counting:
                self.now -= 1


def a_site(folder: Path, watched: Faults) -> Site:
    site = Site(folder, cloud=FakeCloud(watched), settings=WITH_REDSHIFT, images=lock(modules=MODULES))
    site.push()
    return site


def deploy(site: Site, jobs: int) -> Receipt:
    observed = site.observe(scopes(modules=MODULES))
    ledger = Ledger(file=site.file, place=place_of(site.settings))
    actions = site.plan(scopes(modules=MODULES))
    return apply(actions, observed.receipt, world=site.cloud.world, ledger=ledger, jobs=jobs)


def test_functions_of_different_modules_are_made_at_the_same_time_within_the_bound(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=NEVER)
    watched = Watched()
    site = a_site(tmp_path, watched)
    # Six creations meet three by three, or the barrier breaks: fewer than three at once never get past it.
    watched.inside = lambda name: name.startswith("create_function") and together.wait()
    watched.most = 0
    deploy(site, jobs=3)
    assert watched.most == 3
    assert len(site.cloud.functions.held) == 6


def test_one_job_is_one_at_a_time_and_sql_goes_as_soon_as_it_can(tmp_path: Path) -> None:
    watched = Watched()
    site = a_site(tmp_path, watched)
    deploy(site, jobs=1)
    assert watched.most == 1
    kinds = [call.split()[0] for call in watched.calls]
    assert (
        kinds
        == ["create_role", "put_role_policy"] * 2
        + ["run"]
        + ["create_function", "publish_version", "update_alias", "run"] * 6
    )
    modules = [re.findall(r"m\d", call)[0] for call in watched.calls[5:]]
    assert modules == [module for n in range(6) for module in [f"m{n}"] * 4]


def test_any_number_of_jobs_leads_to_the_same_world_and_receipt(tmp_path: Path) -> None:
    alone, many = (a_site(tmp_path / name, Faults()) for name in ("alone", "many"))
    assert deploy(alone, jobs=1) == deploy(many, jobs=16)
    assert alone.world() == many.world()
    assert alone.receipt == many.receipt


def test_after_a_failure_nothing_new_starts_and_what_was_under_way_is_on_record(tmp_path: Path) -> None:
    under_way, failed = threading.Event(), threading.Event()
    watched = Watched()
    site = a_site(tmp_path, watched)

    def inside(name: str) -> None:
        if name == "create_function carto-at-m0":
            assert under_way.wait(NEVER)
            failed.set()
            raise AwsError("refused", where="m0")
        if name == "create_function carto-at-m1":
            under_way.set()
            assert failed.wait(NEVER)

    watched.inside = inside
    with pytest.raises(AwsError, match="m0: refused"):
        deploy(site, jobs=2)
    assert [call for call in watched.calls if call.startswith("create_function")] == [
        "create_function carto-at-m0",
        "create_function carto-at-m1",
    ]
    assert not [call for call in watched.calls if call.startswith("run m")]
    assert set(site.receipt.lambdas) == {"m1"}
    watched.inside = str
    deploy(site, jobs=2)
    assert site.plan(scopes(modules=MODULES)) == ()


def test_all_that_fail_together_are_reported_together(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=NEVER)
    watched = Watched()
    site = a_site(tmp_path, watched)

    def inside(name: str) -> None:
        if name.startswith("create_function"):
            together.wait()
            raise AwsError("refused", where=name)

    watched.inside = inside
    said = io.StringIO()
    observed = site.observe(scopes(modules=MODULES))
    ledger = Ledger(file=site.file, place=place_of(site.settings))
    with pytest.raises(AwsError) as caught:
        apply(
            site.plan(scopes(modules=MODULES)),
            observed.receipt,
            world=site.cloud.world,
            ledger=ledger,
            console=Console(err=Terminal(file=said, width=200)),
            jobs=2,
        )
    told = f"{caught.value}{said.getvalue()}"
    assert "create_function carto-at-m0: refused" in told
    assert "create_function carto-at-m1: refused" in told
    assert "stopped: 5 of 23 steps are done and on record; the same command goes on from here\n" in told


def test_a_run_that_stops_names_the_last_release_where_there_is_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.push()
    site.deploy(scopes("h3"))
    site.deploy(scopes("quadbin"))
    said = io.StringIO()
    console = Console(err=Terminal(file=said, width=200, markup=False, highlight=False))
    site.images = lock(build=2)
    site.push()
    observed, actions = site.observe(scopes()), site.plan(scopes())
    site.cloud.versions.broken |= {image.digest for image in site.images.values()}
    ledger = Ledger(file=site.file, place=place_of(site.settings))
    with pytest.raises(InvokeError):
        apply(actions, observed.receipt, world=site.cloud.world, ledger=ledger, console=console)
    assert "; `builder rollback --to r0002` returns to the last whole release\n" in said.getvalue()


def test_a_terminal_shows_a_bar_with_what_is_under_way_and_the_lines_stay(tmp_path: Path) -> None:
    site = a_site(tmp_path, Faults())
    said = io.StringIO()
    console = Console(err=Terminal(file=said, width=200, force_terminal=True, markup=False, highlight=False))
    chosen = scopes(modules=MODULES)
    ledger = Ledger(file=site.file, place=place_of(site.settings))
    observed, actions = site.observe(chosen), site.plan(chosen)
    apply(actions, observed.receipt, world=site.cloud.world, ledger=ledger, console=console)
    assert "0/23" in said.getvalue()
    assert "[23/23] + " in said.getvalue()
    assert said.getvalue().count("Lambda function carto-at-m3") >= 1


def test_ctrl_c_waits_for_what_is_under_way_and_starts_nothing_new(tmp_path: Path) -> None:
    watched = Watched()
    site = a_site(tmp_path, watched)
    # What the kernel does on Ctrl-C: the main thread, and it alone, is interrupted.
    watched.inside = lambda name: _thread.interrupt_main() if name == "create_function carto-at-m2" else None
    with pytest.raises(KeyboardInterrupt):
        deploy(site, jobs=1)
    assert watched.calls[-1] == "create_function carto-at-m2"
    assert set(site.receipt.lambdas) == {"m0", "m1", "m2"}
    assert set(site.cloud.functions.held) == {"carto-at-m0", "carto-at-m1", "carto-at-m2"}
    watched.inside = str
    deploy(site, jobs=1)
    assert site.plan(scopes(modules=MODULES)) == ()


def waiting(actions: tuple[Action, ...]) -> dict[str, set[str]]:
    titles = [explain.title(action) for action in actions]
    return {titles[n]: {titles[each] for each in before} for n, before in enumerate(needs(actions))}


def test_a_module_waits_for_the_roles_and_not_for_another_module(site: Site) -> None:
    before = waiting(site.plan(scopes()))
    run, call = "role CartoATLambdaExecutionRole", "role CartoATRedshiftInvokeRole"
    roles = {run, f"{run}: policy logs", call, f"{call}: policy invoke"}
    assert before[call] == set()
    assert before[f"{call}: policy invoke"] == {call}
    assert before["Lambda function carto-at-h3"] == roles
    assert before["Lambda function carto-at-quadbin"] == roles
    first = "SQL of h3 in dev_carto: 1 function"
    assert before[first] == roles | {
        "Lambda function carto-at-h3",
        "Lambda function carto-at-h3: version and alias live",
        "schema dev_carto",
    }
    assert before["SQL of quadbin in dev_carto: 3 functions"] == roles | {
        "Lambda function carto-at-quadbin",
        "Lambda function carto-at-quadbin: version and alias live",
        "schema dev_carto",
        first,
    }


def test_a_removal_takes_sql_before_functions_and_roles_last(site: Site) -> None:
    site.deploy(scopes())
    plan = site.plan_removal(scopes())
    before = waiting(plan)
    assert before["Lambda function carto-at-h3"] == {"SQL of h3 in dev_carto: 1 function"}
    assert before["repository carto-at-h3"] == {"SQL of h3 in dev_carto: 1 function", "Lambda function carto-at-h3"}
    others = {explain.title(action) for action in plan if "role" not in explain.title(action)}
    assert before["role CartoATLambdaExecutionRole"] == others


def test_no_action_waits_for_a_later_one(site: Site) -> None:
    for plan in (site.deploy(scopes()), site.plan_removal(scopes())):
        assert all(each < place for place, before in enumerate(needs(plan)) for each in before)
