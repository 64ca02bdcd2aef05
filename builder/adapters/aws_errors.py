"""What AWS says when it refuses, put into our errors: the operation, the resource, AWS's code and words, what to do.

`HINTS` holds every error code that the operations we use declare (botocore's service models; a test compares them),
and the ones that any operation may answer with ("Common errors" of each API reference).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from builder.errors import AwsError, BuilderError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LATER = "AWS is at fault; run the same command again"
_SLOWER = "AWS asks for fewer calls; wait a minute and run the same command again"
_POLICY = "a policy document was refused; please report it with the words above"
_CHANGED = "somebody else changed it at the same time; run the same command again"
_GONE = "it was removed meanwhile; run the same command again"
_QUOTA = "an account's quota is used up: remove what is not needed, or ask for more in Service Quotas"
_SIGNING = "the account asks for signed code, which container images cannot carry: exempt these functions"

_BUSY = "too many statements or sessions of the Data API are open: wait until some have ended"
_NO_SESSION = "see the words above; RS_DATABASE, RS_USER and RS_SECRET_ARN say whom the Data API logs in as"

HINTS: dict[str, str] = {
    "AccessDenied": "the identity in use lacks this permission: have it added, or use another AWS_PROFILE",
    "AccessDeniedException": "the identity in use lacks this permission: have it added, or use another AWS_PROFILE",
    "UnauthorizedOperation": "the identity in use lacks this permission: have it added, or use another AWS_PROFILE",
    "ActiveSessionsExceededException": _BUSY,
    "ActiveStatementsExceededException": _BUSY,
    "ActiveWaitingRequestsExceededException": _BUSY,
    "AliasLimitExceededException": _QUOTA,
    "BatchExecuteStatementException": _NO_SESSION,
    "ClusterNotFound": "check RS_CLUSTER_IDENTIFIER, AWS_REGION and whose credentials are in use",
    "CodeSigningConfigNotFoundException": _SIGNING,
    "CodeStorageExceededException": _QUOTA,
    "CodeVerificationFailedException": _SIGNING,
    "ConcurrentModification": _CHANGED,
    "DatabaseConnectionException": _NO_SESSION,
    "ConflictException": _CHANGED,
    "DeleteConflict": "something was attached to it that is not ours: detach it, then run the same command again",
    "EntityAlreadyExists": "it was made meanwhile; run the same command again",
    "ExecuteStatementException": _NO_SESSION,
    "FunctionVersionsPerCapacityProviderLimitExceededException": _QUOTA,
    "ImageNotFoundException": "the image is not in the registry: builder push",
    "InternalFailure": _LATER,
    "InternalServerException": _LATER,
    "InternalServiceException": _LATER,
    "InvalidClusterState": "the cluster is being changed or is paused; run the same command when it is available",
    "InvalidCodeSignatureException": _SIGNING,
    "InvalidInput": "AWS refused a value: see its words above",
    "InvalidParameterException": "AWS refused a value: see its words above",
    "InvalidParameterValueException": (
        "AWS refused a value. An image must be one platform's manifest, not an index, lie in an ECR repository of the"
        " same Region, and be readable by Lambda; a given role must trust lambda.amazonaws.com"
    ),
    "InvalidTagFault": "AWS refused a tag: see its words above",
    "InvalidTagParameterException": "AWS refused a tag: see its words above",
    "KmsException": "the repository's KMS key cannot be used: see its key policy",
    "LimitExceeded": _QUOTA,
    "LimitExceededException": _QUOTA,
    "MalformedPolicyDocument": _POLICY,
    "LifecyclePolicyNotFoundException": _GONE,
    "NoSuchEntity": _GONE,
    "OperationAbortedException": _CHANGED,
    "PackedPolicyTooLarge": "the session's policies and tags are too large: use a role with fewer",
    "PolicyLengthExceededException": "the function's own policy is full (20 KB): remove statements of others from it",
    "PreconditionFailedException": _CHANGED,
    "ProvisionedConcurrencyConfigNotFoundException": _GONE,
    "PublicPolicyException": "the account blocks public access to functions: give RS_LAMBDA_INVOKE_ROLE a role's ARN",
    "QueryTimeoutException": _LATER,
    "RegionDisabledException": "STS is not enabled in this Region: enable it, or use another AWS_REGION",
    "RepositoryAlreadyExistsException": "it was made meanwhile; run the same command again",
    "RepositoryNotEmptyException": "an image was pushed meanwhile; run the same command again",
    "RepositoryNotFoundException": "there is no such repository: builder push makes it",
    "RepositoryPolicyNotFoundException": _GONE,
    "ResourceAlreadyExistsException": "it was made meanwhile; run the same command again",
    "ResourceConflictException": "another change of it is under way; run the same command again",
    "ResourceNotFoundException": _GONE,
    "ServerException": _LATER,
    "ServiceException": _LATER,
    "ServiceFailure": _LATER,
    "ServiceUnavailable": _LATER,
    "ServiceUnavailableException": _LATER,
    "Throttling": _SLOWER,
    "ThrottlingException": _SLOWER,
    "TooManyRequestsException": _SLOWER,
    "TooManyTagsException": "it carries as many tags as AWS allows (50): remove some that are not ours",
    "UnmodifiableEntity": "it is a service-linked role: choose another RS_LAMBDA_PREFIX",
    "UnsupportedOperation": "this endpoint does not know the operation: see AWS_ENDPOINT_URL and its kin",
    "ValidationException": "AWS refused a value: see its words, RS_WORKGROUP or RS_CLUSTER_IDENTIFIER, and AWS_REGION",
}

# The credentials are at fault, not the call ("Common errors" of the IAM, STS and Lambda API references).
CREDENTIALS: dict[str, str] = {
    "AuthFailure": "check the access key",
    "ExpiredToken": "renew them: aws sso login, or export new AWS_SESSION_TOKEN and keys",
    "ExpiredTokenException": "renew them: aws sso login, or export new AWS_SESSION_TOKEN and keys",
    "IncompleteSignature": "check AWS_SECRET_ACCESS_KEY for blanks and line ends",
    "InvalidAccessKeyId": "check AWS_ACCESS_KEY_ID",
    "InvalidClientTokenId": "check AWS_ACCESS_KEY_ID and, for temporary keys, AWS_SESSION_TOKEN",
    "MissingAuthenticationToken": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "OptInRequired": "this account is not signed up for the service, or the Region is not enabled",
    "RequestExpired": "this machine's clock is off: set it",
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY, and this machine's clock",
    "UnrecognizedClientException": "check AWS_ACCESS_KEY_ID and, for temporary keys, AWS_SESSION_TOKEN",
}

# What a session asks by itself before the call that was meant: whoever is refused there has no credentials.
FETCHING: dict[str, str] = {
    "AssumeRole": "the role's trust policy must name who assumes it; if it asks for an external id, set"
    " AWS_ASSUME_ROLE_EXTERNAL_ID",
    "AssumeRoleWithWebIdentity": "the role's trust policy must name the token's issuer, audience and subject",
    "GetRoleCredentials": "log in anew: aws sso login; the profile's role must be assigned to you",
}

_UNUSABLE_CREDENTIALS = {
    "CredentialRetrievalError",
    "LoginError",
    "MetadataRetrievalError",
    "NoAuthTokenError",
    "PartialCredentialsError",
    "RefreshWithMFAUnsupportedError",
    "SSOError",
    "TokenRetrievalError",
}
_WRONG_CONFIGURATION = {
    "BaseEndpointResolverError",
    "ConfigParseError",
    "EndpointProviderError",
    "InvalidConfigError",
    "InvalidRegionError",
    "ProfileNotFound",
}
NO_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where there is a role"


def code(error: BaseException) -> str:
    """AWS's code of a refusal; "" where AWS did not answer at all."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def words(error: BaseException) -> str:
    """AWS's own words."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Message", "")) if isinstance(response, dict) else str(error)


def no_credentials() -> SettingsError:
    return SettingsError("no AWS credentials were found", where="AWS", hint=NO_CREDENTIALS)


@contextmanager
def reported(operation: str, about: str) -> Iterator[None]:
    """Turns what botocore raises inside into our errors. `about` names the resource."""
    from botocore.exceptions import (  # noqa: PLC0415  with boto3: only when AWS is asked
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except ClientError as error:
        raise refusal(error, operation, about) from error
    except BotoCoreError as error:
        raise _unsent(error, operation, about) from error


def refusal(error: BaseException, operation: str, about: str) -> BuilderError:
    """AWS answered, and refused."""
    fetching = str(getattr(error, "operation_name", ""))
    if fetching in FETCHING:
        what = f"the AWS credentials cannot be had: {fetching}: {code(error)}: {words(error)}"
        return SettingsError(what, where="AWS", hint=CREDENTIALS.get(code(error)) or FETCHING[fetching])
    what = f"{operation}: {code(error)}: {words(error)}"
    if code(error) in CREDENTIALS:
        return SettingsError(f"AWS does not accept the credentials: {what}", where=about, hint=CREDENTIALS[code(error)])
    return AwsError(what, where=about, hint=HINTS.get(code(error), ""))


def _unsent(error: Exception, operation: str, about: str) -> BuilderError:
    """The call never reached AWS, or its answer never reached us. By name: older botocores lack some of the classes."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "NoCredentialsError" in kinds:
        return no_credentials()
    if kinds & _UNUSABLE_CREDENTIALS:
        hint = "aws sso login, if the profile uses SSO; else see `aws configure list`"
        return SettingsError(f"the AWS credentials cannot be used: {error}", where="AWS", hint=hint)
    if kinds & _WRONG_CONFIGURATION:
        return SettingsError(str(error), where=about, hint="see AWS_PROFILE, AWS_REGION and ~/.aws/config")
    if kinds & {"HTTPClientError", "ConnectionError"}:
        hint = "is the network there, and AWS_REGION (or AWS_ENDPOINT_URL) right? Then run the same command again"
        return AwsError(f"{operation}: no answer from AWS: {error}", where=about, hint=hint)
    return AwsError(f"{operation}: {error}", where=about)
