"""What a setting's text may be: each function gives the value, or raises ValueError("what is wrong: what to do")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from builder import names
from builder.core.catalog.units import MODES
from builder.model import LOG_RETENTION, Architecture

if TYPE_CHECKING:
    from builder.core.catalog.units import Mode

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_ROLE = re.compile(r"arn:aws(?:-[a-z-]+)?:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_SUFFIX = re.compile(r"_[a-z0-9_]{1,19}")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:]+\]?")
_REGISTRY = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?(?:/[a-z0-9._/-]+)?")
_URL = re.compile(r"https?://[^\s/]+.*")
_PORT_LIMIT = 65_535
_KEPT_LIMIT = 1000
# STS API reference, AssumeRole: RoleSessionName and ExternalId.
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
# Redshift, "Quotas and limits": 1 to 63 (a workgroup 3 to 64) of lower case, digits and hyphens.
_CLUSTER = re.compile(r"[a-z](?:-?[a-z0-9])*")
_CLUSTER_LIMIT = 63
_WORKGROUP = re.compile(r"[a-z0-9-]{3,64}")
_SECRET_ARN = re.compile(r"arn:aws(?:-[a-z-]+)?:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+", re.ASCII)


def boolean(text: str) -> bool:
    """true, yes, on, 1 and their contraries, in any case."""
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is neither true nor false: write true or false")
    return found


def port(text: str) -> int:
    """1 to 65535."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _PORT_LIMIT:
        raise ValueError(f"{text!r} is no port: write a number from 1 to {_PORT_LIMIT}")
    return int(text)


def kept(text: str) -> int:
    """How many of something are kept: 1 to 1000."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _KEPT_LIMIT:
        raise ValueError(f"{text!r} is no number to keep: write one from 1 to {_KEPT_LIMIT}")
    return int(text)


def prefix(text: str) -> str:
    """What Lambda functions and ECR repositories can begin with."""
    problems = names.check_lambda_name(names.lambda_name(text, "m"), where="")
    problems = problems or names.check_repository_name(names.repository_name(text, "m"), where="")
    if problems:
        raise ValueError(f"{text!r} cannot begin an AWS name: use lower case, digits and single - or _, 63 at most")
    return text


def suffix(text: str) -> str:
    """What tells a second set of Lambda functions and its schema from the first."""
    if not _SUFFIX.fullmatch(text):
        raise ValueError(f"{text!r} is no suffix: write _ and lower-case letters, digits and _, 20 at most, as _next")
    return text


def role(text: str) -> str:
    """An IAM role's ARN."""
    if not _ROLE.fullmatch(text):
        raise ValueError(f"{text!r} is no role's ARN: write arn:aws:iam::<account>:role/<name>")
    return text


def roles(text: str) -> str:
    """One ARN, or a chain of them with commas and no blanks, as Redshift takes it."""
    return ",".join(role(part.strip()) for part in text.split(","))


def accounts(text: str) -> tuple[str, ...]:
    """Account numbers, with commas between."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for each in found:
        if not _ACCOUNT.fullmatch(each):
            raise ValueError(f"{each!r} is no account: write its 12 digits")
    return found


def retention(text: str) -> int:
    """Days, of those that CloudWatch Logs takes."""
    if not text.isascii() or not text.isdecimal() or int(text) not in LOG_RETENTION:
        raise ValueError(f"{text!r} is no retention: write one of {', '.join(map(str, LOG_RETENTION))}")
    return int(text)


def subnets(text: str) -> tuple[str, ...]:
    """Ids of subnets, with commas between."""
    return _ids(text, "subnet")


def security_groups(text: str) -> tuple[str, ...]:
    """Ids of security groups, with commas between."""
    return _ids(text, "sg")


def _ids(text: str, kind: str) -> tuple[str, ...]:
    found = tuple(sorted({part.strip() for part in text.split(",")}))
    for each in found:
        if not re.fullmatch(rf"{kind}-[0-9a-f]+", each):
            raise ValueError(f"{each!r} is no id: write {kind}-0123abcd")
    return found


def tags(text: str) -> tuple[tuple[str, str], ...]:
    """`key=value`, with commas between."""
    found: dict[str, str] = {}
    for part in text.split(","):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not key or not sign:
            raise ValueError(f"{part.strip()!r} is no tag: write key=value")
        if key.startswith(("aws:", "gateway-")) or key in ("managed-by", "content-hash"):
            raise ValueError(f"{key!r} is a tag of AWS's or of ours: choose another one")
        found[key] = value
    return tuple(sorted(found.items()))


def session_name(text: str) -> str:
    """What CloudTrail shows."""
    if not _SESSION.fullmatch(text):
        raise ValueError(f"{text!r} is no session's name: use 2 to 64 letters, digits and +=,.@-_")
    return text


def external_id(text: str) -> str:
    """What the owner of a role asks of those who assume it."""
    if not _EXTERNAL_ID.fullmatch(text):
        raise ValueError("is no external id: use 2 to 1224 letters, digits and +=,.@:/-_")
    return text


def cluster(text: str) -> str:
    """A provisioned cluster's identifier."""
    if len(text) > _CLUSTER_LIMIT or not _CLUSTER.fullmatch(text):
        raise ValueError(f"{text!r} is no cluster's identifier: use lower case, digits and single hyphens, 63 at most")
    return text


def workgroup(text: str) -> str:
    """A serverless workgroup's name."""
    if not _WORKGROUP.fullmatch(text):
        raise ValueError(f"{text!r} is no workgroup's name: use 3 to 64 of lower case, digits and hyphens")
    return text


def secret_arn(text: str) -> str:
    """A Secrets Manager secret's ARN."""
    if not _SECRET_ARN.fullmatch(text):
        raise ValueError(f"{text!r} is no secret's ARN: write arn:aws:secretsmanager:<region>:<account>:secret:<name>")
    return text


def grantees(text: str) -> tuple[str, ...]:
    """Users, `group NAME`, `role NAME` and `public`, with commas between; no name of theirs may hold one."""
    found = tuple(" ".join(part.split()) for part in text.split(","))
    for each in found:
        word, _, name = each.partition(" ")
        if not each or (not name and word.lower() in {"group", "role", "user"}):
            raise ValueError(f"{each!r} names nobody: write a user, group NAME, role NAME or public")
        identifier(name if word.lower() in {"group", "role"} else each)
    return tuple(dict.fromkeys(found))


def region(text: str) -> str:
    """As us-east-1."""
    if not _REGION.fullmatch(text):
        raise ValueError(f"{text!r} is no Region: write it as us-east-1")
    return text


def host(text: str) -> str:
    """A host's name or address. The console shows host:port/database in one: people paste that."""
    if "/" in text or re.fullmatch(r"[^:]+:\d+", text):
        raise ValueError(f"{text!r} is more than a host: split it into RS_HOST, RS_PORT and RS_DATABASE")
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text!r} is no host: write a name or an address")
    return text


def registry(text: str) -> str:
    """Host, port and path of a registry, without scheme."""
    bare = text.rstrip("/")
    if not _REGISTRY.fullmatch(bare):
        raise ValueError(f"{text!r} is no registry: write host[:port][/path], without https://")
    return bare


def url(text: str) -> str:
    """An address with its scheme."""
    if not _URL.fullmatch(text):
        raise ValueError(f"{text!r} is no address: write http://host:port or https://host")
    if "@" in text.partition("://")[2].partition("/")[0]:
        # Not quoted: what stands before the @ may be a password.
        raise ValueError("holds a user or a password: leave them out, AWS takes keys")
    return text


def identifier(text: str) -> str:
    """A SQL name, or a part of one."""
    problems = names.check_identifier(text, where="")
    if problems:
        raise ValueError(f"{problems[0].what}: {problems[0].hint}")
    return text


def schema(text: str) -> str:
    """A schema's name, or a part of one, as an author's own SQL can name it inside quotes of either kind."""
    if set(text) & set("'\"\\$"):
        raise ValueError(f"{text!r} holds a quote, a backslash or a dollar sign: write letters, digits and underscores")
    return identifier(text)


def mode(text: str) -> Mode:
    """Whether a module's functions share a Lambda, or each has its own."""
    for known in MODES:
        if text.lower() == known:
            return known
    raise ValueError(f"{text!r} is no mode: write {' or '.join(MODES)}")


def architecture(text: str) -> Architecture:
    """What Lambda functions and their images run on."""
    known: tuple[Architecture, ...] = get_args(Architecture)
    for each in known:
        if text.lower() == each:
            return each
    raise ValueError(f"{text!r} is no architecture of Lambda: write {' or '.join(known)}")


def plain(text: str) -> str:
    """Any one line."""
    if any(ord(character) < 32 for character in text):  # noqa: PLR2004 (the first printable character)
        raise ValueError("holds a control character: write one line")
    return text
