"""A second set of functions, deployed with a suffix for comparison, becomes the first.

Neither half can be renamed. Lambda has no call for it. Redshift's ALTER FUNCTION ... RENAME TO is documented for Python
and SQL functions alone, leaves a function in its schema, and would go on naming the old Lambda function. So the first
set is deployed from the very images and sources that the second one was, and the second one is then taken away: a
function that SQL calls is replaced in one transaction, and there is no moment without it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.core.catalog.modules import group
from builder.core.catalog.selection import selection
from builder.core.catalog.units import by_function
from builder.core.deploy import plan as deploy_plan
from builder.errors import Problem, StaleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.core.catalog.selection import Selection
    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import Desired, Scope
    from builder.core.deploy.observed import Observed
    from builder.core.deploy.release import Content
    from builder.model import Catalog

MOVED = "take the sources and the image lock that it was deployed from, or deploy it again with the suffix"


def selected(content: Content, catalog: Catalog, settings: Settings) -> Selection:
    """The functions of the second set. Raises StaleError for one that the catalogue has not."""
    names = set(content.functions) or _called(content, catalog, settings)
    known = {function.name for function in catalog.functions}
    what = f"is deployed with the suffix {settings.suffix}, the catalogue has not got it"
    problems = [Problem(where=name, what=what, hint=MOVED) for name in sorted(names - known)]
    if problems:
        raise StaleError(problems=problems)
    return selection(catalog, "", ",".join(sorted(names)))


def refuse_moved(content: Content, desired: Desired, settings: Settings) -> None:
    """Raises StaleError where the catalogue or the image lock would make another set than the one that stands."""
    problems = [Problem(where=where, what=what, hint=MOVED) for where, what in _moves(content, desired, settings)]
    if problems:
        raise StaleError(problems=problems)


def plan_removal(scopes: Sequence[Scope], settings: Settings, observed: Observed, first: Desired) -> tuple[Action, ...]:
    """What takes the second set away, once the first one stands, which needs the roles."""
    siblings = (*(observed.siblings or ()), *(wanted.name for wanted in first.functions))
    return deploy_plan.plan_removal(scopes, settings, replace(observed, siblings=siblings))


def _called(content: Content, catalog: Catalog, settings: Settings) -> set[str]:
    """Without Redshift a release has Lambda functions alone."""
    lambdas = {wanted.name for wanted in content.lambdas.values()}
    units = by_function(
        group(catalog, catalog.functions),
        prefix=settings.lambda_prefix,
        suffix=settings.suffix,
        mode=settings.lambda_mode,
    )
    return {name for name, unit in units.items() if unit.name in lambdas}


def _moves(content: Content, desired: Desired, settings: Settings) -> Iterator[tuple[str, str]]:
    standing = {wanted.name: wanted for wanted in content.lambdas.values()}
    for wanted in desired.functions:
        old = standing.get(wanted.name)
        if old is None or old.image != wanted.image:
            yield wanted.name, f"runs {old.image if old else 'no image'}, the lock has {wanted.image}"
        elif old != wanted:
            yield wanted.name, "is configured otherwise than the catalogue and the settings say"
    for entry in desired.sql:
        if content.functions.get(entry.name) != entry:
            yield f"{settings.schema}.{entry.name}", "is not the SQL that the catalogue and the settings lead to"
