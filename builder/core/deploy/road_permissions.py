"""What each road to Redshift asks of AWS, for the deployer's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.config.roads import Connection, DataApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.roads import Road
    from builder.core.deploy.observed import Identity

ANYWHERE = "*"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on resources. `passed_to`: only in order to hand a role to this service."""

    name: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    passed_to: str = ""

    @property
    def samples(self) -> tuple[str, ...]:
        """The resources with a name in place of the star, which IAM's simulator would take for a letter."""
        return tuple(each if each == ANYWHERE else each.replace("*", "check") for each in self.resources)


def grants(road: Road | None, identity: Identity) -> Iterator[Grant]:
    """Nothing for a connection by password.

    A workgroup's ARN ends in an id that only AWS knows, so that its grants are for all workgroups of the Region. What
    looks after a statement takes no resource; AWS shows a statement to the identity that sent it only (Service
    Authorization Reference, "Amazon Redshift Data API").
    """
    if road is None or (isinstance(road, Connection) and not road.iam):
        return
    where = _arn(identity, "redshift-serverless" if road.workgroup else "redshift")
    place = f"{where}:workgroup/*" if road.workgroup else f"{where}:cluster:{road.cluster_identifier}"
    if isinstance(road, DataApi):
        yield Grant(
            name="Statements",
            actions=("redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"),
            resources=(place,),
        )
        yield Grant(name="OwnStatements", actions=_OWN, resources=(ANYWHERE,))
        if road.secret_arn:
            yield Grant(name="Secret", actions=("secretsmanager:GetSecretValue",), resources=(road.secret_arn,))
            return
    yield from _login(road, where, place)


def _login(road: Road, where: str, place: str) -> Iterator[Grant]:
    if road.workgroup:
        yield Grant(name="Login", actions=("redshift-serverless:GetCredentials",), resources=(place,))
        return
    database = f"{where}:dbname:{road.cluster_identifier}/{road.database}"
    if road.user:
        user = f"{where}:dbuser:{road.cluster_identifier}/{road.user}"
        yield Grant(name="Login", actions=("redshift:GetClusterCredentials",), resources=(user, database))
    else:
        yield Grant(name="Login", actions=("redshift:GetClusterCredentialsWithIAM",), resources=(database,))


def _arn(identity: Identity, service: str) -> str:
    return f"arn:{identity.partition}:{service}:{identity.region}:{identity.account}"


_OWN = (
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
)
