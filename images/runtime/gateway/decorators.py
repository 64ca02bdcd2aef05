"""The decorators of handlers.

A decorated handler is still what Lambda expects, a callable of `(event, context)`; beyond that it shows its function
and its policies, so that the runtime can hand over columns and skip one encoding and decoding of every value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Callable

OnError = Literal["fail_fast", "return_error", "null"]
Nulls = Literal["return_null", "pass"]

_ON_ERROR = ("fail_fast", "return_error", "null")
_NULLS = ("return_null", "pass")


class Handler:
    """A function with its policies. `by_columns`: it takes lists, one per argument, instead of one row's values."""

    def __init__(self, function: Callable[..., Any], *, by_columns: bool, on_error: OnError, nulls: Nulls) -> None:
        self.function = function
        self.by_columns = by_columns
        self.on_error = on_error
        self.nulls = nulls
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "handler")
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    def __call__(self, event: dict[str, Any], context: Any = None) -> str:
        """Answers Redshift's request with the reply's text. Without a manifest, values cross as JSON has them."""
        from gateway.dispatch import answer_event  # noqa: PLC0415  a handler's module needs none of it at import

        return answer_event(self, event, context)


@overload
def redshift_handler(function: Callable[..., Any], /) -> Handler: ...
@overload
def redshift_handler(*, on_error: OnError = ..., nulls: Nulls = ...) -> Callable[[Callable[..., Any]], Handler]: ...
def redshift_handler(
    function: Callable[..., Any] | None = None, /, *, on_error: OnError = "fail_fast", nulls: Nulls = "return_null"
) -> Handler | Callable[[Callable[..., Any]], Handler]:
    """A row at a time: the function gets one row's values as positional arguments and returns one value.

    What it raises is that row's error: with on_error="fail_fast" the batch fails, naming the row; with "return_error"
    the row's value is the message (the function must return VARCHAR or SUPER); with "null" it is NULL. With
    nulls="return_null" a row that has a NULL argument gives NULL without a call; with "pass" it gets None.
    """
    return _decorate(function, by_columns=False, on_error=on_error, nulls=nulls)


@overload
def redshift_batch_handler(function: Callable[..., Any], /) -> Handler: ...
@overload
def redshift_batch_handler(
    *, on_error: OnError = ..., nulls: Nulls = ...
) -> Callable[[Callable[..., Any]], Handler]: ...
def redshift_batch_handler(
    function: Callable[..., Any] | None = None, /, *, on_error: OnError = "fail_fast", nulls: Nulls = "return_null"
) -> Handler | Callable[[Callable[..., Any]], Handler]:
    """Columns at a time: the function gets a list per argument and returns a sequence (or a NumPy array) as long.

    A function without arguments gets the number of rows instead. A RowError in the result is the error of the row at
    its place, and is treated by on_error as in redshift_handler; anything raised fails the whole batch. With
    nulls="return_null" rows with a NULL argument are taken out before the call and put back as NULL.
    """
    return _decorate(function, by_columns=True, on_error=on_error, nulls=nulls)


def _decorate(
    function: Callable[..., Any] | None, *, by_columns: bool, on_error: OnError, nulls: Nulls
) -> Handler | Callable[[Callable[..., Any]], Handler]:
    if on_error not in _ON_ERROR:
        raise ValueError(f"on_error={on_error!r} is not known: write one of {', '.join(_ON_ERROR)}")
    if nulls not in _NULLS:
        raise ValueError(f"nulls={nulls!r} is not known: write one of {', '.join(_NULLS)}")

    def wrap(inner: Callable[..., Any]) -> Handler:
        return Handler(inner, by_columns=by_columns, on_error=on_error, nulls=nulls)

    return wrap if function is None else wrap(function)
