"""Every derived name, ARN and quoted identifier. A limit stands beside the name that it binds, with its source."""

from __future__ import annotations

import hashlib
import re

from builder.errors import Problem

# Lambda API reference, CreateFunction: 64 characters of a-zA-Z0-9-_ for a bare function name.
LAMBDA_NAME_LIMIT = 64
# The alias that points at the version which was tested.
LIVE = "live"
TRIAL = "--trial"
# IAM quotas: role names of at most 64 characters.
ROLE_NAME_LIMIT = 64
# ECR API reference, CreateRepository: 2 to 256 characters, lower case, digits, and single separators inside.
REPOSITORY_NAME_LIMIT = 256
# Redshift, "Names and identifiers": 1 to 127 bytes.
IDENTIFIER_LIMIT = 127

_LAMBDA = re.compile(r"[A-Za-z0-9_-]+")
_REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_ROLE = re.compile(r"[\w+=,.@-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f]")
_WORDS = re.compile(r"[-_]+")


def lambda_name(prefix: str, module: str) -> str:
    """`carto-at-` and `quadbin` give `carto-at-quadbin`."""
    return f"{prefix}{module}"


def trial_name(name: str) -> str:
    """The passing function that new code is tried in: `carto-at-quadbin--trial`."""
    return _suffixed(name, TRIAL)


def is_trial(name: str) -> bool:
    """Whether a Lambda function is one that new code was tried in."""
    return name.endswith(TRIAL)


def moved_name(name: str) -> str:
    """What takes over from a zip function that has the name: `carto-at-quadbin-image`."""
    return _suffixed(name, "-image")


def _suffixed(name: str, suffix: str) -> str:
    """A name that would be too long is cut; what was cut off goes into a checksum, so that two of them stay two."""
    if len(name) + len(suffix) <= LAMBDA_NAME_LIMIT:
        return f"{name}{suffix}"
    suffix = f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"
    return f"{name[: LAMBDA_NAME_LIMIT - len(suffix)]}{suffix}"


def repository_name(prefix: str, module: str) -> str:
    """The ECR repository of a module's images."""
    return f"{prefix}{module}"


def image_tag(digest: str) -> str:
    """A tag that says the digest, so that an image never goes without one: `sha256-...`, 71 of 128 characters."""
    return digest.replace(":", "-")


def execution_role_name(prefix: str) -> str:
    """`dev-carto-at-` gives `DevCartoATLambdaExecutionRole`."""
    return f"{pascal_case(prefix)}LambdaExecutionRole"


def invoke_role_name(prefix: str) -> str:
    """`dev-carto-at-` gives `DevCartoATRedshiftInvokeRole`."""
    return f"{pascal_case(prefix)}RedshiftInvokeRole"


def session_name(prefix: str) -> str:
    """`dev-carto-at-` gives `dev_carto_at_deployer`. STS takes at most 64 characters (RoleSessionName)."""
    return f"{prefix}deployer".replace("-", "_")[:64]


def schema_name(*, rs_schema: str, rs_prefix: str, production: bool) -> str:
    """RS_SCHEMA, else `{RS_PREFIX}carto`; with production plain `carto`."""
    if production:
        return "carto"
    return rs_schema or f"{rs_prefix}carto"


def pascal_case(prefix: str) -> str:
    """Split on `-` and `_`, capitalise; `at` (the Analytics Toolbox) becomes `AT`."""
    return "".join("AT" if word == "at" else word.capitalize() for word in _WORDS.split(prefix) if word)


def external_name(function: str) -> str:
    """The external function behind a public SQL wrapper."""
    return f"{function}_external"


def quote_identifier(name: str) -> str:
    """A delimited identifier. Redshift folds identifiers to lower case, quoted ones too, by default."""
    if "\0" in name:
        raise ValueError("an identifier cannot hold a NUL")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A string literal. Redshift reads backslashes as escapes, so they are doubled too."""
    if "\0" in text:
        raise ValueError("a literal cannot hold a NUL")
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def check_lambda_name(name: str, *, where: str) -> list[Problem]:
    """Problems of a Lambda function's name."""
    return _check(name, where, "Lambda function name", LAMBDA_NAME_LIMIT, _LAMBDA, "letters, digits, - and _")


def check_role_name(name: str, *, where: str) -> list[Problem]:
    """Problems of an IAM role's name."""
    return _check(name, where, "role name", ROLE_NAME_LIMIT, _ROLE, "letters, digits and +=,.@-_")


def check_repository_name(name: str, *, where: str) -> list[Problem]:
    """Problems of an ECR repository's name."""
    allowed = "lower case, digits and single . _ - /"
    return _check(name, where, "repository name", REPOSITORY_NAME_LIMIT, _REPOSITORY, allowed)


def check_identifier(name: str, *, where: str) -> list[Problem]:
    """Problems of a SQL identifier: its length in bytes, and characters that no quoting can carry."""
    problems = []
    if not name:
        problems.append(Problem(where=where, what="the SQL name is empty"))
    if len(name.encode()) > IDENTIFIER_LIMIT:
        problems.append(
            Problem(
                where=where,
                what=f"the SQL name {name!r} has {len(name.encode())} bytes, Redshift takes {IDENTIFIER_LIMIT}",
                hint="shorten the name or the prefix",
            )
        )
    if _CONTROL.search(name):
        problems.append(Problem(where=where, what=f"the SQL name {name!r} holds a control character", hint="remove it"))
    return problems


def _check(name: str, where: str, what: str, limit: int, pattern: re.Pattern[str], allowed: str) -> list[Problem]:
    problems = []
    if len(name) > limit:
        problems.append(
            Problem(
                where=where,
                what=f"{what} {name!r} has {len(name)} characters, AWS takes {limit}",
                hint="shorten RS_LAMBDA_PREFIX or the module's name",
            )
        )
    if not pattern.fullmatch(name):
        problems.append(
            Problem(where=where, what=f"{what} {name!r} holds a character that AWS refuses", hint=f"use {allowed}")
        )
    return problems
