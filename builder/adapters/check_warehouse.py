"""`builder check`, Redshift's part: a session, and the privileges that a deploy needs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.adapters.warehouse import enter
from builder.core.config.roads import DataApi
from builder.core.deploy import findings
from builder.core.sql import catalog as sql_catalog
from builder.core.sql import grantees as sql_grantees
from builder.errors import BuilderError, SettingsError, WarehouseError
from builder.names import quote_identifier, quote_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.adapters.aws import Aws
    from builder.adapters.warehouse import Warehouse
    from builder.core.config.settings import Settings
    from builder.core.deploy.findings import Finding

# Shows what was granted to us, our groups and roles, and PUBLIC; to others than superusers nothing else
# (SVV_LANGUAGE_PRIVILEGES).
_LANGUAGE = "SELECT identity_name FROM svv_language_privileges WHERE language_name = 'exfunc'"


def warehouse(settings: Settings, aws: Callable[[], Aws], *, known: bool) -> tuple[Finding, ...]:
    """Opens a session and asks. A question that this Redshift does not understand is skipped, and said.

    `aws` gives the one session with AWS; where it is not `known`, only a connection by password can be opened.
    """
    road = settings.warehouse
    if road is None:
        what = "neither RS_HOST, RS_CLUSTER_IDENTIFIER nor RS_WORKGROUP is set: only Lambda functions are deployed"
        return (findings.skipped("redshift", what),)
    if not known and (isinstance(road, DataApi) or road.iam):
        return (findings.skipped("redshift", f"needs credentials: {road.shown}"),)
    try:
        with enter(road, aws) as session:
            ((user,),) = session.query("SELECT current_user").rows
            connected = findings.ok("redshift", f"{user} at {road.shown}")
            found = privileges(session, schema=settings.schema, database=road.database)
            return connected, *found, *grantees(session, settings.grantees)
    except BuilderError as error:
        return (findings.failed("redshift", error),)


def privileges(session: Warehouse, *, schema: str, database: str) -> tuple[Finding, ...]:
    """CREATE where the functions go, and USAGE on the language of external functions."""
    try:
        ((user, superuser),) = session.query(sql_catalog.WHO).rows
    except (WarehouseError, ValueError):
        user, superuser = "", False
    if superuser:
        return (findings.ok("redshift: privileges", f"{user} is a superuser"),)
    return (
        _asked("redshift: CREATE", lambda: _create(session, schema, database)),
        _asked("redshift: EXFUNC", lambda: _language(session, user)),
    )


def grantees(session: Warehouse, named: Sequence[str]) -> tuple[Finding, ...]:
    """Whether those of RS_GRANTEES are there; nothing where nobody is named."""
    if not named:
        return ()
    topic = "redshift: grantees"
    try:
        problems = tuple(sql_grantees.problems(session.missing(named)))
    except WarehouseError as error:
        return (findings.skipped(topic, f"could not be asked: {error.problems[0].what}"),)
    if problems:
        return (findings.failed(topic, SettingsError(problems=problems)),)
    return (findings.ok(topic, ", ".join(named)),)


def _asked(topic: str, ask: Callable[[], str]) -> Finding:
    """`ask` gives what is so, raises PermissionError for what is missing, WarehouseError where it cannot be asked."""
    try:
        return findings.ok(topic, ask())
    except PermissionError as error:
        what, hint = error.args
        return findings.failed(topic, WarehouseError(what, hint=hint))
    except WarehouseError as error:
        return findings.skipped(topic, f"could not be asked: {error.problems[0].what}")


def _create(session: Warehouse, schema: str, database: str) -> str:
    exists = bool(session.query(sql_catalog.schema_query(database=database, schema=schema)).rows)
    kind, name = ("schema", schema) if exists else ("database", database)
    ((may,),) = session.query(f"SELECT has_{kind}_privilege(current_user, {quote_literal(name)}, 'CREATE')").rows
    if not may:
        statement = f"GRANT CREATE ON {kind.upper()} {quote_identifier(name)} TO the user"
        raise PermissionError(f"no CREATE on {kind} {name}", f"a superuser says: {statement}")
    return f"CREATE on {kind} {name}"


def _language(session: Warehouse, user: str) -> str:
    if not session.query(_LANGUAGE).rows:
        hint = f"a superuser says: GRANT USAGE ON LANGUAGE EXFUNC TO {quote_identifier(user) if user else 'the user'}"
        raise PermissionError("no USAGE on language EXFUNC, which external functions take", hint)
    return "USAGE on language EXFUNC"
