"""What a session reaches outside the database: external functions and S3, as far as IAM lets it."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from builder.local.calls.external import Caller
from builder.local.calls.invoker import Retrying
from builder.local.copying.judged import JudgedObjects
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from builder.local.copying.objects import Objects
    from builder.local.engine.backend import Session
    from builder.local.objects.functions import External

log = logging.getLogger(__name__)


def caller(session: Session) -> Caller:
    """For one statement; `clean` comes behind it."""
    session.query_id = query_id = next(session.engine.query_ids)
    session.calling = Caller(
        duck=session.duck,
        # What a transaction has done is seen by no other connection.
        helper=session.beside if session.status == "I" else None,
        retrying=Retrying(session.engine.invoker.for_statement()),
        pool=session.engine.pool,
        details=session.engine.details,
        user=session.user,
        database=session.engine.name,
        query_id=query_id,
        transaction_id=session.transaction if session.status == "T" else query_id,
        in_flight=session.engine.in_flight,
        permit=partial(permit, session),
        cancelled=session.cancelled.is_set,
    )
    return session.calling


def clean(used: Caller) -> None:
    """Drops a statement's relations; in a transaction that an error has ended, the rollback does."""
    try:
        used.drop()
    except SqlError as error:
        log.debug("kept relations are left to the rollback: %s", error)


def permit(session: Session, external: External, *, fresh: bool = False) -> None:
    """Whether IAM lets the warehouse call it, where there is an IAM to ask. Raises SqlError."""
    if session.engine.gate is not None:
        session.engine.gate.check(external, session.user, fresh=fresh)


def objects(session: Session, role: str) -> Objects:
    """S3 as IAM_ROLE's text lets it be used; "" for keys, whose owner is not known here. Raises SqlError."""
    gate, bare = session.engine.gate, session.engine.objects
    if gate is None or not role:
        return bare
    return JudgedObjects(objects=bare, gate=gate, role=gate.assume(role, session.user))
