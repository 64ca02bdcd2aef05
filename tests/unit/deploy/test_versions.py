"""The door to versions and aliases: requests are checked against AWS's own models by botocore's Stubber."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from builder.adapters.aws import Aws
from builder.adapters.versions import LambdaVersions
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.errors import AwsError, InvokeError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = {"FunctionName": "carto-at-h3"}
ALIAS = {**NAME, "Name": "live"}
QUESTION = {**NAME, "InvocationType": "RequestResponse", "Payload": b'{"gateway": "check"}'}


@pytest.fixture(scope="module")
def aws() -> Aws:
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("lambda")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def answered(text: Any, **more: Any) -> dict[str, Any]:
    payload = json.dumps(text).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(payload), len(payload)), **more}


def listed(*versions: str, **more: Any) -> dict[str, Any]:
    return {"Versions": [{"Version": version} for version in versions], **more}


def test_a_version_is_waited_for_under_its_own_name(aws: Aws, stub: Stubber) -> None:
    stub.add_response("publish_version", {"Version": "4"}, NAME)
    stub.add_response("get_function", {"Configuration": {"State": "Active"}}, {**NAME, "Qualifier": "4"})
    assert LambdaVersions(aws).publish("carto-at-h3") == "4"


def test_a_version_that_does_not_become_active_is_reported_with_its_reason_code(aws: Aws, stub: Stubber) -> None:
    failed = {"State": "Failed", "StateReasonCode": "InvalidImage", "StateReason": "Bad image."}
    stub.add_response("publish_version", {"Version": "4"}, NAME)
    stub.add_response("get_function", {"Configuration": failed}, {**NAME, "Qualifier": "4"})
    with pytest.raises(AwsError, match=r"carto-at-h3:4: failed: InvalidImage: Bad image\."):
        LambdaVersions(aws).publish("carto-at-h3")


def test_code_that_works_says_so_in_a_json_string(aws: Aws, stub: Stubber) -> None:
    text = '{"success": true, "num_records": 1, "results": ["h3_center"]}'
    stub.add_response("invoke", answered(text), {**QUESTION, "Qualifier": "4"})
    LambdaVersions(aws).ask("carto-at-h3", "4")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answered('{"success": false, "error_msg": "h3_center cannot be imported"}'), "h3_center cannot be imported"),
        (answered({"success": True}), "did not answer with a JSON string"),
        (answered("[]"), r"\[\]"),
        (answered("pong"), "its answer is not JSON"),
        (answered({"errorType": "Runtime.ExitError"}, FunctionError="Unhandled"), "Runtime.ExitError"),
    ],
    ids=["import", "object", "list", "text", "start"],
)
def test_code_that_does_not_work_is_an_error_that_says_what_was_left_alone(
    aws: Aws, stub: Stubber, answer: dict[str, Any], said: str
) -> None:
    stub.add_response("invoke", answer, QUESTION)
    with pytest.raises(InvokeError, match=f"the new code does not work: .*{said}") as caught:
        LambdaVersions(aws).ask("carto-at-h3")
    assert "neither the alias nor SQL was moved to it" in caught.value.problems[0].hint


def test_an_alias_is_moved_or_made(aws: Aws, stub: Stubber) -> None:
    wanted = {**ALIAS, "FunctionVersion": "4"}
    stub.add_response("update_alias", {}, wanted)
    LambdaVersions(aws).point("carto-at-h3", "live", "4")
    stub.add_client_error("update_alias", "ResourceNotFoundException", expected_params=wanted)
    stub.add_response("create_alias", {}, wanted)
    LambdaVersions(aws).point("carto-at-h3", "live", "4")


def test_old_versions_go_and_the_one_that_serves_stays(aws: Aws, stub: Stubber) -> None:
    stub.add_response("list_versions_by_function", listed("$LATEST", "10", "9", NextMarker="m"), NAME)
    stub.add_response("list_versions_by_function", listed("2", "3", "4"), {**NAME, "Marker": "m"})
    stub.add_response("get_alias", {"FunctionVersion": "3"}, ALIAS)
    # The newest two of 2, 3, 4, 9, 10 are 9 and 10; 3 is what the alias points at.
    stub.add_response("delete_function", {}, {**NAME, "Qualifier": "2"})
    stub.add_client_error("delete_function", "ResourceNotFoundException", expected_params={**NAME, "Qualifier": "4"})
    LambdaVersions(aws).prune("carto-at-h3", keep=2, alias="live")


def test_few_versions_are_not_worth_a_question(aws: Aws, stub: Stubber) -> None:
    stub.add_response("list_versions_by_function", listed("$LATEST", "1"), NAME)
    LambdaVersions(aws).prune("carto-at-h3", keep=1, alias="live")
