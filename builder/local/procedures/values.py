"""Values of variables: texts with a type, as SQL and as DuckDB's SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine.duck import literal as duck_literal
from builder.names import quote_literal

if TYPE_CHECKING:
    from builder.local.sql import types


@dataclass(frozen=True)
class Value:
    """As the wire would have it: text, or None for NULL."""

    text: str | None
    type: types.Type

    @property
    def sql(self) -> str:
        """An expression that gives it."""
        name = self.type.name
        if self.text is None:
            return f"CAST(NULL AS {self.type})"
        if name == "super":
            return f"JSON_PARSE({quote_literal(self.text)})"
        if name == "binary varying":
            return f"TO_VARBYTE({quote_literal(self.text)}, 'hex')"
        plain = str(self.type) if name == "numeric" else name
        return f"CAST({quote_literal(self.text)} AS {plain})"

    @property
    def cast(self) -> str:
        """The same in DuckDB's SQL."""
        name, literal = self.type.name, duck_literal(self.text or "")
        if self.text is None:
            return f"CAST(NULL AS {self.type.duck})"
        if name == "geometry":
            return f"_rs.st_geomfromhexewkb({literal})"
        return f"unhex({literal})" if name == "binary varying" else f"CAST({literal} AS {self.type.duck})"


@dataclass
class Variable:
    """`type` None: a RECORD, whose fields come with what it is given."""

    type: types.Type | None
    value: Value | dict[str, Value]
    constant: bool = False
    not_null: bool = False
