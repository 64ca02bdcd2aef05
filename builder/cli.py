"""The command `builder`: one verb a file in builder/commands. The only catch and the only exit are here."""

from __future__ import annotations

import importlib
import keyword
import os
import pkgutil
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import click

import builder.commands
from builder import __version__
from builder.app import App
from builder.console import Console
from builder.errors import BuilderError


class Verbs(click.Group):
    """Loads a command's file when it is called: `builder --help` is not slowed by boto3 or DuckDB."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        found = (module.name for module in pkgutil.iter_modules(builder.commands.__path__))
        # A verb that is a word of Python's has a file with a trailing underscore: import_.py.
        return sorted(name.rstrip("_").replace("_", "-") for name in found if not name.startswith("_"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        file = cmd_name.replace("-", "_")
        module = importlib.import_module(f"builder.commands.{file}{'_' * keyword.iskeyword(file)}")
        command: click.Command = module.command
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="builder")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that holds functions/, .env and .builder/ (default: this one).",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder of locks, receipts and the local cloud (default: PROJECT/.builder).",
)
@click.pass_context
def cli(ctx: click.Context, project: Path, state: Path | None) -> None:
    """Python functions for Amazon Redshift: one container image per module, deployed as Lambda functions."""
    project = project.resolve()
    state = state.resolve() if state else project / ".builder"
    ctx.obj = App(console=Console(), project=project, state=state, environ=dict(os.environ))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one command line."""
    console = Console()
    try:
        result: Any = cli.main(arguments, prog_name="builder", standalone_mode=False)
    except BuilderError as error:
        console.error(error)
        return error.exit_code
    except OSError as error:
        if error.filename is None:  # not about a file: a fault of ours, whose place the traceback tells
            raise
        console.error(
            BuilderError(f"{error.strerror}", where=str(error.filename), hint="check its rights and the disk")
        )
        return BuilderError.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        console.line("stopped")
        return 130
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())
