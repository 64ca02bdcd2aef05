"""Statements told apart by their first words, and read into values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.copying.grammar import parse_copy, parse_unload
from builder.local.engine.authority import Authorization, parse_authorization
from builder.local.engine.listings import parse_listing
from builder.local.engine.statements import Begin, Commit, Explain, Nothing, Query, Rollback
from builder.local.engine.variables import parse_set, parse_show
from builder.local.objects.accounts import parse_account, parse_drop_account
from builder.local.objects.alter import AlterColumns, parse_alter
from builder.local.objects.comments import parse_comment
from builder.local.objects.copy_stream import is_stream, parse_copy_stream
from builder.local.objects.cursors import parse_close, parse_declare, parse_fetch, parse_lock
from builder.local.objects.functions import parse_create, parse_drop
from builder.local.objects.materialized import parse_create_materialized, parse_drop_materialized, parse_refresh
from builder.local.objects.merge import MergeRows, parse_merge
from builder.local.objects.owners import AlterOwner, is_owner, parse_owner
from builder.local.objects.prepared import parse_deallocate, parse_execute, parse_prepare
from builder.local.objects.privileges import parse_default_privileges, parse_grant
from builder.local.objects.schemas import parse_create_schema, parse_create_view, parse_drop_object
from builder.local.objects.tables import CreateTable, parse_create_table, parse_select_into
from builder.local.procedures.grammar import parse_call, parse_create_procedure, parse_drop_procedure
from builder.local.sql import dialect
from builder.local.sql.tokens import Source
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.engine.statements import Statement


_QUERIES = frozenset({"SELECT", "WITH", "VALUES", "(", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "ALTER", "MERGE"})

# Redshift's other commands ("SQL commands"), and PostgreSQL's that clients send of habit.
_REFUSED = frozenset(
    {"CREATE", "DROP", "ALTER", "COPY", "CANCEL", "USE", "ATTACH", "DETACH", "DESC", "DESCRIBE", "LOAD"}
    | {
        "CHECKPOINT",
        "CLUSTER",
        "DISCARD",
        "DO",
        "IMPORT",
        "EXPORT",
        "INSTALL",
        "LISTEN",
        "NOTIFY",
        "UNLISTEN",
        "PRAGMA",
    }
    | {"REINDEX", "REASSIGN", "SECURITY", "SUMMARIZE", "TABLE"}
)


def read(source: Source) -> Statement:
    """Raises SqlError 42601 for wrong grammar, 0A000 for a statement that is not supported."""
    words = source.words(5)
    for prefix, reader in _READERS:
        if words[: len(prefix)] == prefix:
            return reader(source)
    if words[0] in _QUERIES:
        return _query(source)
    if words[0] == "CREATE":
        return _create(source, words)
    if words[0] not in _REFUSED:
        raise syntax(f'syntax error at or near "{source.tokens[0].text}"', position=source.tokens[0].start + 1)
    raise unsupported(" ".join(words[:2] if words[0] in {"DROP", "CREATE"} else words[:1]))


def _query(source: Source) -> Query | CreateTable | AlterColumns | AlterOwner | MergeRows:
    if is_owner(source):
        return parse_owner(source)
    merged = parse_merge(source) if source.words(1) == ("MERGE",) else None
    if merged is not None:
        return merged
    altered = parse_alter(source) if source.words(1) == ("ALTER",) else None
    if altered is not None:
        return altered
    tree = dialect.parse(source)
    if isinstance(tree, exp.Select) and tree.args.get("into") is not None:
        return parse_select_into(source)
    if isinstance(tree, exp.Alter) and str(tree.args.get("kind")).upper() != "TABLE":
        raise unsupported(" ".join(source.words(2)))
    verbs = {"WITH": "SELECT", "VALUES": "SELECT", "(": "SELECT", "ALTER": "ALTER TABLE", "TRUNCATE": "TRUNCATE TABLE"}
    word = source.words(1)[0]
    return Query(tree=tree, verb=verbs.get(word, word))


def _create(source: Source, words: tuple[str, ...]) -> Statement:
    rest = tuple(word for word in words[1:] if word not in {"OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL"})
    if not rest:
        raise syntax("syntax error at end of input", position=source.tokens[-1].end + 2)
    if rest[0] == "EXTERNAL" and rest[1:2] != ("FUNCTION",):
        raise unsupported(" ".join(words[:3]))
    readers: dict[str, Callable[[Source], Statement]] = {
        "EXTERNAL": parse_create,
        "FUNCTION": parse_create,
        "MATERIALIZED": parse_create_materialized,
        "PROCEDURE": parse_create_procedure,
        "SCHEMA": parse_create_schema,
        "TABLE": parse_create_table,
        "VIEW": parse_create_view,
    }
    if rest[0] not in readers:
        raise unsupported(" ".join(("CREATE", *rest[:1])))
    return readers[rest[0]](source)


def _explain(source: Source) -> Explain:
    """EXPLAIN [VERBOSE] of a query or of a statement that changes rows."""
    rest = source.tokens[2 if source.words(2) == ("EXPLAIN", "VERBOSE") else 1 :]
    statement = read(Source(sql=source.sql, tokens=rest)) if rest else None
    if not isinstance(statement, Query):
        raise unsupported("EXPLAIN of this statement")
    return Explain(tree=statement.tree)


def _word(made: Statement) -> Callable[[Source], Statement]:
    return lambda _source: made


def _copy(source: Source) -> Statement:
    return parse_copy_stream(source) if is_stream(source) else parse_copy(source)


def _show(source: Source) -> Statement:
    return parse_listing(source) or parse_show(source)


def _savepoint(source: Source) -> Statement:
    """Redshift has none: its words, as https://github.com/olirice/alembic_utils/issues/123 quotes them."""
    raise SqlError("0A000", f'SQL command "{source.text}" not supported.')


_READERS: tuple[tuple[tuple[str, ...], Callable[[Source], Statement]], ...] = (
    (("BEGIN",), _word(Begin())),
    (("START", "TRANSACTION"), _word(Begin())),
    (("COMMIT",), _word(Commit())),
    (("END",), _word(Commit())),
    (("SAVEPOINT",), _savepoint),
    (("RELEASE",), _savepoint),
    (("ROLLBACK", "TO"), _savepoint),
    (("ROLLBACK",), _word(Rollback())),
    (("DECLARE",), parse_declare),
    (("FETCH",), parse_fetch),
    (("CLOSE",), parse_close),
    (("LOCK",), parse_lock),
    (("PREPARE",), parse_prepare),
    (("EXECUTE",), parse_execute),
    (("DEALLOCATE",), parse_deallocate),
    (("ABORT",), _word(Rollback())),
    (("ANALYZE",), _word(Nothing(tag="ANALYZE"))),
    (("VACUUM",), _word(Nothing(tag="VACUUM"))),
    (("CALL",), parse_call),
    (("COPY",), _copy),
    (("COMMENT",), parse_comment),
    (("UNLOAD",), parse_unload),
    (("EXPLAIN",), _explain),
    (("REFRESH",), parse_refresh),
    (("DROP", "MATERIALIZED"), parse_drop_materialized),
    (("DROP", "PROCEDURE"), parse_drop_procedure),
    (("DROP", "FUNCTION"), parse_drop),
    (("DROP", "TABLE"), parse_drop_object),
    (("DROP", "VIEW"), parse_drop_object),
    (("DROP", "SCHEMA"), parse_drop_object),
    (("GRANT",), parse_grant),
    (("REVOKE",), parse_grant),
    (("ALTER", "DEFAULT", "PRIVILEGES"), parse_default_privileges),
    *((("ALTER", kind), parse_owner) for kind in ("SCHEMA", "FUNCTION", "PROCEDURE")),
    *(((verb, kind), parse_account) for verb in ("CREATE", "ALTER") for kind in ("USER", "GROUP", "ROLE")),
    *((("DROP", kind), parse_drop_account) for kind in ("USER", "GROUP", "ROLE")),
    (("SET", "SESSION", "AUTHORIZATION"), parse_authorization),
    (("SET", "SESSION", "SESSION", "AUTHORIZATION"), parse_authorization),
    (("SET", "LOCAL", "SESSION", "AUTHORIZATION"), parse_authorization),
    (("SET",), parse_set),
    (("RESET", "SESSION", "AUTHORIZATION"), _word(Authorization())),
    (("RESET",), parse_set),
    (("SHOW",), _show),
)
