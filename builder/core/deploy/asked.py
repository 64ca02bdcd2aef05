"""What the functions of one Lambda ask of it, brought together with the settings of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.model import ImageConfig, LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.core.config.lambda_settings import LambdaSettings
    from builder.model import Function


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a Lambda function gets beside memory, time-out and image. `tags` are the author's own."""

    options: LambdaOptions
    log_retention: int | None = None
    reserved_concurrency: int | None = None
    provisioned_concurrency: int = 0
    tags: tuple[tuple[str, str], ...] = ()


def asked(functions: Sequence[Function], settings: LambdaSettings) -> Asked:
    """The union of environments and tags, and the most of numbers. What has no union: catalog/lambda_options.py."""
    configs = [function.config for function in functions]
    # Outside of the VPC only where all of its functions say so: one that says nothing may need it.
    inside = bool(settings.subnets) and any(config.vpc is not False for config in configs)
    options = LambdaOptions(
        environment=_pairs(config.environment for config in configs),
        image_config=next((config.image_config for config in configs if config.image_config), ImageConfig()),
        subnets=settings.subnets if inside else (),
        security_groups=settings.security_groups if inside else (),
        snap_start=any(config.snap_start for config in configs),
    )
    provisioned = _most(config.provisioned_concurrency for config in configs) or 0
    return Asked(
        options=options,
        log_retention=_most(config.log_retention for config in configs) or settings.log_retention,
        reserved_concurrency=_most(config.reserved_concurrency for config in configs),
        provisioned_concurrency=provisioned,
        tags=_pairs((settings.tags, *(config.tags for config in configs))),
    )


def _pairs(each: Iterable[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    merged: dict[str, str] = {}
    for pairs in each:
        merged |= dict(pairs)
    return tuple(sorted(merged.items()))


def _most(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
