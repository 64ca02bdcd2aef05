"""What holds and where it came from, value by value: the table of `builder config`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from builder import names
from builder.core.config.keys import KEYS
from builder.core.config.lookup import Lookup, environment
from builder.errors import REDACTED, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.core.config.env_files import Layer
    from builder.core.config.settings import Settings

COLUMNS = ("setting", "in YAML", "value", "from")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One value. `origin` is the place that it was read from, `default`, or `derived`; a secret's text is not here."""

    setting: str
    path: str
    value: str
    origin: str
    secret: bool = False


def told(layers: Sequence[Layer]) -> tuple[Row, ...]:
    """Every setting as it was written, judged or not: a malformed one has to be found, too."""
    lookup = Lookup(layers)
    rows = []
    for key in KEYS:
        given = environment(layers) if key.variable == "RS_ENV" else lookup.given(key.variable)
        # A password inside an address is refused, but shown before that.
        value = key.default if given is None else redacted(given.text).replace("\n", ", ")
        rows.append(
            Row(
                setting=key.flag or key.variable,
                path=key.path,
                value=REDACTED if key.secret and value else value,
                origin=given.origin if given else ("default" if key.default else ""),
                secret=key.secret,
            )
        )
    return tuple(rows)


def derived(settings: Settings) -> tuple[Row, ...]:
    """The names that the settings lead to, as build, deploy and SQL use them."""
    prefix = settings.lambda_prefix
    function = f"{names.lambda_name(prefix, f'<{settings.lambda_mode}>')}{settings.suffix}"
    found = {
        "schema": settings.schema,
        "road to Redshift": settings.warehouse.shown if settings.warehouse else "none: only Lambda functions",
        "Lambda functions": function,
        "called by SQL as": settings.rollout.reference(function),
        "ECR repositories": names.repository_name(prefix, "<module>"),
        "execution role": settings.execution_role or names.execution_role_name(prefix),
        "invoke role": settings.invoke_role or names.invoke_role_name(prefix),
        "session name": settings.aws.session_name or names.session_name(prefix),
    }
    return tuple(Row(setting=name, path="", value=redacted(value), origin="derived") for name, value in found.items())


def table(rows: Iterable[Row]) -> list[tuple[str, str, str, str]]:
    """For people."""
    return [(row.setting, row.path, row.value, row.origin) for row in rows]


def data(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(row) for row in rows]
