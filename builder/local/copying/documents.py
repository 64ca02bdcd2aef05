"""Files of JSON, as COPY reads them: objects one behind the other; one field per column, by name or by a path."""

from __future__ import annotations

import codecs
import json
import re
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from builder.local.copying.records import Record
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PIECE = 1 << 20
_STEP = re.compile(r"\.([^.\[\]]+)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")
_MISSING = object()


def documents(data: IO[bytes], pick: Callable[[Any], Sequence[Any]]) -> Iterator[Record]:
    """A record per object. Raises nothing for a broken file: its last record says so."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    text, line, decode, ended = "", 1, codecs.getincrementaldecoder("utf-8")(errors="replace").decode, False
    while True:
        rest = text.lstrip()
        line += text[: len(text) - len(rest)].count("\n")
        text = rest
        try:
            value, end = decoder.raw_decode(text)
        except json.JSONDecodeError as error:
            if not ended:
                piece = data.read(PIECE)
                ended = not piece
                text += decode(piece, ended)
                continue
            if text:
                yield Record(line=line, raw=text[:1024], error=(1216, f"Invalid JSONPath format or JSON: {error.msg}"))
            return
        # A number at the end of what was read may go on behind it.
        raw = text[:end]
        if isinstance(value, dict):
            yield Record(line=line, raw=raw[:1024], values=tuple(map(_text, pick(value))))
        else:
            yield Record(line=line, raw=raw[:1024], error=(1216, "Invalid value: an object is needed."))
        line += raw.count("\n")
        text = text[end:]


def by_name(columns: Sequence[str], *, ignore_case: bool) -> Callable[[Any], list[Any]]:
    """JSON 'auto': a column gets the value of its name's key, which is in lower case unless case is ignored."""

    def pick(value: dict[str, Any]) -> list[Any]:
        known = {key.lower(): each for key, each in value.items()} if ignore_case else value
        return [known.get(name) for name in columns]

    return pick


def whole(value: Any) -> list[Any]:
    """JSON 'noshred': the object itself, for one SUPER column."""
    return [value]


def by_path(text: str) -> Callable[[Any], list[Any]]:
    """A JSONPaths file: `{"jsonpaths": ["$.a", "$['b'][0]", ...]}`, a path for each column."""
    try:
        paths = json.loads(text)["jsonpaths"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise SqlError("XX000", "Invalid JSONPath format: a jsonpaths object is needed") from None
    steps = [_steps(path) for path in paths]
    return lambda value: [_walk(value, each) for each in steps]


def _steps(path: str) -> list[str | int]:
    found = list(_STEP.finditer(path))
    if not path.startswith("$") or "".join(each[0] for each in found) != path[1:]:
        raise SqlError(
            "XX000", f"Invalid JSONPath format. Supported notations are 'dot-notation' and 'bracket-notation': {path}"
        )
    return [
        int(each[4]) if each[4] is not None else next(part for part in each.groups()[:3] if part is not None)
        for each in found
    ]


def _walk(value: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else _MISSING
        else:
            value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    return None if value is _MISSING else value


def _text(value: Any) -> str | None:
    """A value as the text that a column is filled from."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return (
        str(value)
        if isinstance(value, (int, Decimal))
        else json.dumps(value, default=float, separators=(",", ":"), ensure_ascii=False)
    )
