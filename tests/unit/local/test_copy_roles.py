"""What COPY and UNLOAD ask IAM, and in whose words they are refused.

Expectations: Redshift, "Permissions to access other AWS Resources" (COPY: LIST and GET; UNLOAD: PUT too), "UNLOAD"
(CLEANPATH: s3:DeleteObject), "Chaining IAM roles"; IAM, "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from builder.local.copying.objects import FakeObjects
from builder.local.iam.account import FakeIam, Role
from builder.local.iam.gate import Gate
from builder.local.sqlstate import SqlError
from tests.unit.local.roles import ARN, CHAINED, REDSHIFT, Cluster, document, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.client import Client

LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake"}
GET = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/in/*"}
PUT = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/out/*"}
READER = Role(arn=ARN, trust=REDSHIFT, policies=(document(LIST, GET),))
WRITER = Role(arn=ARN, trust=REDSHIFT, policies=(document(LIST, PUT),))
COPY = f"COPY t FROM 's3://lake/in/' IAM_ROLE '{ARN}'"
UNLOAD = f"UNLOAD ('SELECT a FROM t') TO 's3://lake/out/' IAM_ROLE '{ARN}'"


class Judged:
    """A session with a table `t`, two objects under s3://lake/in/, and roles in memory."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.objects = FakeObjects({"s3://lake/in/a": b"1\n", "s3://lake/in/b": b"2\n"})
        self.iam = FakeIam()
        self.cluster = Cluster()
        client.engine.objects = self.objects
        client.engine.gate = Gate(iam=self.iam, holder=self.cluster, attached=True)
        client.run("CREATE TABLE t (a INT)")

    def give(self, *roles: Role) -> None:
        self.iam.roles = {role.arn: role for role in roles}

    def refused(self, sql: str) -> SqlError:
        with pytest.raises(SqlError) as caught:
            self.client.run(sql)
        assert caught.value.code == "XX000"
        return caught.value

    @property
    def written(self) -> list[str]:
        return [name for name in self.objects.contents if "/out/" in name]


@pytest.fixture
def judged(client: Client) -> Iterator[Judged]:
    yield Judged(client)
    client.engine.gate = None


def said(action: str, resource: str, why: str) -> str:
    who = "User: arn:aws:sts::000000000000:assumed-role/invoke/RedshiftIamRoleSession"
    what = f'is not authorized to perform: {action} on resource: "{resource}"'
    return f"S3ServiceException:{who} {what} {why},Status 403,Error AccessDenied"


def because(action: str) -> str:
    return f"because no identity-based policy allows the {action} action"


def test_copy_lists_and_gets(judged: Judged) -> None:
    judged.give(READER)
    judged.client.run(COPY)
    assert judged.client.run("SELECT a FROM t ORDER BY a") == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("policies", "action", "resource"),
    [
        ((), "s3:ListBucket", "arn:aws:s3:::lake"),
        ((document(LIST),), "s3:GetObject", "arn:aws:s3:::lake/in/a"),
        ((document(LIST, {**GET, "Resource": "arn:aws:s3:::lake/in/a"}),), "s3:GetObject", "arn:aws:s3:::lake/in/b"),
        ((document({**LIST, "Resource": "arn:aws:s3:::lake/*"}, GET),), "s3:ListBucket", "arn:aws:s3:::lake"),
    ],
)
def test_copy_by_a_role_that_may_not(judged: Judged, policies: tuple[str, ...], action: str, resource: str) -> None:
    judged.give(replace(READER, policies=policies))
    assert judged.refused(COPY).message == said(action, resource, because(action))
    assert judged.client.run("SELECT COUNT(*) FROM t") == [("0",)]


def test_a_condition_on_the_prefix(judged: Judged) -> None:
    """S3's guide, "Example: policies that use s3:prefix"."""
    only = {**LIST, "Condition": {"StringLike": {"s3:prefix": "in/*"}}}
    judged.give(replace(READER, policies=(document(only, GET),)))
    judged.client.run(COPY)
    elsewhere = judged.refused(COPY.replace("/in/", "/other/"))
    assert elsewhere.message == said("s3:ListBucket", "arn:aws:s3:::lake", because("s3:ListBucket"))


def test_a_manifest_and_paths_are_read_by_the_role_too(judged: Judged) -> None:
    judged.objects.contents["s3://lake/m"] = b'{"entries": [{"url": "s3://lake/in/a"}]}'
    judged.give(READER)
    manifest = judged.refused(f"COPY t FROM 's3://lake/m' IAM_ROLE '{ARN}' MANIFEST")
    assert manifest.message == said("s3:GetObject", "arn:aws:s3:::lake/m", because("s3:GetObject"))
    paths = judged.refused(f"{COPY} JSON 's3://lake/paths'")
    assert paths.message == said("s3:GetObject", "arn:aws:s3:::lake/paths", because("s3:GetObject"))


def test_unload_lists_and_puts(judged: Judged) -> None:
    judged.give(WRITER)
    judged.client.run(UNLOAD)
    assert judged.written == ["s3://lake/out/0000_part_00"]
    judged.give(replace(WRITER, policies=(document(LIST),)))
    error = judged.refused(UNLOAD.replace("/out/", "/out/two/"))
    assert error.message == said("s3:PutObject", "arn:aws:s3:::lake/out/two/0000_part_00", because("s3:PutObject"))
    assert len(judged.written) == 1


def test_cleanpath_deletes(judged: Judged) -> None:
    judged.give(WRITER)
    judged.client.run(UNLOAD)
    error = judged.refused(f"{UNLOAD} CLEANPATH")
    assert error.message == said("s3:DeleteObject", "arn:aws:s3:::lake/out/0000_part_00", because("s3:DeleteObject"))
    delete = {"Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::lake/*"}
    judged.give(replace(WRITER, policies=(document(LIST, PUT, delete),)))
    judged.client.run(f"{UNLOAD} CLEANPATH")


@pytest.mark.parametrize("sql", [COPY, UNLOAD])
def test_the_role_itself(judged: Judged, sql: str) -> None:
    gone = f"Not authorized to get credentials of role {ARN}"
    assert judged.refused(sql).message == gone
    judged.give(replace(READER, trust=trust({"Service": "lambda.amazonaws.com"})))
    assert judged.refused(sql).message == gone
    judged.cluster.attached = ()
    assert judged.refused(sql).message == f"The requested role {ARN} is not associated to cluster"
    assert "no role is the default" in judged.refused(sql.replace(f"'{ARN}'", "default")).message


def test_a_chain_of_roles(judged: Judged) -> None:
    """The last one's policies count; its account is another, so the bucket's policy must allow it too."""
    assume = document({"Action": "sts:AssumeRole", "Resource": CHAINED})
    first = replace(READER, policies=(assume,))
    second = Role(arn=CHAINED, trust=trust({"AWS": ARN}), policies=(document({"Action": "s3:*", "Resource": "*"}),))
    chained = COPY.replace(ARN, f"{ARN},{CHAINED}")
    judged.give(first, replace(second, trust=REDSHIFT))
    assert judged.refused(chained).message == f"Not authorized to get credentials of role {CHAINED}"
    judged.give(first, second)
    assert "because no resource-based policy allows the s3:ListBucket action" in judged.refused(chained).message
    both = {"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}
    judged.iam.buckets["lake"] = document({**both, "Principal": {"AWS": CHAINED}})
    judged.client.run(chained)


@pytest.mark.parametrize(
    ("effect", "why"),
    [("Deny", "with an explicit deny in a resource-based policy"), ("Allow", "")],
)
def test_a_bucket_s_own_policy(judged: Judged, effect: str, why: str) -> None:
    statement: dict[str, Any] = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Principal": {"AWS": ARN}}
    judged.iam.buckets["lake"] = document(statement)
    judged.give(READER if why else replace(READER, policies=()))
    if why:
        assert judged.refused(COPY).message == said("s3:ListBucket", "arn:aws:s3:::lake", why)
    else:
        judged.client.run(COPY)


def test_an_unload_s_query_is_not_run_for_a_role_that_is_not_there(judged: Judged) -> None:
    judged.iam.roles[ARN] = replace(READER, policies=(document({"Action": "lambda:*", "Resource": "*"}),))
    judged.client.run(f"CREATE EXTERNAL FUNCTION same(INT) RETURNS INT STABLE LAMBDA 'same' IAM_ROLE '{ARN}'")
    judged.client.run("INSERT INTO t VALUES (1)")
    assert judged.refused(f"UNLOAD ('SELECT same(a) FROM t') TO 's3://lake/out/' IAM_ROLE '{CHAINED}'")
    assert judged.client.sent == []
