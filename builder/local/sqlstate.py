"""Errors of the endpoint, each with the SQLSTATE that PostgreSQL's protocol carries to the client."""

from __future__ import annotations

SUPPORTED = "what is supported: docs/local-redshift.md#what-is-supported"


class SqlError(Exception):
    """What a client is told: a code of five characters, one sentence, and where it helps a hint.

    `position` is the character of the statement's text where it breaks, counted from 1; 0 where none is known.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.position = position


def unsupported(what: str) -> SqlError:
    """Refused by name: valid in Redshift, or nearly so, but not here."""
    return SqlError("0A000", f"{what} is not supported by the local Redshift endpoint", hint=SUPPORTED)


def syntax(message: str, *, position: int = 0) -> SqlError:
    """A statement that Redshift's grammar does not take."""
    return SqlError("42601", message, position=position)


def ending() -> SqlError:
    """PostgreSQL's words to clients of a server that is shut down."""
    return SqlError("57P01", "terminating connection due to administrator command")


def conflict() -> SqlError:
    """Another transaction has changed the same rows. Redshift's words: aws/amazon-redshift-jdbc-driver, issue 147."""
    return SqlError("40001", "could not complete because of conflict with concurrent transaction")
