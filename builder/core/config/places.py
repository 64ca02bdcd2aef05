"""AWS as the settings tell it: where it is, and who we are there. Redshift's part is roads.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from builder.core.config import values
from builder.core.config.keys import KEYS_OF_AWS, SERVICE_ENDPOINTS, WEB_IDENTITY
from builder.core.config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.lookup import Lookup


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Where AWS is and who we are there. Without keys, profile and web identity boto3's own chain looks for them.

    `service_endpoints` are pairs of a service, as boto3 names it, and an address of its own.
    """

    region: str | None = None
    profile: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    role_arn: str | None = None
    web_identity_token_file: str | None = None
    assume_role_arn: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    endpoint_url: str | None = None
    service_endpoints: tuple[tuple[str, str], ...] = ()

    def endpoint(self, service: str) -> str | None:
        """Where a service is, in boto3's spelling of it; None: where AWS has it."""
        return dict(self.service_endpoints).get(service, self.endpoint_url)


@dataclass(frozen=True, kw_only=True)
class RoleHolder:
    """Who has IAM roles attached: a cluster, or the namespace behind a serverless workgroup."""

    kind: Literal["cluster", "workgroup"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def aws(told: Lookup) -> Aws:
    """AWS. Credentials come from one source."""
    key, secret = (told.value(name, values.plain) for name in KEYS_OF_AWS[:2])
    if (key is None) != (secret is None):
        told.incomplete(*(KEYS_OF_AWS[:2] if key else (KEYS_OF_AWS[1], KEYS_OF_AWS[0])))
    # The environment's half of a web identity is no problem: AWS's own tools leave it alone, too.
    role_arn, token_file = told.value(WEB_IDENTITY[0], values.role), told.value(WEB_IDENTITY[1], values.plain)
    found = Aws(
        region=told.value("AWS_REGION", values.region) or told.value("AWS_DEFAULT_REGION", values.region),
        profile=told.value("AWS_PROFILE", values.plain),
        access_key_id=key,
        secret_access_key=None if secret is None else Secret(secret),
        session_token=told.value("AWS_SESSION_TOKEN", Secret),
        role_arn=role_arn if token_file else None,
        web_identity_token_file=token_file if role_arn else None,
        assume_role_arn=told.value("AWS_ASSUME_ROLE_ARN", values.role),
        external_id=told.value("AWS_ASSUME_ROLE_EXTERNAL_ID", values.external_id),
        session_name=told.value("AWS_ROLE_SESSION_NAME", values.session_name),
        endpoint_url=told.value("AWS_ENDPOINT_URL", values.url),
        service_endpoints=tuple(_service_endpoints(told)),
    )
    if found.external_id and told.given("AWS_ASSUME_ROLE_ARN") is None:
        told.incomplete("AWS_ASSUME_ROLE_EXTERNAL_ID", "AWS_ASSUME_ROLE_ARN")
    return found


def _service_endpoints(told: Lookup) -> Iterator[tuple[str, str]]:
    for variable, service in SERVICE_ENDPOINTS.items():
        url = told.value(variable, values.url)
        if url is not None:
            yield service, url
