"""EXPLAIN: DuckDB's plan under Redshift's names of operators, with DuckDB's estimates of rows; costs it has none.

Redshift, "EXPLAIN operators" and "Query plan": `XN` operators, indented by `->`, each with its conditions below it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from builder.local.engine import trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from builder.local.engine.backend import Session

HEADING = "QUERY PLAN"
_NAMES = {
    "SEQ_SCAN": "Seq Scan", "TABLE_SCAN": "Seq Scan", "HASH_JOIN": "Hash Join DS_DIST_NONE", "FILTER": "Subquery Scan",
    "NESTED_LOOP_JOIN": "Nested Loop DS_BCAST_INNER", "CROSS_PRODUCT": "Nested Loop DS_BCAST_INNER",
    "BLOCKWISE_NL_JOIN": "Nested Loop DS_BCAST_INNER", "PIECEWISE_MERGE_JOIN": "Merge Join DS_DIST_NONE",
    "HASH_GROUP_BY": "HashAggregate", "PERFECT_HASH_GROUP_BY": "HashAggregate", "UNGROUPED_AGGREGATE": "Aggregate",
    "ORDER_BY": "Merge", "TOP_N": "Limit", "STREAMING_LIMIT": "Limit", "LIMIT": "Limit", "WINDOW": "Window",
    "STREAMING_WINDOW": "Window", "UNION": "Append", "DUMMY_SCAN": "Result", "COLUMN_DATA_SCAN": "Values Scan",
    "EMPTY_RESULT": "Result", "INSERT": "Insert", "UPDATE": "Update", "DELETE": "Delete", "CTE": "CTE Scan",
    "CTE_SCAN": "CTE Scan", "RECURSIVE_CTE": "Recursive Union",
}  # fmt: skip
_SKIPPED = frozenset({"PROJECTION", "RESULT_COLLECTOR", "EXPLAIN"})
_DETAILS = {"Filters": "Filter", "Conditions": "Hash Cond", "Expression": "Filter", "Order By": "Merge Key"}


def lines(session: Session, tree: exp.Expr) -> list[str]:
    """The plan of a statement whose external calls are taken for plain columns: nothing is run."""
    sql = trees.rendered(session, tree)
    ((_, plan),) = session.duck.rows(f"EXPLAIN (FORMAT json) {sql}")
    return [line for node in json.loads(plan) for line in _lines(node, 0)]


def _lines(node: dict[str, Any], depth: int) -> Iterator[str]:
    kind, extra = str(node.get("name", "")).strip(), node.get("extra_info") or {}
    if kind in _SKIPPED:
        for child in node.get("children", []):
            yield from _lines(child, depth)
        return
    name = _NAMES.get(kind, kind.replace("_", " ").title())
    table = str(extra.get("Table", "")).rpartition(".")[2]
    rows = extra.get("Estimated Cardinality", "1")
    arrow = "  " * (2 * depth - 1) + "->  " if depth else ""
    place = f" on {table}" if table else ""
    yield f"{arrow}XN {name}{place}  (rows={rows})"
    for key, label in _DETAILS.items():
        value = extra.get(key)
        if value:
            text = " AND ".join(value) if isinstance(value, list) else str(value)
            yield f"{'  ' * (2 * depth + 2)}{label}: ({text})"
    for child in node.get("children", []):
        yield from _lines(child, depth + 1)
