"""MERGE ... REMOVE DUPLICATES: rows of the target that match one of the source give way to the source's rows.

Redshift, "MERGE", simplified mode: of several rows that match the same source row one is kept and updated; rows that
match none stay as they are, duplicates too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from builder.local.sql import dialect
from builder.local.sql.tokens import Source, split
from builder.local.sqlstate import SqlError, syntax


@dataclass(frozen=True, kw_only=True)
class MergeRows:
    """`condition` compares the two tables' columns."""

    target: exp.Table
    source: exp.Table
    condition: exp.Expr

    @property
    def matched(self) -> exp.Delete:
        """Takes out what the source has anew."""
        return exp.Delete(
            this=self.target.copy(), using=[self.source.copy()], where=exp.Where(this=self.condition.copy())
        )

    @property
    def anew(self) -> exp.Insert:
        return exp.Insert(this=self._plain(self.target), expression=self.rows(self.source))

    def rows(self, table: exp.Table) -> exp.Select:
        """All of one of the two tables."""
        return exp.Select(expressions=[exp.Star()]).from_(self._plain(table))

    def _plain(self, table: exp.Table) -> exp.Table:
        made = table.copy()
        made.set("alias", None)
        return made


def parse_merge(source: Source) -> MergeRows | None:
    """MERGE INTO target USING source [[AS] alias] ON condition REMOVE DUPLICATES; None for the other form."""
    if tuple(token.text.upper() for token in source.tokens[-2:]) != ("REMOVE", "DUPLICATES"):
        return None
    # sqlglot wants a WHEN: one stands in for the two words, and there may be no other.
    at = source.tokens[-2].start
    tree = dialect.parse(split(f"{source.sql[:at]}WHEN MATCHED THEN DELETE")[-1])
    if not isinstance(tree, exp.Merge) or len(list(tree.find_all(exp.When))) != 1:
        raise syntax('syntax error at or near "REMOVE"', position=at + 1)
    if not isinstance(tree.args["using"], exp.Table):
        raise SqlError("0A000", "the source of MERGE with REMOVE DUPLICATES must be a table, not a subquery")
    return MergeRows(target=tree.this, source=tree.args["using"], condition=tree.args["on"])
