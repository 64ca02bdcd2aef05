"""What all Lambda functions of an installation have in common: settings, since they differ between installations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.config import values

if TYPE_CHECKING:
    from builder.core.config.lookup import Lookup
    from builder.model import Architecture


@dataclass(frozen=True, kw_only=True)
class LambdaSettings:
    """`log_retention` in days, None: as it is. Without subnets the functions are in no VPC.

    `architecture` is that of images and functions: one cannot be without the other.
    """

    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    log_retention: int | None = None
    architecture: Architecture = "x86_64"
    tags: tuple[tuple[str, str], ...] = ()


def lambda_settings(told: Lookup) -> LambdaSettings:
    """The settings of the same names. A VPC takes both subnets and security groups."""
    subnets = told.value("RS_LAMBDA_SUBNETS", values.subnets) or ()
    groups = told.value("RS_LAMBDA_SECURITY_GROUPS", values.security_groups) or ()
    both = ("RS_LAMBDA_SUBNETS", "RS_LAMBDA_SECURITY_GROUPS")
    given = [name for name in both if told.given(name)]
    if len(given) == 1:
        told.incomplete(given[0], both[1 - both.index(given[0])])
    return LambdaSettings(
        subnets=subnets,
        security_groups=groups,
        log_retention=told.value("RS_LAMBDA_LOG_RETENTION", values.retention),
        architecture=told.value("RS_LAMBDA_ARCHITECTURE", values.architecture) or LambdaSettings.architecture,
        tags=told.value("RS_LAMBDA_TAGS", values.tags) or (),
    )
