"""Published versions of a Lambda function, the alias that points at one of them, and the question whether it works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters.function_states import not_arrived
from builder.adapters.invocation import invoke
from builder.core.calls.call import unwrap
from builder.errors import InvokeError

if TYPE_CHECKING:
    from builder.adapters.aws import Aws

# What the runtime of every image answers by importing all of its functions (gateway.dispatch).
QUESTION = json.dumps({"gateway": "check"}).encode()
_ABSENT = ("ResourceNotFoundException",)
_SECONDS = 600
_POLL = {"Delay": 1, "MaxAttempts": _SECONDS}


class Versions(Protocol):
    """Versions and aliases, as far as we need them. Every method raises AwsError."""

    def publish(self, name: str) -> str:
        """A version of the function as it is now, ready to be called. The newest one again where nothing changed."""

    def ask(self, name: str, version: str = "") -> None:
        """Whether all functions of the image can be imported there. Raises InvokeError where they cannot."""

    def point(self, name: str, alias: str, version: str) -> None:
        """Makes the alias, or moves it."""

    def prune(self, name: str, *, keep: int, alias: str) -> None:
        """Deletes all but the newest `keep` versions; never the one that the alias points at."""


class LambdaVersions:
    """Versions through boto3."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def publish(self, name: str) -> str:
        # "Lambda doesn't publish a version if the function's configuration and code haven't changed since the last
        # version" (PublishVersion): asking again after a lost answer makes no second one.
        version = str(self._call("publish_version", name)["Version"])
        self._wait(name, version)
        return version

    def ask(self, name: str, version: str = "") -> None:
        about = f"{name}:{version}" if version else name
        try:
            answer = json.loads(unwrap(invoke(self._aws, name, QUESTION, version=version), where=about))
        except InvokeError as error:
            raise unfit(about, error.problems[0].what) from error
        except ValueError as error:
            raise unfit(about, "its answer is not JSON") from error
        if not isinstance(answer, dict) or answer.get("success") is not True:
            said = answer.get("error_msg") if isinstance(answer, dict) else answer
            raise unfit(about, str(said))

    def point(self, name: str, alias: str, version: str) -> None:
        moved = self._call("update_alias", name, absent=_ABSENT, Name=alias, FunctionVersion=version)
        if moved is None:
            self._call("create_alias", name, Name=alias, FunctionVersion=version)

    def prune(self, name: str, *, keep: int, alias: str) -> None:
        published = self._published(name)
        if len(published) <= keep:
            return
        pointed = self._call("get_alias", name, absent=_ABSENT, Name=alias)
        serving = pointed["FunctionVersion"] if pointed else ""
        for version in published[:-keep]:
            if str(version) != serving:
                self._call("delete_function", name, absent=_ABSENT, Qualifier=str(version))

    def _published(self, name: str) -> list[int]:
        """All versions, the oldest first. Version numbers only grow, and are never given twice."""
        found: list[int] = []
        marker: dict[str, Any] = {}
        while True:
            page = self._call("list_versions_by_function", name, **marker)
            found += [int(each["Version"]) for each in page["Versions"] if each["Version"].isdecimal()]
            if not page.get("NextMarker"):
                return sorted(found)
            marker = {"Marker": page["NextMarker"]}

    def _wait(self, name: str, version: str) -> None:
        """A version with SnapStart is Pending until its snapshot is made."""
        from botocore.exceptions import WaiterError  # noqa: PLC0415  with boto3: only when AWS is asked

        from builder.adapters import aws_errors  # noqa: PLC0415  see above

        about = f"Lambda function {name}:{version}"
        with aws_errors.reported("function_active_v2", about):
            waiter = self._aws.client("lambda").get_waiter("function_active_v2")
            try:
                waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig=_POLL)
            except WaiterError as error:
                raise not_arrived(about, error.last_response, seconds=_SECONDS) from error

    def _call(self, operation: str, name: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        about = f"Lambda function {name}"
        return self._aws.call("lambda", operation, about=about, absent=absent, FunctionName=name, **parameters)


def unfit(about: str, said: str) -> InvokeError:
    """The new code was asked and did not answer well: nothing was moved to it."""
    hint = "neither the alias nor SQL was moved to it: mend it, then builder build, push and deploy"
    return InvokeError(f"the new code does not work: {said}", where=about, hint=hint)
