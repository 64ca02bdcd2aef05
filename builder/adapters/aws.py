"""The only AWS session. Everything that talks to AWS is handed one `Aws` and goes through its `call`.

boto3 takes a third of a second to import: it is imported when a session is made, so that what needs no AWS stays fast.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from builder import names
from builder.adapters import aws_errors
from builder.core.deploy.observed import Identity
from builder.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from builder.core.config.settings import Settings

# Seconds. A Lambda's create and update calls answer within seconds; what takes longer is waited for by state.
CONNECT_TIMEOUT = 10
READ_TIMEOUT = 60
# Standard mode retries throttling, time-outs and server errors with exponential back-off and jitter (boto3, "Retries").
ATTEMPTS = 5
# The first call of a run: a wrong endpoint should show in seconds.
FIRST_ATTEMPTS = 2
# As many as the threads of an observation (adapters/observe.py).
CONNECTIONS = 16
ASSUMED = "assumed-from"
# How botocore calls its ways to credentials (botocore.credentials, METHOD of each provider; a test compares them).
METHODS = {
    "assume-role": "a profile's role",
    "assume-role-with-web-identity": "a web identity",
    "boto-config": "a boto configuration file",
    "config-file": "keys of ~/.aws/config",
    "container-role": "the container's role",
    "custom-process": "a profile's credential process",
    "ec2-credentials-file": "the file AWS_CREDENTIAL_FILE",
    "env": "keys of the environment",
    "explicit": "keys of the settings",
    "iam-role": "the instance's role",
    "login": "aws login",
    "shared-credentials-file": "keys of ~/.aws/credentials",
    "sso": "SSO",
}


class Aws:
    """One session, made from the settings: region, credentials of any kind, assumed role, endpoint."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError where the region or the profile is missing. No call is made yet."""
        self._settings = settings
        self._session = _session(settings)
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        region = self._session.region_name
        if not region:
            raise SettingsError("no AWS Region is set", where="AWS_REGION", hint="export AWS_REGION=us-east-1, say")
        self.region: str = region

    def client(self, service: str) -> Any:
        """The service's client, made once. Making clients is not thread-safe in boto3; using them is."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def call(self, service: str, operation: str, *, about: str, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        """One API call. `about` names the resource for messages; a code in `absent` gives None instead of an error.

        Raises AwsError with AWS's code and words and what to do, SettingsError where the credentials are at fault.
        """
        with aws_errors.reported(operation, about):
            try:
                return getattr(self.client(service), operation)(**parameters)
            except Exception as error:
                if aws_errors.code(error) in absent:
                    return None
                raise

    def identity(self) -> Identity:
        """Who we are. The first call of a run: credentials that are missing, wrong or expired show here."""
        answer = self.call("sts", "get_caller_identity", about="the AWS credentials")
        arn = str(answer["Arn"])
        return Identity(account=answer["Account"], region=self.region, partition=arn.split(":")[1], arn=arn)

    def method(self) -> str:
        """How the credentials are come by, in words. Raises SettingsError where there are none."""
        with aws_errors.reported("look for credentials", "the AWS configuration"):
            credentials = self._session.get_credentials()
        if credentials is None:
            raise aws_errors.no_credentials()
        word = str(credentials.method)
        source = METHODS.get(word.removeprefix(f"{ASSUMED} "), word)
        if word.startswith(f"{ASSUMED} "):
            return f"the assumed role {self._settings.aws.assume_role_arn}, from {source}"
        profile = self._settings.aws.profile
        return f"{source}, profile {profile}" if profile and word != "explicit" else source

    def _make(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415  with boto3: only when AWS is asked

        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": FIRST_ATTEMPTS if service == "sts" else ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            user_agent_extra="analytics-toolbox-gateway",
        )
        with aws_errors.reported("connect", service):
            return self._session.client(service, endpoint_url=self._settings.aws.endpoint(service), config=config)


def _session(settings: Settings) -> boto3.Session:
    """Profile, keys or web identity as the settings say, else boto3's own chain; then the role to assume, if any."""
    import boto3  # noqa: PLC0415  a third of a second: only when AWS is asked

    aws = settings.aws
    with aws_errors.reported("open a session", aws.profile or "the AWS configuration"):
        session = boto3.Session(
            profile_name=aws.profile,
            region_name=aws.region,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key=aws.secret_access_key.reveal() if aws.secret_access_key else None,
            aws_session_token=aws.session_token.reveal() if aws.session_token else None,
        )
        if aws.web_identity_token_file and not (aws.profile or aws.access_key_id):
            session = _web_identity(session, settings)
        return _assumed(session, settings) if aws.assume_role_arn else session


def _web_identity(source: boto3.Session, settings: Settings) -> boto3.Session:
    """The session of a token that somebody else vouches for. The file is read again at every renewal: CI rotates it."""
    from botocore.credentials import AssumeRoleWithWebIdentityCredentialFetcher  # noqa: PLC0415  see above
    from botocore.utils import FileWebIdentityTokenLoader  # noqa: PLC0415  see above

    file = settings.aws.web_identity_token_file
    if not Path(str(file)).is_file():
        raise SettingsError(f"there is no file {file}", where="AWS_WEB_IDENTITY_TOKEN_FILE", hint="check its path")
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        client_creator=partial(_source_client, source, settings),
        web_identity_token_loader=FileWebIdentityTokenLoader(file),
        role_arn=settings.aws.role_arn,
        extra_args={"RoleSessionName": _session_name(settings)},
    )
    return _renewing(source, fetcher.fetch_credentials, "assume-role-with-web-identity")


def _assumed(source: boto3.Session, settings: Settings) -> boto3.Session:
    """The session of the role to assume."""
    from botocore.credentials import AssumeRoleCredentialFetcher  # noqa: PLC0415  see above

    credentials = source.get_credentials()
    if credentials is None:
        raise aws_errors.no_credentials()
    external = {"ExternalId": settings.aws.external_id} if settings.aws.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(_source_client, source, settings),
        source_credentials=credentials,
        role_arn=settings.aws.assume_role_arn,
        extra_args={"RoleSessionName": _session_name(settings), **external},
    )
    return _renewing(source, fetcher.fetch_credentials, f"{ASSUMED} {credentials.method}")


def _renewing(source: boto3.Session, fetch: Callable[[], Any], method: str) -> boto3.Session:
    """A session whose credentials are renewed: a deploy may outlast the hour that they live."""
    import boto3  # noqa: PLC0415  see above
    from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415  see above
    from botocore.session import get_session  # noqa: PLC0415  see above

    core = get_session()
    core._credentials = DeferredRefreshableCredentials(  # noqa: SLF001  botocore has no public setter for a provider
        refresh_using=fetch, method=method
    )
    return boto3.Session(botocore_session=core, region_name=source.region_name)


def _session_name(settings: Settings) -> str:
    return settings.aws.session_name or names.session_name(settings.lambda_prefix)


def _source_client(source: boto3.Session, settings: Settings, service: str, **credentials: Any) -> Any:
    return source.client(service, endpoint_url=settings.aws.endpoint(service), **credentials)
