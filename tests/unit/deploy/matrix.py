"""The fault matrix: every call of a deploy, an update and a removal fails in every way, and the same command
is run again. It must lead to the world, the receipt and the empty plan that an undisturbed run leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from builder.adapters.fakes import FakeCloud
from builder.adapters.faults import WAYS, KilledError
from builder.core.config.settings import DataApi
from builder.errors import BuilderError
from builder.model import Module
from tests.unit.deploy.cloud import (
    LAMBDA_ONLY,
    POLYFILL,
    QUADBIN,
    WITH_CLUSTER,
    WITH_REDSHIFT,
    Site,
    a_function,
    a_zip,
    lock,
    scopes,
    with_function,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from builder.adapters.faults import Kind
    from builder.core.config.settings import Settings

GIVEN = replace(
    WITH_REDSHIFT,
    execution_role="arn:aws:iam::123456789012:role/run",
    invoke_role="arn:aws:iam::123456789012:role/call",
)
DATA_API = replace(WITH_REDSHIFT, warehouse=DataApi(workgroup="maps"))
SETTINGS = {"own roles": WITH_REDSHIFT, "a cluster": WITH_CLUSTER, "Lambda alone": LAMBDA_ONLY, "given roles": GIVEN}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A command, and the site that it is given."""

    name: str
    prepare: Callable[[Path], Site]
    run: Callable[[Site], object]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One call that failed in one way. `wrong` says in what the second run did not arrive; empty where it did."""

    scenario: str
    call: str
    way: str
    wrong: tuple[str, ...]


def a_site(folder: Path, settings: Settings) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    road = settings.warehouse if isinstance(settings.warehouse, DataApi) else None
    site = Site(folder, settings=settings, cloud=FakeCloud(road=road))
    site.cloud.roles.given |= {role for role in (settings.execution_role,) if role}
    site.push()
    return site


def deployed(folder: Path, settings: Settings) -> Site:
    site = a_site(folder, settings)
    site.deploy(scopes())
    return site


def built(folder: Path, settings: Settings) -> Site:
    """Images that are built and pushed nowhere: deploy makes the repositories and pushes them."""
    site = a_site(folder, replace(settings, image_accounts=("210987654321",)))
    site.cloud.images.digests = {name: each.digest for name, each in site.images.items()}
    site.images = {name: replace(each, repository="") for name, each in site.images.items()}
    site.cloud.repositories.held.clear()
    site.cloud.repositories.images.clear()
    return site


def update(site: Site) -> None:
    """A second release: another image, more memory, a changed signature."""
    site.images = lock(build=2)
    native = a_function("quadbin_twice", "quadbin", ("BIGINT", "BIGINT"), kind="sql", sql="SELECT $1 * $2")
    module = with_function(QUADBIN, native)
    module = with_function(module, replace(POLYFILL, config=replace(POLYFILL.config, memory_size=3008)))
    site.deploy(scopes(modules=(module,)))


def pushed_again(folder: Path, settings: Settings) -> Site:
    site = deployed(folder, settings)
    site.images = lock(build=2)
    site.push()
    return site


def updated(folder: Path, settings: Settings) -> Site:
    site = pushed_again(folder, settings)
    update(site)
    return site


def beside(folder: Path, settings: Settings) -> Site:
    """A first set, and a second one of newer images."""
    site = pushed_again(folder, settings)
    site.settings = replace(settings, suffix="_next", schema=f"{settings.schema}_next")
    site.deploy(scopes())
    return site


def back(site: Site) -> None:
    """To the first release, by name: without one, a second run would go to where the first one came from."""
    site.rollback("r0001")


def scenarios(settings: Settings, label: str) -> Iterator[Scenario]:
    yield Scenario(
        name=f"deploy, {label}",
        prepare=lambda folder: a_site(folder, settings),
        run=lambda site: site.deploy(scopes()),
    )
    yield Scenario(name=f"update, {label}", prepare=lambda folder: pushed_again(folder, settings), run=update)
    yield Scenario(name=f"rollback, {label}", prepare=lambda folder: updated(folder, settings), run=back)
    if settings.warehouse:
        yield Scenario(
            name=f"promote, {label}",
            prepare=lambda folder: beside(folder, settings),
            run=lambda site: site.promote(),
        )
    yield Scenario(
        name=f"remove, {label}",
        prepare=lambda folder: deployed(folder, settings),
        run=lambda site: site.remove(scopes()),
    )


def every() -> Iterator[Scenario]:
    for label, settings in SETTINGS.items():
        yield from scenarios(settings, label)
    yield Scenario(
        name="push and deploy",
        prepare=lambda folder: built(folder, WITH_REDSHIFT),
        run=lambda site: site.deploy(scopes("h3")),
    )
    yield from migrations()
    yield from by_the_data_api()


def by_the_data_api() -> Iterator[Scenario]:
    """The other road: a module's SQL as a batch and, where it is too large for one, as a transaction in a session."""
    # What an update and a promotion do beyond these, they do to Lambda.
    yield from (
        each for each in scenarios(DATA_API, "Data API") if each.name.startswith(("deploy", "rollback", "remove"))
    )
    large = Module(
        name="large",
        functions=tuple(
            a_function(f"large_{n}", "large", kind="sql", sql=f"SELECT $1 /* {'x' * 60_000} */") for n in (1, 2)
        ),
    )
    yield Scenario(
        name="deploy, Data API, a session",
        prepare=lambda folder: a_site(folder, DATA_API),
        run=lambda site: site.deploy(scopes(modules=(large,))),
    )


def migrations() -> Iterator[Scenario]:
    """From a zip Lambda for each function to images, the zip Lambdas removed."""
    for label, settings in (
        ("one Lambda", WITH_REDSHIFT),
        ("one each", replace(WITH_REDSHIFT, lambda_mode="function")),
    ):
        yield Scenario(
            name=f"migrate, {label}",
            prepare=partial(_with_zips, settings=settings),
            run=lambda site: site.deploy(scopes(), replaced=True),
        )


def _with_zips(folder: Path, settings: Settings) -> Site:
    site = a_site(folder, settings)
    site.cloud.functions.held |= {
        name: a_zip(name) for name in ("carto-at-h3_center", "carto-at-quadbin_polyfill", "carto-at-elsewhere")
    }
    return site


def tries(scenario: Scenario, folder: Path, ways: Sequence[tuple[Kind, bool]] = WAYS) -> Iterator[Tried]:
    """One for each call and each way, until a run ends with no call left to fail."""
    whole = scenario.prepare(folder / "whole")
    whole.cloud.faults.again()
    scenario.run(whole)
    made = whole.cloud.faults.made
    looks = set(whole.cloud.faults.looks)
    for kind, after in ways:
        for number, (call, turn) in enumerate(made):
            if after and call in looks:
                continue  # what only looks has no effect to come after
            way = f"{kind} {'after' if after else 'before'} its effect"
            site = scenario.prepare(folder / f"{kind}-{after}-{number}")
            _fail(scenario, site, call, turn, kind=kind, after=after)
            yield Tried(scenario=scenario.name, call=call, way=way, wrong=tuple(_wrong(scenario, site, whole)))


def _fail(scenario: Scenario, site: Site, call: str, turn: int, *, kind: str, after: bool) -> None:
    faults = site.cloud.faults
    faults.again()
    faults.on, faults.turn, faults.after, faults.kind = call, turn, after, kind  # type: ignore[assignment]
    try:
        scenario.run(site)
    except (BuilderError, KilledError):
        return
    finally:
        faults.again()
    raise AssertionError(f"{scenario.name}: {call} failed ({kind}), and the run did not notice")


def _wrong(scenario: Scenario, site: Site, whole: Site) -> Iterator[str]:
    try:
        scenario.run(site)
        site.cloud.faults.again()
        scenario.run(site)
    except BuilderError as error:
        yield f"the same command failed again: {error}"
        return
    yield from (f"{part} differ" for part, held in site.world().items() if held != whole.world()[part])
    if site.receipt != whole.receipt:
        yield "the receipts differ"
    if site.history.every() != whole.history.every():
        yield "the releases differ"
    if site.cloud.faults.calls:
        yield f"a third run still changed something: {', '.join(site.cloud.faults.calls)}"
