"""A Lambda function's states: what GetFunction says of it, and why it did not arrive where it was waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import LATEST, FunctionState
from builder.errors import AwsError
from builder.model import ImageConfig, LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Collection

# StateReasonCode and LastUpdateStatusReasonCode of the Lambda API reference, those that an image function can have.
REASONS = {
    "EniLimitExceeded": "the VPC has no network interface left: raise the quota or use another subnet",
    "ImageAccessDenied": "Lambda may not read the image: see the repository's policy and its KMS key",
    "ImageDeleted": "the image is no longer in the registry: builder push",
    "InsufficientRolePermissions": "the execution role lacks a permission",
    "InvalidImage": "the image cannot be run: builder build, then builder push",
    "InvalidRuntime": "the image cannot be run: builder build, then builder push",
    "KMSKeyAccessDenied": "the execution role may not use the KMS key",
    "KMSKeyNotFound": "the KMS key is gone",
    "SubnetOutOfIPAddresses": "the subnet has no address left",
}


def read(
    answer: dict[str, Any], principals: tuple[str, ...] = (), *, live: dict[str, Any] | None = None
) -> FunctionState:
    """What GetFunction answers, as the planner sees it; `live` is its answer for the alias."""
    configuration = answer["Configuration"]
    code = answer.get("Code", {})
    return FunctionState(
        name=configuration["FunctionName"],
        arn=configuration["FunctionArn"],
        role=configuration["Role"],
        package_type=configuration.get("PackageType", "Zip"),
        # ResolvedImageUri has the digest even where somebody deployed a tag.
        image=code.get("ResolvedImageUri") or code.get("ImageUri", ""),
        memory_size=configuration["MemorySize"],
        timeout=configuration["Timeout"],
        architectures=tuple(configuration.get("Architectures", ("x86_64",))),
        options=options(configuration),
        reserved_concurrency=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        state=configuration.get("State", "Active"),
        last_update=configuration.get("LastUpdateStatus", "Successful"),
        reason=configuration.get("StateReasonCode") or configuration.get("LastUpdateStatusReasonCode") or "",
        tags=tuple(Tag(key=key, value=value) for key, value in sorted(answer.get("Tags", {}).items())),
        principals=principals,
        version=configuration.get("Version", LATEST),
        live=read(live) if live else None,
    )


def options(configuration: dict[str, Any]) -> LambdaOptions:
    """What a function is configured with beside role, memory and time-out."""
    image = configuration.get("ImageConfigResponse", {}).get("ImageConfig", {})
    vpc = configuration.get("VpcConfig") or {}
    return LambdaOptions(
        environment=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}).items())),
        image_config=ImageConfig(
            entry_point=tuple(image.get("EntryPoint", ())),
            command=tuple(image.get("Command", ())),
            working_directory=image.get("WorkingDirectory", ""),
        ),
        subnets=tuple(sorted(vpc.get("SubnetIds", ()))),
        security_groups=tuple(sorted(vpc.get("SecurityGroupIds", ()))),
        snap_start=configuration.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
    )


def request(wanted: LambdaOptions, changed: Collection[str]) -> dict[str, Any]:
    """The options in `changed` as CreateFunction and UpdateFunctionConfiguration take them. What is empty takes back
    what was set; what is not named stays.
    """
    image = {
        "EntryPoint": list(wanted.image_config.entry_point),
        "Command": list(wanted.image_config.command),
        "WorkingDirectory": wanted.image_config.working_directory,
    }
    vpc = {"SubnetIds": list(wanted.subnets), "SecurityGroupIds": list(wanted.security_groups)}
    every: dict[str, dict[str, Any]] = {
        "environment": {"Environment": {"Variables": dict(wanted.environment)}},
        "image_config": {"ImageConfig": {name: value for name, value in image.items() if value}},
        "subnets": {"VpcConfig": vpc},
        "security_groups": {"VpcConfig": vpc},
        "snap_start": {"SnapStart": {"ApplyOn": "PublishedVersions" if wanted.snap_start else "None"}},
    }
    return {name: value for field in changed if field in every for name, value in every[field].items()}


def principal(value: Any) -> str:
    """`{"AWS": "arn"}`, or a bare ARN; the ARN becomes an id of AROA... when the role behind it is removed."""
    return str(value.get("AWS", value)) if isinstance(value, dict) else str(value)


def not_arrived(about: str, answer: dict[str, Any], *, seconds: int) -> AwsError:
    """Why a function did not get where it was waited for; `answer` is the last one of GetFunction."""
    if "Error" in answer:
        refused = answer["Error"]
        what = f"cannot be waited for: {refused.get('Code')}: {refused.get('Message')}"
        return AwsError(what, where=about, hint="run the same command again")
    configuration = answer["Configuration"]
    state = configuration.get("State", "unknown")
    update = configuration.get("LastUpdateStatus", "unknown")
    failed = "State" if state == "Failed" else "LastUpdateStatus"
    reason = configuration.get(f"{failed}ReasonCode", "")
    said = configuration.get(f"{failed}Reason", "")
    if "Failed" in (state, update):
        what = f"failed: {reason}: {said}"
        return AwsError(what, where=about, hint=REASONS.get(reason, "run the same command again"))
    what = f"is {state}, its last update {update}, after {seconds} s of waiting: {reason} {said}".rstrip(": ")
    return AwsError(what, where=about, hint="run the same command again: it goes on waiting")
