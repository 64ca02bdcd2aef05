"""Requests against AWS's own model of the services, and the Query protocol's forms and XML."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from builder.local.data_api import model
from builder.local.data_api.model import ApiError


def shape(operation: str, service: str = "redshift-data") -> Any:
    return model.service(service).operation_model(operation).input_shape


def refusal(operation: str, given: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        model.check(shape(operation), given)
    return caught.value.code, caught.value.message


def test_a_fitting_request_passes() -> None:
    parameters = [{"name": "a_1", "value": "x"}]
    model.check(shape("ExecuteStatement"), {"Sql": "SELECT 1", "Parameters": parameters, "WaitTimeSeconds": 30})


@pytest.mark.parametrize(
    ("operation", "given", "words"),
    [
        ("ExecuteStatement", {}, "'sql' failed to satisfy constraint: Member must not be null"),
        ("ExecuteStatement", {"Sql": "x", "WaitTimeSeconds": 31}, "have value less than or equal to 30"),
        ("ExecuteStatement", {"Sql": "x", "SessionKeepAliveSeconds": 86_401}, "less than or equal to 86400"),
        ("ExecuteStatement", {"Sql": "x", "ClientToken": "x" * 65}, "have length less than or equal to 64"),
        ("ExecuteStatement", {"Sql": "x", "ResultFormat": "XML"}, "satisfy enum value set: [JSON, CSV]"),
        ("ExecuteStatement", {"Sql": "x", "Parameters": [{"name": "a", "value": ""}]}, "'parameters.1.member.value'"),
        ("BatchExecuteStatement", {"Sqls": []}, "have length greater than or equal to 1"),
        ("BatchExecuteStatement", {"Sqls": ["x"] * 41}, "have length less than or equal to 40"),
        ("ListStatements", {"MaxResults": 101}, "have value less than or equal to 100"),
        ("DescribeStatement", {"Id": "X"}, "id must satisfy regex pattern: ^"),
    ],
)
def test_the_bounds_of_the_reference_hold(operation: str, given: dict[str, Any], words: str) -> None:
    code, message = refusal(operation, given)

    assert code == "ValidationException"
    assert words in message


def test_all_problems_are_told_at_once() -> None:
    _, message = refusal("ExecuteStatement", {"WaitTimeSeconds": 0})

    assert message.startswith("2 validation errors detected: ")


@pytest.mark.parametrize("given", [{"Sql": 1}, {"Sql": "x", "WithEvent": 1}, {"Sql": "x", "WaitTimeSeconds": True}, []])
def test_a_wrong_type_is_no_request(given: Any) -> None:
    assert refusal("ExecuteStatement", given)[0] == "SerializationException"


def test_a_form_becomes_the_structure_it_stands_for() -> None:
    """AWS's Query protocol: list members as `Name.Item.1`, with the item's name of the model."""
    form = {
        "Action": "ModifyClusterIamRoles",
        "Version": "2012-12-01",
        "ClusterIdentifier": "local",
        "AddIamRoles.IamRoleArn.1": "a",
        "AddIamRoles.IamRoleArn.2": "b",
    }
    assert model.read_query(shape("ModifyClusterIamRoles", "redshift"), form) == {
        "ClusterIdentifier": "local",
        "AddIamRoles": ["a", "b"],
    }


def test_a_reply_is_well_formed_whatever_its_texts_hold() -> None:
    output = model.service("redshift").operation_model("DescribeClusters").output_shape
    reply = {"Clusters": [{"ClusterIdentifier": "<a&b>", "Encrypted": False, "NumberOfNodes": 1}]}
    root = ET.fromstring(model.write_query(output, reply, "DescribeClustersResult"))  # noqa: S314 - our own text

    cluster = root.find("Clusters/Cluster")
    assert cluster is not None
    assert {each.tag: each.text for each in cluster} == {
        "ClusterIdentifier": "<a&b>",
        "Encrypted": "false",
        "NumberOfNodes": "1",
    }


def test_a_character_that_xml_cannot_hold_is_replaced() -> None:
    assert model.escape("a\0b\x1f\ufffe\n") == "a?b??\n"
