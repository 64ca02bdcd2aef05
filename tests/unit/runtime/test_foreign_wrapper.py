"""Other people's wrapper, under the names that their handlers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Image

ALIAS = "other.gateway.wrapper"
HANDLER = f"""
from {ALIAS} import redshift_handler as theirs

@theirs
def lambda_handler(row):
    return CODE
"""


def add(image: Image, name: str, code: str, *, untyped: bool = False, returns: str = "VARCHAR(MAX)") -> Image:
    image.add(name, HANDLER.replace("CODE", code), ["INTEGER"], returns)
    image.entries[-1] |= {"wrappers": [ALIAS], "untyped": untyped}
    return image


def test_a_row_is_one_list_with_null_in_it(image: Image) -> None:
    add(image, "f", "repr(row)")
    assert image.results("f", [[1], [None]]) == ["[1]", "[None]"]


def test_the_message_of_a_row_is_theirs(image: Image) -> None:
    add(image, "f", "{}[row[0]]")
    # Their wording is the exception's own text, without its type and without the function's name.
    assert image.error("f", [[7]]) == "Error processing row 0: 7"
    add(image, "g", "1 // row[0]")
    assert image.error("g", [[1], [0]]) == "Error processing row 1: integer division or modulo by zero"


@pytest.mark.parametrize(
    ("mode", "results"),
    [("SILENT", ["5", None]), ("RETURN_ERROR", ["5", '{"error":"bad","row_index":1,"type":"ValueError"}'])],
)
def test_the_modes_for_a_row_that_raised(image: Image, mode: str, results: list[str | None]) -> None:
    code = f"""
from {ALIAS} import ErrorHandlingMode, redshift_handler as theirs

@theirs(error_mode=ErrorHandlingMode.{mode})
def lambda_handler(row):
    if row[0] > 5:
        raise ValueError("bad")
    return row[0]
"""
    image.add("f", code, ["INTEGER"])
    image.entries[-1]["wrappers"] = [ALIAS]
    assert image.results("f", [[5], [6]]) == results


def test_whatever_their_wrapper_took_crosses(image: Image) -> None:
    add(image, "f", "eval(row[0])", untyped=True)
    rows = [["1"], ["2.5"], ["'x'"], ["True"], ["None"], ["{'a': 1}"], ["[1]"], ["2**70"], ["float('nan')"]]
    assert image.results("f", rows) == [1, 2.5, "x", True, None, '{"a":1}', "[1]", str(2**70), "NaN"]


def test_numpy_scalars_cross_as_what_they_hold(image: Image) -> None:
    add(image, "f", "__import__('numpy').int64(row[0])", untyped=True)
    add(image, "g", "__import__('numpy').float32(row[0])", returns="DOUBLE PRECISION")
    add(image, "h", "__import__('numpy').arange(row[0])", untyped=True)
    assert image.results("f", [[3]]) == [3]
    assert image.results("g", [[3]]) == ["3.0"]
    # A vector is a document, as a list is.
    assert image.results("h", [[3]]) == ["[0,1,2]"]


def test_a_template_may_call_with_any_number_of_arguments(image: Image) -> None:
    add(image, "f", "len(row)", untyped=True)
    assert image.results("f", [[1, 2, 3]]) == [3]
    assert image.results("f", [[]]) == [0]
    assert image.results("f", None, num_records=2) == [0, 0]


def test_a_module_that_is_really_there_comes_first(image: Image) -> None:
    files = {
        "other/__init__.py": "",
        "other/gateway/__init__.py": "",
        "other/gateway/wrapper.py": "def redshift_handler(function):\n    return lambda event, context: "
        "{'success': True, 'num_records': 1, 'results': ['own']}\n",
    }
    image.add("f", HANDLER.replace("CODE", "1"), ["INTEGER"], files=files)
    image.entries[-1]["wrappers"] = [ALIAS]
    assert image.results("f", [[1]]) == ["own"]


def test_a_folder_of_the_same_name_beside_the_handler_hides_nothing(image: Image) -> None:
    add(image, "f", "row[0]", returns="INTEGER")
    image.write("functions/f/other/__init__.py", "")
    assert image.results("f", [[1]]) == [1]


def test_a_batch_handler_gets_rows_and_its_failure_is_the_batchs(image: Image) -> None:
    code = f"""
from {ALIAS} import batch_redshift_handler

@batch_redshift_handler
def lambda_handler(rows):
    return [10 // row[0] for row in rows]
"""
    image.add("f", code, ["INTEGER"], "INTEGER")
    image.entries[-1]["wrappers"] = [ALIAS]
    assert image.results("f", [[5], [2]]) == [2, 5]
    assert image.error("f", [[5], [0]]).startswith("Batch processing error: integer division")


def test_a_name_that_no_manifest_lists_is_not_there(image: Image) -> None:
    image.add("f", HANDLER.replace(ALIAS, "nobody.has.this").replace("CODE", "1"), ["INTEGER"])
    assert "No module named 'nobody'" in image.error("f", [[1]])
