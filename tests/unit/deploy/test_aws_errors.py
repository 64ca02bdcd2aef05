"""Every refusal that AWS's own service models declare has words of ours, and credentials are told from calls."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from builder.adapters import aws_errors
from builder.adapters.aws import Aws
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Settings
from builder.errors import AwsError, SettingsError

SESSION = get_session()
ADAPTERS = Path(aws_errors.__file__).parent
SERVICES = (
    ("functions.py", "lambda"),
    ("versions.py", "lambda"),
    ("roles.py", "iam"),
    ("repositories.py", "ecr"),
    ("aws.py", "sts"),
    ("logs.py", "logs"),
    ("data_api.py", "redshift-data"),
    ("holders.py", "redshift"),
    ("holders.py", "redshift-serverless"),
    ("connector.py", "redshift"),
    ("connector.py", "redshift-serverless"),
)


def operations() -> list[tuple[str, str]]:
    """Every operation that an adapter names: as a string in snake case that the service knows."""
    found = {("sts", "assume_role")}
    for file, service in SERVICES:
        model = SESSION.get_service_model(service)
        known = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): name for name in model.operation_names}
        words = set(re.findall(r'"([a-z_]+)"', (ADAPTERS / file).read_text(encoding="utf-8")))
        found |= {(service, known[word]) for word in words & set(known)}
    found.remove(("sts", "assume_role"))
    return sorted({*found, ("sts", "AssumeRole")})


def declared(service: str, operation: str) -> set[str]:
    shapes = SESSION.get_service_model(service).operation_model(operation).error_shapes
    return {str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes}


def refusal(code: str, words: str = "AWS's words") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": words}}, "CreateFunction")


def test_the_operations_in_use_are_found() -> None:
    found = operations()
    assert len(found) >= 24
    assert ("lambda", "CreateFunction") in found
    assert ("iam", "PutRolePolicy") in found
    assert ("redshift-data", "BatchExecuteStatement") in found
    assert ("redshift-serverless", "GetCredentials") in found


@pytest.mark.parametrize(("service", "operation"), operations())
def test_every_error_that_an_operation_declares_has_a_hint(service: str, operation: str) -> None:
    known = set(aws_errors.HINTS) | set(aws_errors.CREDENTIALS)
    assert declared(service, operation) <= known


def test_a_refusal_names_the_operation_the_resource_the_code_and_what_to_do() -> None:
    with pytest.raises(AwsError) as caught, aws_errors.reported("create_function", "Lambda function f"):
        raise refusal("AccessDeniedException", "not authorized to perform lambda:CreateFunction")
    (problem,) = caught.value.problems
    assert problem.where == "Lambda function f"
    assert problem.what == ("create_function: AccessDeniedException: not authorized to perform lambda:CreateFunction")
    assert "permission" in problem.hint


@pytest.mark.parametrize("code", sorted(aws_errors.CREDENTIALS))
def test_credentials_at_fault_are_a_settings_error(code: str) -> None:
    with pytest.raises(SettingsError), aws_errors.reported("get_caller_identity", "the AWS credentials"):
        raise refusal(code)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (botocore.exceptions.NoCredentialsError(), SettingsError),
        (botocore.exceptions.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"), SettingsError),
        (botocore.exceptions.UnauthorizedSSOTokenError(), SettingsError),
        (botocore.exceptions.TokenRetrievalError(provider="sso", error_msg="expired"), SettingsError),
        (botocore.exceptions.ProfileNotFound(profile="nobody"), SettingsError),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://localhost:1"), AwsError),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="http://localhost:1"), AwsError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_what_never_reached_aws_is_told_apart(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, aws_errors.reported("get_function", "Lambda function f"):
        raise error
    assert caught.value.problems[0].hint  # type: ignore[attr-defined]  # both kinds are BuilderErrors


def test_other_errors_are_not_touched() -> None:
    with pytest.raises(KeyError), aws_errors.reported("get_function", "f"):
        raise KeyError("a mistake of ours")


def test_no_region_is_a_settings_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="AWS_REGION: no AWS Region is set"):
        Aws(Settings())


def test_an_unknown_profile_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="nobody"):
        Aws(Settings(aws=AwsSettings(region="eu-west-1", profile="nobody")))
