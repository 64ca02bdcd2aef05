"""How new code takes over from old code, and what is kept of the old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.core.config import values
from builder.names import LIVE

if TYPE_CHECKING:
    from builder.core.config.lookup import Lookup


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """`alias`: SQL calls `function:live`, not the bare name. `smoke`: new code is asked whether it works before
    anything moves to it. `versions` and `releases`: how many are kept.
    """

    alias: bool = False
    smoke: bool = True
    versions: int = 5
    releases: int = 20

    @property
    def called(self) -> str:
        """The alias that SQL calls, or ""."""
        return LIVE if self.alias else ""

    def reference(self, name: str) -> str:
        """How SQL calls a Lambda function of this name."""
        return f"{name}:{LIVE}" if self.alias else name


def rollout(told: Lookup) -> Rollout:
    """The settings of the same names."""
    smoke = told.value("RS_LAMBDA_SMOKE", values.boolean)
    return Rollout(
        alias=told.value("RS_LAMBDA_ALIAS", values.boolean) or False,
        smoke=Rollout.smoke if smoke is None else smoke,
        versions=told.value("RS_LAMBDA_VERSIONS", values.kept) or Rollout.versions,
        releases=told.value("RS_RELEASES", values.kept) or Rollout.releases,
    )
