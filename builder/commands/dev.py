"""`builder dev MODULE`: watches a module's files, and runs the cases of what changed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from builder import assets, bake, ways
from builder.commands._building import request
from builder.commands._cases import file_of, read, run_cases
from builder.commands._options import catalogue, pass_app
from builder.commands._selected import sources
from builder.commands._ways import lambdas
from builder.core.catalog.changes import Source, compare
from builder.core.catalog.folders import SHARED
from builder.core.catalog.selection import selection
from builder.errors import BuilderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from builder.app import App
    from builder.commands._cases import Ran
    from builder.core.catalog.selection import Selection
    from builder.model import Function
    from builder.ways import Way

# Milliseconds. An editor writes a file in several steps, a branch's checkout many files: a change is over when nothing
# has followed for a STEP, and is acted on after DEBOUNCE at the latest.
STEP = 50
DEBOUNCE = 400
GLANCE = 500


@click.command("dev")
@click.argument("module")
@click.option("--image", is_flag=True, help="Build the module's image and run the cases in it.")
@catalogue
@pass_app
def command(app: App, module: str, *, image: bool) -> None:
    """Watch the files of MODULE and of the shared libraries, and run the cases of what changed. Ctrl-C ends it.

    Without --image the handlers run in this process. A catalogue that cannot be read is told, and waited out.
    """
    from watchfiles import watch  # noqa: PLC0415  only who watches needs it

    # Now, and once: a module that is not there, or settings that are wrong, will not be mended by a save in it.
    (name,) = {each.name for each in selection(app.catalog, module).modules}
    changes = watch(*_folders(app, name), step=STEP, debounce=DEBOUNCE, rust_timeout=GLANCE, yield_on_timeout=True)
    # The watcher begins with its first answer: what is saved during the first round is heard, too.
    next(changes)
    follow(Session(app=app, module=name, image=image), changes)


def follow(session: Session, changes: Iterable[object]) -> None:
    """A round now, and one for each change; an empty one is a watcher that has looked and seen nothing."""
    session.round()
    for change in changes:
        if change:
            session.round()


def _folders(app: App, module: str) -> list[Path]:
    roots = [app.project / root for root in app.settings.functions_roots]
    return [folder for root in roots for folder in (root / module, root / SHARED) if folder.is_dir()]


@dataclass(kw_only=True)
class Session:
    """What was seen and run so far. `known` are the functions, their cases included, as of the last good round."""

    app: App
    module: str
    image: bool = False
    known: dict[str, Source] = field(default_factory=dict)

    def round(self) -> None:
        """Reads the catalogue anew and runs what changed. Problems are printed, not raised."""
        console = self.app.console
        start = time.monotonic()
        if console.err.is_terminal:
            console.err.clear()
        try:
            # Nothing of the round before is kept: not its catalogue, and not its handlers.
            said = self._changed(replace(self.app, diff=None))
        except BuilderError as error:
            console.error(error)
            said = "waiting for that to be mended"
        console.line(f"{time.strftime('%H:%M:%S')} {said} in {time.monotonic() - start:.2f} s; Ctrl-C ends")

    def _changed(self, app: App) -> str:
        chosen = selection(app.catalog, self.module)
        now = _with_cases(app, chosen)
        wanted = compare(self.known, now).selected
        todo = [function for function in chosen.functions if function.name in wanted and function.kind == "lambda"]
        suite = read(app.project, todo)
        if todo:
            way = self._way(app, chosen)
            try:
                ran = list(run_cases(way, suite))
            finally:
                way.close()
            _report(app, todo, ran)
        self.known = now
        failed = sum(bool(each.wrong) for each in ran) if todo else 0
        return f"{len(ran)} cases of {len(todo)} functions, {failed} failed" if todo else "nothing to run"

    def _way(self, app: App, chosen: Selection) -> Way:
        modules = {module.name: module for module in chosen.modules}
        if not self.image:
            return ways.in_process(modules)
        wanted = request(app, chosen.modules)
        bake.check(wanted)
        hashes = bake.content_hashes(wanted)
        if todo := bake.outdated(wanted, hashes):
            bake.bake(bake.only(wanted, todo), hashes)
        return ways.image(lambdas(app, modules), reference=wanted.place.layout.engine_ids().__getitem__)


def _with_cases(app: App, chosen: Selection) -> dict[str, Source]:
    """The sources of the module's functions, and the texts of their cases with them."""
    found = sources(app, app.catalog, assets.find().root)
    return {function.name: _joined(found[function.name], app.project, function) for function in chosen.functions}


def _joined(source: Source, project: Path, function: Function) -> Source:
    file = file_of(project, function)
    text = file.read_bytes() if file.is_file() else b""
    return replace(source, hash=f"{source.hash} {hashlib.sha256(text).hexdigest()}")


def _report(app: App, functions: Sequence[Function], ran: Sequence[Ran]) -> None:
    """A line for each function, and under it what was wrong."""
    by_function: Mapping[str, list[Ran]] = {function.name: [] for function in functions}
    for each in ran:
        by_function[each.function].append(each)
    for name, here in by_function.items():
        wrong = [each for each in here if each.wrong]
        app.console.text(
            f"{name:<40} {len(here) - len(wrong)} of {len(here)} passed" if here else f"{name:<40} no cases"
        )
        for each in wrong:
            app.console.text(f"    {each.case}: {each.wrong}")
