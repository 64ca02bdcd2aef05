"""Roles and their policies in memory, and a gate that judges by them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.iam.account import FakeIam, Role
from builder.local.iam.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Mapping

ARN = "arn:aws:iam::000000000000:role/invoke"
CHAINED = "arn:aws:iam::123456789012:role/deep/theirs"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def trust(principal: Any, **more: Any) -> str:
    return document({"Action": "sts:AssumeRole", "Principal": principal, **more})


REDSHIFT = trust({"Service": "redshift.amazonaws.com"})


@dataclass
class Cluster:
    attached: tuple[str, ...] = (ARN,)
    default: str = ""


def gate(
    *roles: Role, attached: bool = True, cluster: Cluster | None = None, functions: Mapping[str, str] | None = None
) -> Gate:
    iam = FakeIam({role.arn: role for role in roles}, dict(functions or {}))
    return Gate(iam=iam, holder=cluster or Cluster(), attached=attached, clock=lambda: 0.0)
