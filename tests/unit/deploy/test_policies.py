"""Policy documents against AWS's own words, and names of what is ours."""

from __future__ import annotations

import json
from dataclasses import replace

from builder.adapters.fake_registry import IDENTITY
from builder.core.deploy import policies
from builder.core.deploy.actions import Tag


def test_spellings_of_one_document_are_one() -> None:
    one = {"Statement": [{"Action": ["b", "a"], "Principal": {"Service": ["x"]}}], "Version": "2012-10-17"}
    other = {"Version": "2012-10-17", "Statement": {"Principal": {"Service": "x"}, "Action": ["a", "b"]}}
    assert policies.canonical(one) == policies.canonical(other)
    assert policies.canonical(one) != policies.canonical({**other, "Version": "2008-10-17"})


def test_redshift_calls_under_either_of_its_two_principals() -> None:
    statement = json.loads(policies.invoke_trust())["Statement"]
    assert set(statement["Principal"]["Service"]) == {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}


def test_the_invoke_role_may_call_our_functions_of_this_account_and_region_and_nothing_else() -> None:
    statement = json.loads(policies.invoke_policy(IDENTITY, "dev-"))["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:dev-*",
    }


def test_the_execution_role_writes_the_logs_of_our_functions_and_nothing_else() -> None:
    statement = json.loads(policies.execution_policy(IDENTITY, "dev-"))["Statement"]
    assert statement["Resource"] == "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/dev-*"
    assert all(action.startswith("logs:") for action in statement["Action"])


def test_other_partitions_have_other_arns() -> None:
    china = replace(IDENTITY, partition="aws-cn", region="cn-north-1")
    assert policies.role_arn(china, "R") == "arn:aws-cn:iam::123456789012:role/R"
    assert "arn:aws-cn:lambda:cn-north-1:" in policies.invoke_policy(china, "dev-")


def test_ours_is_what_carries_our_tag_and_our_prefix() -> None:
    ours = policies.function_tags("dev-", "h3", "sha256:abc")
    assert policies.is_ours((*ours, Tag(key="team", value="maps")), "dev-")
    assert not policies.is_ours(ours, "prod-")
    assert not policies.is_ours(ours[1:], "dev-")


def test_tags_hold_no_character_that_aws_refuses() -> None:
    # Tagging, "Tag naming limits": letters, digits, blanks and + - = . _ : / @; 256 characters for a value.
    for tag in policies.function_tags("dev-carto_at-", "h3", f"sha256:{'f' * 64}"):
        assert all(character.isalnum() or character in " +-=._:/@" for character in tag.key + tag.value)
        assert len(tag.value) <= 256
