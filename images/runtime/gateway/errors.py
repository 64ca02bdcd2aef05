"""What can go wrong, and whom it concerns: one row, one batch, or the whole image."""

from __future__ import annotations


class RowError(Exception):
    """One row that has no answer. Raise it in a row handler; put it at the row's place in a batch handler's result.

    The message goes to whoever wrote the SQL: name the argument, its value and the range.
    """


class BatchError(Exception):
    """The batch has no answer: Redshift gets `success: false` with this message, and the statement fails."""


class ManifestError(Exception):
    """The manifest cannot be used, so no function of the image can be."""


class InexactError(Exception):
    """A number did not survive the fast JSON parser. The request is then parsed again, exactly."""


def describe(error: BaseException) -> str:
    """The message for whoever wrote the SQL.

    ValueError and RowError speak for themselves; of anything else the type is told too, because `KeyError('x')` alone
    reads "'x'".
    """
    text = str(error)
    if isinstance(error, (RowError, ValueError)) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
