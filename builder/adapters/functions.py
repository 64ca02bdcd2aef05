"""Lambda functions: read, create, change, wait, delete."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters import aws_errors
from builder.adapters import function_states as states
from builder.adapters.patience import Patience
from builder.core.deploy.plan_options import fields
from builder.core.deploy.policies import INVOKE_STATEMENT
from builder.core.deploy.replaced import ZIP
from builder.errors import AwsError
from builder.model import NO_OPTIONS
from builder.names import LIVE

if TYPE_CHECKING:
    from builder.adapters.aws import Aws
    from builder.core.deploy.actions import CreateFunction, Tag, UpdateFunctionConfiguration
    from builder.core.deploy.observed import FunctionState

_ABSENT = ("ResourceNotFoundException",)
# Seconds between two looks, and how many. A large image takes a minute or two to be optimised on its first arrival.
_SECONDS = 600
_POLL = {"Delay": 1, "MaxAttempts": _SECONDS}


class Functions(Protocol):
    """Lambda, as far as we need it. Every method raises AwsError."""

    def get(self, name: str) -> FunctionState | None:
        """A function with its tags, whom its policy lets in under our statement, and what its alias points at."""

    def names(self, prefix: str) -> tuple[str, ...]:
        """All functions whose name begins with the prefix, sorted."""

    def zips(self, prefix: str) -> tuple[str, ...]:
        """Those of package type Zip among them."""

    def create(self, action: CreateFunction) -> str:
        """Makes it and waits until it is active. Gives the ARN."""

    def configure(self, action: UpdateFunctionConfiguration) -> None:
        """Changes it and waits until the change has arrived."""

    def run_image(self, name: str, image: str, architecture: str) -> None:
        """Changes the image and waits until the change has arrived."""

    def settle(self, name: str) -> None:
        """Waits until a function is active and its last update has ended well."""

    def tag(self, name: str, tags: tuple[Tag, ...], removed: tuple[str, ...] = ()) -> None:
        """Sets tags, and takes those of the names in `removed` away; others stay."""

    def reserve(self, name: str, calls: int | None) -> None:
        """How many calls run at a time, at most; None: as many as the account has left."""

    def provision(self, name: str, alias: str, containers: int) -> None:
        """How many containers are kept ready behind an alias; waits until they are. 0: none."""

    def grant(self, name: str, principal: str) -> None:
        """Lets a role call it, instead of whom our statement let in before."""

    def revoke(self, name: str) -> None:
        """Takes our statement out of the function's policy."""

    def delete(self, name: str) -> None:
        """Deletes it. A function that is not there is no error."""


class LambdaFunctions:
    """Lambda through boto3. `called` is the alias that SQL calls functions by; "" where it calls them by name."""

    def __init__(self, aws: Aws, *, called: str = "", patience: Patience | None = None) -> None:
        self._aws = aws
        # A permission holds for the very name that it was given for: one for the function does not cover its alias
        # (Lambda, "Using resource-based policies").
        self._called: dict[str, Any] = {"Qualifier": called} if called else {}
        self._patience = patience or Patience()

    def get(self, name: str) -> FunctionState | None:
        answer = self._call("get_function", name, absent=_ABSENT)
        if answer is None:
            return None
        live = self._call("get_function", name, absent=_ABSENT, Qualifier=LIVE)
        state = states.read(answer, self._principals(name), live=live)
        called = self._called.get("Qualifier", "")
        return replace(state, provisioned_concurrency=self._provisioned(name, called)) if live and called else state

    def names(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(self._types(prefix)))

    def zips(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, package in self._types(prefix).items() if package == ZIP))

    def _types(self, prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        marker: dict[str, Any] = {}
        while True:
            page = self._aws.call("lambda", "list_functions", about="the Lambda functions", **marker)
            named = ((each["FunctionName"], each.get("PackageType", ZIP)) for each in page["Functions"])
            found.update((name, package) for name, package in named if name.startswith(prefix))
            if not page.get("NextMarker"):
                return found
            marker = {"Marker": page["NextMarker"]}

    def create(self, action: CreateFunction) -> str:
        self._patience.until(lambda: self._create(action), transient=lambda error: self._may_pass(error, action.name))
        self.settle(action.name)
        return str(self._call("get_function", action.name)["Configuration"]["FunctionArn"])

    def _create(self, action: CreateFunction) -> None:
        try:
            self._call(
                "create_function",
                action.name,
                Role=action.role,
                PackageType="Image",
                Code={"ImageUri": action.image},
                Architectures=[action.architecture],
                MemorySize=action.memory_size,
                Timeout=action.timeout,
                Description=f"SQL functions of {action.module}",
                Tags=_pairs(action.tags),
                **states.request(
                    action.options, [field for field, _, new in fields(action.options, NO_OPTIONS) if new]
                ),
            )
        except AwsError as error:
            # Conflict with itself: an answer was lost on its way here, and botocore asked again.
            standing = self.get(action.name) if _is_conflict(error) else None
            if standing is None or standing.image != action.image:
                raise

    def _may_pass(self, error: Exception, name: str) -> bool:
        """A role that Lambda cannot assume yet, or a function of the same name that is on its way out."""
        return _not_yet_assumable(error) or (_is_conflict(error) and self.get(name) is None)

    def configure(self, action: UpdateFunctionConfiguration) -> None:
        def call() -> Any:
            return self._call(
                "update_function_configuration",
                action.name,
                Role=action.role,
                MemorySize=action.memory_size,
                Timeout=action.timeout,
                **states.request(action.options, [change.field for change in action.changes]),
            )

        self._patience.until(call, transient=_not_yet_assumable)
        self.settle(action.name)

    def run_image(self, name: str, image: str, architecture: str) -> None:
        self._call("update_function_code", name, ImageUri=image, Architectures=[architecture])
        self.settle(name)

    def settle(self, name: str) -> None:
        for waiter in ("function_active_v2", "function_updated_v2"):
            self._wait(waiter, name)

    def reserve(self, name: str, calls: int | None) -> None:
        if calls is None:
            self._call("delete_function_concurrency", name, absent=_ABSENT)
        else:
            self._call("put_function_concurrency", name, ReservedConcurrentExecutions=calls)

    def provision(self, name: str, alias: str, containers: int) -> None:
        if not containers:
            self._call("delete_provisioned_concurrency_config", name, absent=_ABSENT, Qualifier=alias)
            return
        self._call(
            "put_provisioned_concurrency_config", name, Qualifier=alias, ProvisionedConcurrentExecutions=containers
        )
        waiting = replace(self._patience, deadline=float(_SECONDS))
        waiting.until(lambda: self._check_ready(name, alias), transient=lambda error: isinstance(error, NotReadyError))

    def _check_ready(self, name: str, alias: str) -> None:
        state = self._call("get_provisioned_concurrency_config", name, Qualifier=alias)
        if state["Status"] == "FAILED":
            what = f"no containers can be kept ready: {state.get('StatusReason', '')}"
            raise AwsError(what, where=_about(name), hint="lower provisioned_concurrency, or raise the account's quota")
        if state["Status"] != "READY":
            what = f"its containers are not ready after {_SECONDS} s of waiting"
            raise NotReadyError(what, where=_about(name), hint="run the same command again")

    def _provisioned(self, name: str, alias: str) -> int:
        absent = ("ProvisionedConcurrencyConfigNotFoundException", *_ABSENT)
        state = self._call("get_provisioned_concurrency_config", name, absent=absent, Qualifier=alias)
        failed = state is None or state["Status"] == "FAILED"
        return 0 if failed else int(state["RequestedProvisionedConcurrentExecutions"])

    def tag(self, name: str, tags: tuple[Tag, ...], removed: tuple[str, ...] = ()) -> None:
        arn = self._call("get_function", name)["Configuration"]["FunctionArn"]
        self._aws.call("lambda", "tag_resource", about=_about(name), Resource=arn, Tags=_pairs(tags))
        if removed:
            self._aws.call("lambda", "untag_resource", about=_about(name), Resource=arn, TagKeys=list(removed))

    def grant(self, name: str, principal: str) -> None:
        self.revoke(name)
        self._call(
            "add_permission",
            name,
            StatementId=INVOKE_STATEMENT,
            Action="lambda:InvokeFunction",
            Principal=principal,
            **self._called,
        )

    def revoke(self, name: str) -> None:
        self._call("remove_permission", name, absent=_ABSENT, StatementId=INVOKE_STATEMENT, **self._called)

    def delete(self, name: str) -> None:
        self._call("delete_function", name, absent=_ABSENT)

    def _call(self, operation: str, name: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        return self._aws.call("lambda", operation, about=_about(name), absent=absent, FunctionName=name, **parameters)

    def _principals(self, name: str) -> tuple[str, ...]:
        answer = self._call("get_policy", name, absent=_ABSENT, **self._called)
        statements = json.loads(answer["Policy"])["Statement"] if answer else []
        ours = (each["Principal"] for each in statements if each.get("Sid") == INVOKE_STATEMENT)
        return tuple(states.principal(principal) for principal in ours)

    def _wait(self, waiter: str, name: str) -> None:
        """Raises AwsError with Lambda's reason code when the function fails, or has not arrived at the deadline."""
        from botocore.exceptions import WaiterError  # noqa: PLC0415  with boto3: only when AWS is asked

        with aws_errors.reported(waiter, _about(name)):
            try:
                self._aws.client("lambda").get_waiter(waiter).wait(FunctionName=name, WaiterConfig=_POLL)
            except WaiterError as error:
                raise states.not_arrived(_about(name), error.last_response, seconds=_SECONDS) from error


class NotReadyError(AwsError):
    """Provisioned containers are still on their way."""


def _is_conflict(error: Exception) -> bool:
    return error.__cause__ is not None and aws_errors.code(error.__cause__) == "ResourceConflictException"


def _not_yet_assumable(error: Exception) -> bool:
    """A role is known to IAM before Lambda can assume it.

    Lambda gives this the code of every wrong parameter; only the words tell ("The role defined for the function cannot
    be assumed by Lambda."). Should they change, we fail at once instead of waiting, and the next run goes on.
    """
    cause = error.__cause__
    if cause is None or aws_errors.code(cause) != "InvalidParameterValueException":
        return False
    words = aws_errors.words(cause)
    # The second where a role's policy for a VPC is new: it "does not have permissions to call CreateNetworkInterface".
    return "cannot be assumed by Lambda" in words or "call CreateNetworkInterface" in words


def _pairs(tags: tuple[Tag, ...]) -> dict[str, str]:
    return {tag.key: tag.value for tag in tags}


def _about(name: str) -> str:
    return f"Lambda function {name}"
