"""Options that several verbs share, so that they read the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from builder.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

pass_app = click.make_pass_decorator(App)


def _set_format(ctx: click.Context, _parameter: click.Parameter, value: str) -> None:
    ctx.find_object(App).console.format = "json" if value == "json" else "table"  # type: ignore[union-attr]


def _set_flag(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        text = "\n".join(value) if isinstance(value, tuple) else str(value)
        ctx.find_object(App).flags[str(parameter.name)] = text  # type: ignore[union-attr]


def output_format(function: F) -> F:
    """`--format table|json`, set on the app's console."""
    option = click.option(
        "--format",
        type=click.Choice(["table", "json"]),
        default="table",
        expose_value=False,
        callback=_set_format,
        help="For people or for programs.",
    )
    return option(function)


def configuration(function: F) -> F:
    """`--config FILE`, repeatable, and `--env NAME`: which files the settings come from."""
    function = click.option(
        "--config",
        multiple=True,
        metavar="FILE",
        expose_value=False,
        callback=_set_flag,
        help="A YAML file of settings, over configs/base.yaml and configs/<env>.yaml (repeatable).",
    )(function)
    option = click.option(
        "--env",
        metavar="NAME",
        expose_value=False,
        callback=_set_flag,
        help="Read configs/NAME.yaml over configs/base.yaml (default: RS_ENV).",
    )
    return option(function)


def catalogue(function: F) -> F:
    """`--functions-root DIR`, repeatable; later roots override earlier ones. With it `configuration`."""
    option = click.option(
        "--functions-root",
        "functions_roots",
        multiple=True,
        metavar="DIR",
        expose_value=False,
        callback=_set_flag,
        help="A catalogue's folder (repeatable; default: functions).",
    )
    return option(configuration(function))


def suffix(function: F) -> F:
    """`--suffix _next`: a second set of Lambda functions and SQL functions, beside the first."""
    option = click.option(
        "--suffix",
        metavar="_NEXT",
        expose_value=False,
        callback=_set_flag,
        help="A second set beside the first: Lambda functions and schema end in this.",
    )
    return option(function)


def production(function: F) -> F:
    """`--production`: the names that nobody's development has, and no functions in development."""
    option = click.option(
        "--production",
        is_flag=True,
        expose_value=False,
        callback=_set_flag,
        help="Production's names (schema `carto`), without the functions whose status is development.",
    )
    return option(function)


def place(function: F) -> F:
    """`--production` and `--suffix`: the place that a command is about."""
    return production(suffix(function))


def _set_diff(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    ctx.find_object(App).diff = value  # type: ignore[union-attr]


def diff(function: F) -> F:
    """`--diff [REF]`: only what changed. With it `selection`."""
    option = click.option(
        "--diff",
        is_flag=False,
        flag_value="",
        default=None,
        metavar="[REF]",
        expose_value=False,
        callback=_set_diff,
        help="Only what changed since it was last built (list, build, sql, test) or deployed (push, plan, deploy); "
        "with REF, since that commit.",
    )
    return option(selection(function))


def selection(function: F) -> F:
    """`--modules a,b --functions x,y`: passed to the command as two strings."""
    function = click.option("--functions", default="", metavar="X,Y", help="Only these functions.")(function)
    return click.option("--modules", default="", metavar="A,B", help="Only these modules.")(function)
