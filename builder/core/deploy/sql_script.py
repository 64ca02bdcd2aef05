"""The SQL of a deploy or a removal as a script, for people who run it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.deploy import desired
from builder.core.deploy.chain import NOBODY
from builder.core.deploy.desired import ordered
from builder.core.deploy.observed import Identity
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from builder.core.config.settings import Settings
    from builder.model import Module, Statement


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """What runs together: one module's statements, or the schema's (`module` is "")."""

    module: str
    statements: tuple[Statement, ...]


def refuse(modules: Iterable[Module], settings: Settings) -> None:
    """Raises CatalogError for SQL that could not be written, with every function's problems, or for a circle of calls.

    Where there are none, whatever `creations` renders is well formed: to render it would take three times as long.
    """
    each_module = tuple(modules)
    _refuse((module, targets(module, settings)) for module in each_module)
    for module in each_module:
        ordered(module.functions)


def _refuse(all_targets: Iterable[tuple[Module, Mapping[str, sql.Target]]]) -> None:
    sql.refuse((each, at[each.name]) for module, at in all_targets for each in module.functions)


def creations(modules: Iterable[Module], settings: Settings) -> tuple[Transaction, ...]:
    """The schema, then each module's functions, callees first. Raises CatalogError with every function's problems."""
    all_targets = [(module, targets(module, settings)) for module in modules]
    _refuse(all_targets)
    schema = Transaction(module="", statements=(sql.create_schema(settings.schema),))
    return schema, *(
        Transaction(
            module=module.name,
            statements=tuple(
                each for function in ordered(module.functions) for each in sql.checked(function, at[function.name])
            ),
        )
        for module, at in all_targets
    )


def removals(modules: Iterable[Module], settings: Settings) -> tuple[Transaction, ...]:
    """Each module's functions, callers first. The schema stays: it may hold more than is ours."""
    return tuple(
        Transaction(
            module=module.name,
            statements=tuple(
                each
                for function in reversed(ordered(module.functions))
                for each in sql.drop(function, schema=settings.schema)
            ),
        )
        for module in modules
    )


def targets(module: Module, settings: Settings) -> dict[str, sql.Target]:
    """Where a deploy would put the module's functions; without a role of our own, the account is NOBODY's."""
    return desired.targets(
        desired.Scope(module=module, names=()), settings, Identity(account=NOBODY, region=settings.aws.region or "")
    )


def script(transactions: Iterable[Transaction], settings: Settings) -> str:
    """A text for any SQL client, with what was assumed as comments."""
    texts = [_text(each) for each in transactions]
    return "\n\n".join([_heading(settings, assumed=any(f":{NOBODY}:" in text for text in texts)), *texts])


def _heading(settings: Settings, *, assumed: bool) -> str:
    called = f"{settings.lambda_prefix}<{settings.lambda_mode}>"
    lines = [f"-- Schema {settings.schema}. The Lambda functions are {called}, in Redshift's account and Region."]
    if assumed:
        lines.append(f"-- Assumed: account {NOBODY} in the role's ARN. Set RS_LAMBDA_INVOKE_ROLE to the real one.")
    return "\n".join(lines)


def _text(transaction: Transaction) -> str:
    texts = [f"-- {each.subject}\n{each.text};" for each in transaction.statements]
    return "\n\n".join([f"-- Module {transaction.module}\nBEGIN;", *texts, "COMMIT;"] if transaction.module else texts)
