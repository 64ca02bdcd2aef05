"""`builder check`: whether this machine and these settings can deploy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from builder.commands._options import configuration, output_format, pass_app, place
from builder.core.deploy import findings, permissions

if TYPE_CHECKING:
    from builder.app import App
    from builder.core.config.settings import Settings
    from builder.core.deploy.findings import Finding

_TITLES = {
    "deployer": "The person or the pipeline that deploys",
    "execution_role": "The role that the Lambda functions run as",
    "invoke_role": "The role that Redshift calls them with",
}


@click.command("check", short_help="Whether this machine and these settings can deploy.")
@click.option("--print-policy", is_flag=True, help="Print least-privilege policy documents, and look at nothing.")
@click.option("--account", metavar="ID", help="The account to write the policies for (default: any).")
@place
@configuration
@output_format
@pass_app
def command(app: App, *, print_policy: bool, account: str | None) -> int:
    """Look at the engine, the credentials and their permissions, the registry, the Region and Redshift.

    Changes nothing. Every line is ok, failed or skipped; the exit code is that of the first failure's class.
    """
    settings = app.settings
    if print_policy:
        _print_policies(app, settings, account)
        return 0
    found = _look(app)
    if app.console.format == "json":
        app.console.json(findings.data(found))
    else:
        app.console.text(findings.text(found))
    return findings.exit_code(found)


def _look(app: App) -> list[Finding]:
    from builder.adapters import (  # noqa: PLC0415  slow: not for --print-policy
        check_aws,
        check_chain,
        check_host,
        check_warehouse,
    )

    settings = app.settings
    found = [check_host.engine()]
    aws, made = check_aws.session(lambda: app.aws)
    identity = None
    if aws is None:
        found.append(made)
    else:
        identity, said = check_aws.credentials(aws)
        found.append(said)
    if aws is None or identity is None:
        found += [findings.skipped(topic, "needs credentials") for topic in ("permissions", "registry")]
    else:
        found += [*check_aws.permitted(aws, settings, identity), check_aws.registry(aws, settings)]
        found += check_chain.links(aws, settings, identity)
    place = aws.region if aws else settings.aws.region
    found.append(
        findings.region(settings.warehouse, place, identity)
        if place
        else findings.skipped("region", "no Region is set")
    )
    return [*found, *check_warehouse.warehouse(settings, lambda: app.aws, known=aws is not None)]


def _print_policies(app: App, settings: Settings, account: str | None) -> None:
    documents = permissions.documents(settings, permissions.place(settings, account))
    if app.console.format == "json":
        app.console.json(documents)
        return
    texts = []
    for whom, parts in documents.items():
        for part, document in parts.items():
            texts.append(f"# {_TITLES[whom]}: {part}\n{json.dumps(document, indent=2)}")
    app.console.text("\n\n".join(texts))
