"""What `builder check` found: lines that are ok, failed or skipped, each with what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from builder.core.config.roads import ENDPOINT, DataApi
from builder.errors import BuilderError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.core.config.roads import Road
    from builder.core.deploy.observed import Identity

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. `exit_code` is that of the error's class; 0 where nothing failed."""

    topic: str
    state: State
    what: str
    hint: str = ""
    exit_code: int = 0


def ok(topic: str, what: str) -> Finding:
    return Finding(topic=topic, state="ok", what=what)


def skipped(topic: str, what: str, hint: str = "") -> Finding:
    return Finding(topic=topic, state="skipped", what=what, hint=hint)


def failed(topic: str, error: BuilderError) -> Finding:
    """A finding for an error: all of its problems in one line, what to do in the next."""
    problems = error.problems
    return Finding(
        topic=topic,
        state="failed",
        what="; ".join(f"{each.where}: {each.what}" if each.where else each.what for each in problems),
        hint="; ".join(dict.fromkeys(each.hint for each in problems if each.hint)),
        exit_code=error.exit_code,
    )


def exit_code(found: Iterable[Finding]) -> int:
    """The code of the first that failed; 0 where none did."""
    return next((each.exit_code for each in found if each.state == "failed"), 0)


def text(found: Iterable[Finding]) -> str:
    """For people: a line each, what to do under it."""
    lines = []
    for each in found:
        lines.append(f"{each.state:<8} {each.topic:<24} {each.what}")
        if each.hint:
            lines.append(f"{'':<33} {each.hint}")
    return "\n".join(lines)


def data(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(each) for each in found]


def region(road: Road | None, wanted: str, identity: Identity | None) -> Finding:
    """Whether Redshift is where the Lambdas go: an external function looks for a bare name in Redshift's own Region."""
    if road is None:
        return skipped("region", "no Redshift is configured")
    if isinstance(road, DataApi):
        return ok("region", f"the Data API of {wanted} knows only what is in {wanted}, as the Lambda functions are")
    endpoint = ENDPOINT.fullmatch(road.host.lower())
    if endpoint is None:
        return skipped("region", f"{road.host} does not tell its Region")
    if endpoint["region"] != wanted:
        what = f"Redshift is in {endpoint['region']}, the Lambda functions would be in {wanted}"
        return failed("region", SettingsError(what, hint=f"set AWS_REGION={endpoint['region']}"))
    # Only a workgroup's endpoint names its account; a cluster's has letters there.
    owner = endpoint["owner"]
    if endpoint["kind"] == "redshift-serverless" and identity is not None and owner != identity.account:
        what = f"Redshift is of account {owner}, the Lambda functions would be of {identity.account}"
        return failed("region", SettingsError(what, hint=f"use credentials of account {owner}"))
    return ok("region", f"Redshift and the Lambda functions are in {wanted}")
