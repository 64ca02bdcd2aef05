"""Redshift's and the network's refusals in our words, each with what to do.

Told apart by SQLSTATE and by class, never by the words of a message; but for conflicts by the Data API, which gives no
SQLSTATE. SQLSTATEs: PostgreSQL, appendix "Error Codes".
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
from typing import TYPE_CHECKING

from builder.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from builder.core.config.roads import Connection as Place

# Enough of a statement to find it by; the whole is what `builder sql` prints.
SHOWN_LINES = 12
SHOWN_WIDTH = 160
# Of a transaction that failed. Lambda functions of the same deploy may well have changed before it.
UNDONE = "none of this SQL has happened"

# The Data API hands on the JDBC driver's text: "ERROR: syntax error at or near ... Position: 8". In a batch it leads
# with "Query #2 failed with ".
_POSITION = re.compile(r"\s*\bPosition: (\d+)")
_BATCH = re.compile(r"Query #\d+ failed with ")
# Error 1023 is Redshift's serializable isolation violation ("Serializable isolation"); the sentence is what it says of
# a catalog table (aws/amazon-redshift-jdbc-driver, issue 147).
_CONFLICT = re.compile(r"1023\b|could not complete because of conflict with concurrent transaction")
# Serialization failure and deadlock: PostgreSQL, "Serialization Failure Handling": the whole transaction may be tried
# again.
CONFLICTS = frozenset({"40001", "40P01"})
_ABORTED = "it was cancelled: by another session, by an administrator, or by a time-out of its queue"

HINTS: Mapping[str, str] = {
    "28000": "check RS_USER and RS_PASSWORD",
    "28P01": "check RS_USER and RS_PASSWORD",
    "3D000": "check RS_DATABASE",
    "3F000": "a schema that is not there: check its name; deploy makes the one of RS_SCHEMA and RS_PREFIX",
    "40001": "another session goes on changing the same objects: run the command again when it has ended",
    "40P01": "another session and this one have waited for each other: run the command again",
    "42501": "the user lacks a privilege: an owner or a superuser grants it",
    "42601": "a syntax error: the mark shows where Redshift stopped reading",
    "42703": "a column or an argument that is not there",
    "42883": "a function that is not there, or not with these types: deploy it, or add a CAST",
    "42P01": "a table that is not there: check its schema",
    "42P06": "the schema is there already",
    "42P13": "Redshift replaces a function only with the same types: drop it first",
    "42723": "a function of this name and these types is there already",
    "2BP01": "something still depends on it: drop that first",
    "53300": "too many sessions: close some, or try again later",
    "57014": "the query was cancelled: a time-out of the server or of its queue, or another session",
    "57P03": "the server is starting or resuming: try again in a minute",
    "25P02": "an earlier statement of the transaction had failed",
    # SVL_UDF_LOG is of Python's functions alone.
    "XX000": "Redshift could not go on; where a Lambda is called: its invoke role, its name and its Region, "
    "SYS_LUDF_DETAIL (which superusers see), and the Lambda's own log",
}
# Of the statements of a deploy, which nobody has typed.
DEPLOY_HINTS: Mapping[str, str] = {
    **HINTS,
    "3F000": "the schema is missing: deploy creates it; check RS_SCHEMA, RS_PREFIX and --production",
    "42501": "the user lacks a privilege: CREATE on the database or the schema, USAGE ON LANGUAGE EXFUNC for external "
    "functions; only an owner or a superuser replaces or drops a function",
    "42601": "a syntax error in SQL of the catalogue's own, or in what we generate: `builder sql` prints it",
}
# The host of `builder local up`, as its environment has it, and its other names.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def unreachable(error: Exception, place: Place, *, seconds: int) -> WarehouseError:
    """No session: the network, TLS, or what the server said to our greeting."""
    where = f"{place.host}:{place.port}"
    if fields := server_fields(error):
        return _said(fields, where=where, what=f"database {place.database!r}, user {place.user!r}")
    what, hint = _network(error, seconds, host=place.host)
    return WarehouseError(what, where=where, hint=hint)


def refused(error: Exception, *, sql: str, where: str = "", of: str = "") -> WarehouseError:
    """A statement that failed. `of` says which of a transaction's; then nothing of it has happened."""
    fields = server_fields(error)
    whole = f"{of}, {UNDONE}" if of else ""
    if fields:
        return _said(fields, where=where, what=whole, sql=sql, hints=DEPLOY_HINTS if of else HINTS)
    what = ", ".join(part for part in (f"the session was lost: {_cause(error)}", whole) if part)
    hint = "run the command again; if it was long, look for a proxy or a firewall that ends idle connections"
    return WarehouseError(f"{what}\n{_excerpt(sql, 0)}", where=where, hint=hint)


def ended(described: Mapping[str, Any], *, sql: str = "", where: str = "", of: str = "") -> WarehouseError:
    """A statement of the Data API, as DescribeStatement tells of it, that FAILED or was ABORTED.

    It gives the server's words and no SQLSTATE, so there is no hint to look up.
    """
    said = _BATCH.sub("", str(described.get("Error") or ""), count=1).strip()
    found = _POSITION.search(said)
    words = _POSITION.sub("", said).removeprefix("ERROR: ").removeprefix("FATAL: ").strip()
    if not words:
        words = _ABORTED if described["Status"] == "ABORTED" else "refused, without a word"
    what = f"{words} ({of})" if of else words
    excerpt = f"\n{_excerpt(sql, int(found[1]) if found else 0)}" if sql else ""
    made = WarehouseError(f"{what}{excerpt}", where=where)
    made.conflict = bool(_CONFLICT.match(words))
    return made


def overdue(described: Mapping[str, Any], *, seconds: float, where: str) -> WarehouseError:
    """A statement of the Data API that has not ended in time, and was cancelled."""
    what = f"a statement was still {described['Status']} after {seconds:g} s and has been cancelled"
    lines = _excerpt(str(described.get("QueryString") or ""), 0)
    return WarehouseError(
        f"{what}\n{lines}", where=where, hint="look at what it waits for: STV_LOCKS, SYS_QUERY_HISTORY"
    )


def not_committed(error: Exception) -> WarehouseError:
    """The COMMIT itself failed, or its answer never came."""
    if fields := server_fields(error):
        return _said(fields, where="COMMIT", what=UNDONE)
    what = f"the session was lost in the COMMIT ({_cause(error)}): its statements may or may not have happened"
    return WarehouseError(what, where="COMMIT", hint="run `builder plan` to see what stands there, then deploy again")


def server_fields(error: Exception) -> dict[str, str]:
    """The fields of the server's ErrorResponse by their letters (PostgreSQL, "Error and Notice Message Fields").

    None where the server said nothing. redshift-connector passes them as a dict, the exception's only argument.
    """
    first = error.args[0] if error.args else None
    return {str(key): str(value) for key, value in first.items()} if isinstance(first, dict) else {}


def _said(
    fields: Mapping[str, str], *, where: str, what: str = "", sql: str = "", hints: Mapping[str, str] = HINTS
) -> WarehouseError:
    code = fields.get("C", "")
    position = int(fields["P"]) if fields.get("P", "").isdecimal() else 0
    head = f"{fields.get('M', 'refused')} [{code}]"
    lines = [f"{head} ({what})" if what else head]
    lines += [fields[key] for key in ("D", "H") if fields.get(key)]
    if sql:
        lines.append(_excerpt(sql, position))
    made = WarehouseError("\n".join(lines), where=where, hint=hints.get(code, ""))
    made.conflict = code in CONFLICTS
    return made


def _network(error: Exception, seconds: int, *, host: str) -> tuple[str, str]:
    cause = next(_causes(error), error)
    if isinstance(cause, ConnectionRefusedError):
        paused = "check RS_HOST and RS_PORT, and that the cluster is not paused"
        stopped = "`builder local up` starts the local cloud; else check RS_HOST and RS_PORT"
        return "nothing listens there", stopped if host in _HERE else paused
    if isinstance(cause, socket.gaierror):
        return "the host's name is not known", "check RS_HOST: the endpoint's name, without port and database"
    if isinstance(cause, TimeoutError):
        hint = "check the security group, whether the endpoint is publicly accessible, and your VPN"
        return f"no answer within {seconds} s", hint
    if isinstance(cause, (KeyError, struct.error)):
        return "what listens there does not speak Redshift's protocol", "check RS_HOST and RS_PORT"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {cause.verify_message}", "check RS_HOST; a local endpoint has no TLS"
    hint = "check RS_HOST and RS_PORT; for a server without TLS, as a local one, set RS_SSL=false"
    return f"no session: {_cause(error)}", hint


def _causes(error: Exception) -> Iterator[BaseException]:
    """The operating system's error, which redshift-connector hands on as an argument of its own."""
    if isinstance(error, OSError):
        yield error
    yield from (argument for argument in error.args if isinstance(argument, OSError))


def _cause(error: Exception) -> str:
    return str(next(_causes(error), error)) or type(error).__name__


def _excerpt(sql: str, position: int) -> str:
    """The statement's lines around the character that the server points at (counted from 1), with a mark under it."""
    lines = sql.splitlines() or [""]
    before = sql[: max(position - 1, 0)]
    row = before.count("\n")
    first = max(0, min(row - SHOWN_LINES // 2, len(lines) - SHOWN_LINES))
    shown = [f"    {line[:SHOWN_WIDTH]}" for line in lines[first : first + SHOWN_LINES]]
    if position:
        column = len(before) - (before.rfind("\n") + 1)
        if column < SHOWN_WIDTH:
            shown.insert(row - first + 1, " " * (4 + column) + "^")
    if first:
        shown.insert(0, "    ...")
    if first + SHOWN_LINES < len(lines):
        shown.append("    ...")
    return "\n".join(shown)
