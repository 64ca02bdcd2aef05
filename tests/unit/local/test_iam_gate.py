"""Roles of external functions, as CREATE and the calls find them.

Expectations: Redshift, "Authorizing ... CREATE EXTERNAL FUNCTION ... operations using IAM roles" (trust, attachment,
chaining, sts:ExternalId of a database user) and IAM, "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from builder.local.iam.account import FakeIam, Role
from builder.local.iam.gate import KEPT_SECONDS, Gate
from builder.local.objects.functions import External
from builder.local.sqlstate import SqlError
from tests.unit.local.roles import ARN, CHAINED, REDSHIFT, Cluster, document, gate, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.client import Client

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:same"
INVOKE = "lambda:InvokeFunction"
MAY = document({"Action": INVOKE, "Resource": "arn:aws:lambda:us-east-1:000000000000:function:sa*"})
GOOD = Role(arn=ARN, trust=REDSHIFT, policies=(MAY,))


def refused(made: Gate, *, role: str = ARN, function: str = "same", user: str = "awsuser") -> SqlError:
    with pytest.raises(SqlError) as caught:
        made.check(External(lambda_name=function, iam_role=role), user)
    return caught.value


def test_a_role_that_is_there_trusts_redshift_and_may_invoke() -> None:
    external = External(lambda_name="same", iam_role=ARN)
    gate(GOOD).check(external, "awsuser")
    gate(replace(GOOD, trust=trust({"Service": ["redshift-serverless.amazonaws.com"]}))).check(external, "awsuser")
    gate(GOOD).check(External(lambda_name=FUNCTION, iam_role=ARN), "awsuser")


def test_a_role_that_is_not_there() -> None:
    error = refused(gate())
    assert (error.code, error.message) == ("XX000", f"Not authorized to get credentials of role {ARN}")
    assert error.hint == "there is no such role"


@pytest.mark.parametrize(
    "untrusting",
    [
        trust({"Service": "lambda.amazonaws.com"}),
        trust({"AWS": "arn:aws:iam::000000000000:root"}),
        document({"Action": "sts:TagSession", "Principal": {"Service": "redshift.amazonaws.com"}}),
    ],
)
def test_a_role_that_does_not_trust_redshift(untrusting: str) -> None:
    error = refused(gate(replace(GOOD, trust=untrusting)))
    assert error.message == f"Not authorized to get credentials of role {ARN}"
    assert "redshift-serverless.amazonaws.com" in error.hint


def test_a_role_for_one_database_user() -> None:
    """Restricting access to IAM roles: the trust policy's sts:ExternalId names a database user of a cluster."""
    ana = {"StringEquals": {"sts:ExternalId": "arn:aws:redshift:us-east-1:000000000000:dbuser:local/ana"}}
    made = gate(replace(GOOD, trust=trust({"Service": "redshift.amazonaws.com"}, Condition=ana)))
    made.check(External(lambda_name="same", iam_role=ARN), "ana")
    assert refused(made, user="bob").message == f"Not authorized to get credentials of role {ARN}"


def test_a_role_that_is_not_attached() -> None:
    detached = Cluster(attached=())
    assert refused(gate(GOOD, cluster=detached)).message == f"The requested role {ARN} is not associated to cluster"
    gate(GOOD, cluster=detached, attached=False).check(External(lambda_name="same", iam_role=ARN), "awsuser")


def test_the_default_role() -> None:
    gate(GOOD, cluster=Cluster(default=ARN)).check(External(lambda_name="same", iam_role="default"), "awsuser")
    assert "no role is the default" in refused(gate(GOOD), role="default").message


SAID = (
    f"User: arn:aws:sts::000000000000:assumed-role/invoke/RedshiftIamRoleSession is not authorized to perform: {INVOKE}"
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"policies": ()}, f"because no identity-based policy allows the {INVOKE} action"),
        (
            {"policies": (MAY, document({"Effect": "Deny", "Action": "lambda:*", "Resource": FUNCTION}))},
            "with an explicit deny in an identity-based policy",
        ),
        (
            {"boundary": document({"Action": "s3:*", "Resource": "*"})},
            f"because no permissions boundary allows the {INVOKE} action",
        ),
        (
            {"policies": (document({"Action": INVOKE, "Resource": FUNCTION + "2"}),)},
            f"because no identity-based policy allows the {INVOKE} action",
        ),
    ],
)
def test_a_role_that_may_not_invoke(change: dict[str, Any], why: str) -> None:
    error = refused(gate(replace(GOOD, **change)))
    tail = "Exception: AccessDeniedException; ShouldRetry: 0"
    assert (error.code, error.message) == ("XX000", f"{SAID} on resource: {FUNCTION} {why}; {tail}")


def test_a_function_s_own_policy_is_enough_in_one_account() -> None:
    bare = replace(GOOD, policies=())
    allowing = document({"Action": INVOKE, "Resource": FUNCTION, "Principal": {"AWS": ARN}})
    gate(bare, functions={FUNCTION: allowing}).check(External(lambda_name="same", iam_role=ARN), "awsuser")
    # The account as principal leaves it to the role's own policies.
    account = document({"Action": INVOKE, "Resource": FUNCTION, "Principal": {"AWS": "000000000000"}})
    assert "no identity-based policy" in refused(gate(bare, functions={FUNCTION: account})).message
    deny = document({"Effect": "Deny", "Action": INVOKE, "Resource": FUNCTION, "Principal": "*"})
    assert "explicit deny in a resource-based policy" in refused(gate(GOOD, functions={FUNCTION: deny})).message


def test_a_function_of_another_account_takes_both_sides() -> None:
    theirs = FUNCTION.replace("000000000000", "123456789012")
    mine = replace(GOOD, policies=(document({"Action": "lambda:*", "Resource": "*"}),))
    assert (
        f"because no resource-based policy allows the {INVOKE} action" in refused(gate(mine), function=theirs).message
    )
    both = document({"Action": INVOKE, "Resource": theirs, "Principal": {"AWS": "arn:aws:iam::000000000000:root"}})
    gate(mine, functions={theirs: both}).check(External(lambda_name=theirs, iam_role=ARN), "awsuser")


FIRST = replace(GOOD, policies=(document({"Action": "sts:AssumeRole", "Resource": CHAINED}),))
SECOND = Role(
    arn=CHAINED, trust=trust({"AWS": ARN}), policies=(document({"Action": "lambda:Invoke*", "Resource": "*"}),)
)
CHAIN = External(lambda_name="same", iam_role=f"{ARN},{CHAINED}")


def test_a_chain_of_roles() -> None:
    """Chaining IAM roles: only the first is attached; each assumes the next, and the last one's policies count."""
    gate(FIRST, SECOND).check(CHAIN, "awsuser")


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        (replace(FIRST, policies=()), SECOND, "may not assume it"),
        (FIRST, replace(SECOND, trust=REDSHIFT), "does not let"),
    ],
)
def test_a_chain_that_breaks(first: Role, second: Role, hint: str) -> None:
    error = refused(gate(first, second), role=CHAIN.iam_role)
    assert error.message == f"Not authorized to get credentials of role {CHAINED}"
    assert hint in error.hint


def test_the_last_of_a_chain_invokes() -> None:
    error = refused(gate(FIRST, replace(SECOND, policies=())), role=CHAIN.iam_role)
    session = "arn:aws:sts::123456789012:assumed-role/theirs/RedshiftIamRoleSession"
    assert error.message.startswith(f"User: {session} is not authorized to perform: {INVOKE}")
    # A bare name is a function of the account of the role that calls it.
    assert "arn:aws:lambda:us-east-1:123456789012:function:same" in error.message


def test_what_is_allowed_is_remembered_for_seconds_and_what_is_refused_is_not() -> None:
    now = [0.0]
    iam = FakeIam()
    made = Gate(iam=iam, holder=Cluster(), attached=True, clock=lambda: now[0])
    external = External(lambda_name="same", iam_role=ARN)
    assert refused(made)
    iam.roles[ARN] = GOOD
    made.check(external, "awsuser")
    asked = iam.asked
    made.check(external, "awsuser")
    assert iam.asked == asked
    del iam.roles[ARN]
    now[0] = KEPT_SECONDS
    assert refused(made)
    made.kept[ARN, "same", "awsuser"] = 99.0
    with pytest.raises(SqlError):
        made.check(external, "awsuser", fresh=True)


@pytest.fixture
def guarded(client: Client) -> Iterator[tuple[Client, FakeIam]]:
    """A session behind a gate."""
    iam = FakeIam({ARN: GOOD})
    client.engine.gate = Gate(iam=iam, holder=Cluster(), attached=True)
    yield client, iam
    client.engine.gate = None


CREATE = f"CREATE EXTERNAL FUNCTION same(INT) RETURNS INT STABLE LAMBDA 'same' IAM_ROLE '{ARN}'"


def test_create_asks(guarded: tuple[Client, FakeIam]) -> None:
    client, iam = guarded
    del iam.roles[ARN]
    with pytest.raises(SqlError, match="Not authorized to get credentials of role"):
        client.run(CREATE)
    assert client.run("SELECT COUNT(*) FROM pg_proc") == [("0",)]


def test_a_call_asks_and_one_that_sends_nothing_does_not(guarded: tuple[Client, FakeIam]) -> None:
    client, iam = guarded
    client.run(CREATE)
    assert client.run("SELECT same(1)") == [("1",)]
    iam.roles[ARN] = replace(GOOD, policies=())
    assert client.engine.gate is not None
    client.engine.gate.kept.clear()
    with pytest.raises(SqlError, match="is not authorized to perform: lambda:InvokeFunction"):
        client.run("SELECT same(1)")
    assert client.run("SELECT same(n::INT) FROM generate_series(1, 0) AS g(n)") == []
    assert len(client.sent) == 1
