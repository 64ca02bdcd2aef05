"""The type of passwords and keys."""

from __future__ import annotations

from typing import Any, NoReturn


class Secret:
    """A text that prints as `***`. `reveal()` gives the text, at the call that needs it and nowhere else.

    Not a str: json.dumps, str.join and C code would take a str subclass's text past every method defined here.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self  # dataclasses.asdict copies what it finds

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
