"""Which function answers, and what a request and a reply look like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.runtime.conftest import Image

SAME = "@redshift_handler\ndef lambda_handler(x): return x\n"
SAME_COLUMN = "@redshift_batch_handler\ndef lambda_handler(x): return x\n"
SUM = "@redshift_handler\ndef lambda_handler(a, b): return a + b\n"


@pytest.mark.parametrize(
    "called", ["same", "carto.same", "dev.carto.same", "CARTO.SAME", '"carto"."Same"', '"a.b"."same"', '"o""k".same']
)
def test_the_last_part_of_the_name_finds_the_function(image: Image, called: str) -> None:
    image.add("same", SAME)
    assert image.results("", [["a"]], external_function=called) == ["a"]


def test_a_quoted_name_keeps_its_dots_and_quotes(image: Image) -> None:
    image.add("same", SAME)
    image.entries[0]["sql_names"] = ['odd."name']
    assert image.results("", [["a"]], external_function='carto."odd.""name"') == ["a"]


def test_the_external_name_behind_a_wrapper_finds_it_too(image: Image) -> None:
    assert image.add("same", SAME).results("same_external", [["a"]]) == ["a"]


def test_an_unknown_function_is_named_together_with_what_there_is(image: Image) -> None:
    image.add("same", SAME).add("other", SAME)
    message = image.error("absent", [["a"]])
    assert "'absent'" in message
    assert "other, other_external, same, same_external" in message


@pytest.mark.parametrize("name", [None, "", "carto.", 7, '"'])
def test_a_request_without_a_name_is_refused(image: Image, name: Any) -> None:
    assert "external_function" in image.add("same", SAME).error("same", [["a"]], external_function=name)


def test_the_sample_of_the_documentation_with_its_null_row(image: Image) -> None:
    image.add("total", SUM, ["INTEGER", "INTEGER"], "INTEGER")
    # The arguments are the documentation's own; sums by hand.
    assert image.results("total", [[1, 2], [3, None], None, [4, 6]]) == [3, None, None, 10]


def test_bare_values_are_rows_of_a_function_with_one_argument(image: Image) -> None:
    image.add("same", SAME)
    assert image.results("same", ["a", ["b"], None, [None], "ab", ""]) == ["a", "b", None, None, "ab", ""]


@pytest.mark.parametrize("rows", [None, [[], [], []], [None, None, None]])
def test_a_function_without_arguments_answers_for_num_records(image: Image, rows: Any) -> None:
    image.add("seven", "@redshift_handler\ndef lambda_handler(): return 7\n", [], "INTEGER")
    image.add("count", "@redshift_batch_handler\ndef lambda_handler(n): return [n] * n\n", [], "INTEGER")
    assert image.results("seven", rows, num_records=3) == [7, 7, 7]
    assert image.results("count", rows, num_records=3) == [3, 3, 3]


@pytest.mark.parametrize("code", [SAME, SAME_COLUMN])
@pytest.mark.parametrize("rows", [[], None])
def test_an_empty_batch_has_no_results(image: Image, code: str, rows: Any) -> None:
    assert image.add("same", code).results("same", rows) == []


@pytest.mark.parametrize(
    ("rows", "fields", "says"),
    [
        ([["a"], ["b"]], {"num_records": 3}, "says 3 rows (num_records) and holds 2"),
        ([["a"], ["b", "c"]], {}, "row 1 of the request has 2 arguments; the function takes 1"),
        ([["a"], []], {}, "row 1 of the request has 0 arguments; the function takes 1"),
        (None, {"num_records": 2}, "no arguments for its 2 rows"),
        ({"a": 1}, {}, "arguments are a dict"),
        ([["a"]], {"num_records": "many"}, "num_records is 'many'"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    image: Image, rows: Any, fields: dict[str, Any], says: str
) -> None:
    assert says in image.add("same", SAME).error("same", rows, **fields)


@pytest.mark.parametrize("row", ["ab", 7, {"a": 1, "b": 2}])
def test_a_row_that_is_no_list_is_refused_where_there_are_two_arguments(image: Image, row: Any) -> None:
    image.add("total", SUM, ["INTEGER", "INTEGER"], "INTEGER")
    assert "row 1" in image.error("total", [[1, 2], row])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[1]", b"null", b'"text"'])
def test_what_is_no_request_is_answered_all_the_same(image: Image, body: bytes) -> None:
    reply = image.add("same", SAME).send(body)
    assert reply["success"] is False
    assert "request" in reply["error_msg"]


def test_num_records_is_told_with_an_error(image: Image) -> None:
    image.add("fails", "@redshift_handler\ndef lambda_handler(x): raise ValueError('no')\n")
    assert image.reply("fails", [["a"], ["b"]])["num_records"] == 2


def test_the_payload_is_a_json_string_of_utf8_without_escapes_of_letters(image: Image) -> None:
    image.add("same", SAME)
    body = {"external_function": "same", "num_records": 1, "arguments": [["日本語 é \U0001f30d"]]}
    payload = image.dispatcher.answer(json.dumps(body).encode(), None)
    assert payload == '"{\\"success\\":true,\\"num_records\\":1,\\"results\\":[\\"日本語 é \U0001f30d\\"]}"'.encode()


def test_a_reply_past_lambdas_limit_is_an_error_with_rows_bytes_and_the_setting(image: Image) -> None:
    image.add("long", "@redshift_handler\ndef lambda_handler(x): return 'x' * 60_000\n")
    message = image.error("long", [["a"]] * 110)
    # 110 rows of 60,000 letters, the escaped quotes and comma around each, and the reply's frame.
    frame = len('"{\\"success\\":true,\\"num_records\\":110,\\"results\\":[]}"')
    size = 110 * (60_000 + 4) + 109 + frame
    assert "110 rows" in message
    assert f"{size:,} bytes" in message
    assert "6,291,556" in message
    assert "max_batch_rows" in message


def test_a_reply_at_lambdas_limit_passes(image: Image) -> None:
    frame = len('"{\\"success\\":true,\\"num_records\\":100,\\"results\\":[]}"')
    left = 6_291_556 - frame - 99 - 100 * 4
    first, rest = left // 100 + left % 100, left // 100
    image.add("long", f"@redshift_handler\ndef lambda_handler(x): return 'x' * ({first} if x == 'a' else {rest})\n")
    body = {"external_function": "long", "num_records": 100, "arguments": [["a"], *[["b"]] * 99]}
    assert len(image.dispatcher.answer(json.dumps(body).encode(), None)) == 6_291_556


def test_a_long_message_is_cut_and_says_so(image: Image) -> None:
    image.add("fails", "@redshift_handler\ndef lambda_handler(x): raise ValueError('é' * 10_000)\n")
    message = image.error("fails", [["a"]])
    assert len(message) < 2_100
    assert "characters more" in message


@pytest.mark.parametrize("reply", ["event['arguments'][0]", "None", "[1]", "'text'", "{'results': [1]}", "7", "'[1]'"])
def test_a_plain_handler_that_returns_something_else_is_told_what_was_expected(image: Image, reply: str) -> None:
    image.add("plain", f"def lambda_handler(event, context): return {reply}\n")
    message = image.error("plain", [["a"]])
    assert message.startswith("plain: ")
    assert "expected" in message or "not JSON" in message


@pytest.mark.parametrize("wrap", ["{}", "__import__('json').dumps({})", "__import__('json').dumps({}).encode()"])
def test_a_plain_handler_may_return_text_or_a_dict(image: Image, wrap: str) -> None:
    reply = "{'success': True, 'num_records': 2, 'results': [row[0] * 2 for row in event['arguments']]}"
    image.add("plain", "def lambda_handler(event, context): return " + wrap.format(reply) + "\n")
    assert image.results("plain", [["a"], ["b"]]) == ["aa", "bb"]


def test_a_plain_handler_gets_the_request_as_it_is(image: Image) -> None:
    image.add(
        "plain",
        "import json\n"
        "def lambda_handler(event, context):\n"
        "    return {'success': True, 'results': [json.dumps([event, context])]}\n",
        ["SUPER"],
    )
    event = {
        "external_function": "carto.plain",
        "num_records": 1,
        "arguments": [["{}", 2**64, -(2**63) - 1, 1.5]],
        "query_id": 12,
        "user": "é",
    }
    reply = image.send(json.dumps(event).encode(), "the context")
    assert json.loads(reply["results"][0]) == [event, "the context"]


@pytest.mark.parametrize("results", ["[]", "[1]", "[1, 2, 3]", "None", "'ab'", "{'a': 1, 'b': 2}"])
def test_a_plain_handlers_wrong_count_is_an_error_with_both_numbers(image: Image, results: str) -> None:
    image.add("plain", f"def lambda_handler(event, context): return {{'success': True, 'results': {results}}}\n")
    message = image.error("plain", [["a"], ["b"]])
    assert "for 2 rows" in message
    assert any(f"returned {found} results" in message for found in ("0", "1", "3", "no"))


def test_a_plain_handlers_own_error_passes(image: Image) -> None:
    image.add("plain", "def lambda_handler(event, context): return {'success': False, 'error_msg': 'a reason'}\n")
    assert image.error("plain", [["a"]]) == "a reason"


def test_a_plain_handlers_text_with_nan_is_an_error_and_no_broken_json(image: Image) -> None:
    image.add("plain", 'def lambda_handler(e, c): return \'{"success": true, "results": [NaN]}\'\n')
    assert "not JSON" in image.error("plain", [["a"]])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit(3)", "called sys.exit(3)"),
        ("raise MemoryError", "ran out of memory with 1 rows"),
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("return {'success': True, 'results': [object()]}", "cannot be written as JSON"),
    ],
)
def test_whatever_a_plain_handler_does_there_is_an_answer(image: Image, code: str, says: str) -> None:
    image.add("plain", f"def lambda_handler(event, context): {code}\n")
    message = image.error("plain", [["a"]])
    assert "plain" in message
    assert says in message


def test_a_deploy_s_question_imports_every_function_and_names_them(image: Image) -> None:
    image.add("same", SAME).add("total", SUM, ["INTEGER", "INTEGER"], "INTEGER")
    answer = image.send(b'{"gateway": "check"}')
    assert answer == {"success": True, "num_records": 2, "results": ["same", "total"]}


def test_a_deploy_s_question_is_answered_with_every_function_that_cannot_be_imported(image: Image) -> None:
    image.add("same", SAME).add("first", "import absent_one\n").add("second", "import absent_two\n")
    answer = image.send(b'{"gateway": "check"}')
    assert answer["success"] is False
    assert "first cannot be imported: ModuleNotFoundError: No module named 'absent_one'" in answer["error_msg"]
    assert "second cannot be imported" in answer["error_msg"]
    assert "same" not in answer["error_msg"]
