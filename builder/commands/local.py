"""`builder local`: the cloud on this machine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from builder.adapters import receipts, releases
from builder.commands._options import output_format, pass_app
from builder.local.cloud import record, stack

if TYPE_CHECKING:
    from builder.app import App
    from builder.local.cloud.record import Stack

# The emulator's account; no account of AWS has this number.
ACCOUNT = "000000000000"


@click.group("local")
def command() -> None:
    """An AWS emulator and a Redshift endpoint on this machine, without an account."""


@command.command("up")
@click.option("--ephemeral", is_flag=True, help="Keep the data in a temporary folder.")
@click.option("--aws-port", type=click.IntRange(0, 65535), help="AWS's port (default 4566; 0: a free one).")
@click.option("--redshift-port", type=click.IntRange(0, 65535), help="Redshift's port (default 5439; 0: a free one).")
@output_format
@pass_app
def up(app: App, *, ephemeral: bool, aws_port: int | None, redshift_port: int | None) -> None:
    """Start both, and show what runs and how to connect; eval "$(builder local up)" sets the environment."""
    wish = stack.Wish(
        folder=app.state / "local",
        environ=app.environ,
        ephemeral=ephemeral,
        aws_port=aws_port,
        redshift_port=redshift_port,
    )
    with app.console.stage("local up") as stage:
        said: list[str] = []
        found = stack.up(wish, said.append)
        stage.note = ", ".join(said)
    if app.console.format == "json":
        app.console.json({"environment": found.environment, "parts": _parts(found)})
        return
    app.console.line(_what(found) + _how(found))
    if not app.console.out.is_terminal:
        _export(app, found)


def _export(app: App, found: Stack) -> None:
    """For a shell's eval, which reads standard output; people read standard error."""
    # A profile or a session token of another account would win over the keys.
    app.console.out.out("unset AWS_PROFILE AWS_SESSION_TOKEN", highlight=False)
    for name, value in found.environment.items():
        app.console.out.out(f"export {name}={shlex.quote(value)}", highlight=False)


@command.command("down")
@pass_app
def down(app: App) -> None:
    """Stop both, remove the containers that they left, and all data."""
    if not stack.down(app.state / "local", app.console.line):
        app.console.line("no local cloud is there")
        return
    # What was deployed there is gone with it; a receipt that says otherwise would keep the next removal from its work.
    receipts.forget(app.state, ACCOUNT)
    releases.forget(app.state, ACCOUNT)


@command.command("status")
@output_format
@pass_app
def status(app: App) -> None:
    """What runs, since when, and how to connect."""
    found = record.read(app.state / "local")
    if app.console.format == "json":
        environment = found.environment if found else {}
        app.console.json({"parts": _parts(found) if found else [], "environment": environment})
        return
    if found is None:
        app.console.text("no local cloud is there: `builder local up` starts one")
        return
    rows = [tuple(part.values()) for part in _parts(found)]
    app.console.rows(("part", "state", "port", "pid", "since", "log"), rows)
    if all(part.alive for part in found.running):
        app.console.text(_how(found))
    else:
        app.console.text("`builder local up` starts what does not run")


def _parts(found: Stack) -> list[dict[str, str | int]]:
    return [
        {
            "part": part.title,
            "state": "running" if part.alive else "stopped",
            "port": part.port,
            "pid": part.handle.pid,
            "since": part.since,
            "log": part.log,
        }
        for part in found.running
    ]


def _what(found: Stack) -> str:
    lines = [f"{part.title:<18}port {part.port:<7}pid {part.handle.pid:<9}log {part.log}\n" for part in found.running]
    data = f"{'data':<18}{found.data}, until `builder local down`\n"
    return "".join([*lines, data])


def _how(found: Stack) -> str:
    at = found.environment
    host, port, name, user = (at[key] for key in ("RS_HOST", "RS_PORT", "RS_DATABASE", "RS_USER"))
    return f"""
the environment   eval "$(builder local up)", or the file {found.folder / "env"}
psql              PGPASSWORD={at["RS_PASSWORD"]} psql -h {host} -p {port} -U {user} {name}
BI tool (JDBC)    jdbc:redshift://{host}:{port}/{name}?ssl=false  or  jdbc:postgresql://{host}:{port}/{name},
                      user {user}, password {at["RS_PASSWORD"]}
BI tool (ODBC)    Driver={{Amazon Redshift ODBC Driver (x64)}};Server={host};Port={port};Database={name};UID={user};
                      PWD={at["RS_PASSWORD"]};SSLMode=disable
TLS               sslmode=verify-full, with {found.data / "server.crt"} as root certificate
Python            redshift_connector.connect(host="{host}", port={port}, database="{name}", user="{user}",
                                             password="{at["RS_PASSWORD"]}", ssl=False)
Data API          aws --endpoint-url {at["AWS_ENDPOINT_URL_REDSHIFT_DATA"]} redshift-data execute-statement
                      --cluster-identifier local --database {name} --sql "SELECT 1"
AWS               aws --endpoint-url {at["AWS_ENDPOINT_URL"]} lambda list-functions"""
