"""Handlers that cannot take the arguments of their function.yaml; and those of which nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .trees import brief, function, problems, write

if TYPE_CHECKING:
    from pathlib import Path

TWO = "arguments: [{name: a, type: bigint}, {name: b, type: bigint}]\noutput: bigint\nclouds: {redshift: {}}\n"
NONE = "arguments: []\noutput: bigint\nclouds: {redshift: {}}\n"
ROW = "from gateway import redshift_handler\n\n@redshift_handler\ndef lambda_handler({}): pass\n"
BATCH = "from gateway import redshift_batch_handler as by\n\n@by(nulls='pass')\ndef lambda_handler({}): pass\n"
WHOLE = "import gateway as g\n\n@g.redshift_handler()\ndef lambda_handler({}): pass\n"
ALIAS = "from gateway import redshift_handler\n\n@redshift_handler\ndef row({}): pass\n\nlambda_handler = row\n"


def told(folder: Path, text: str, handler: str) -> list[str]:
    return brief(problems(write(folder, function("f", text, handler=handler))))


@pytest.mark.parametrize("handler", [ROW, BATCH, WHOLE, ALIAS], ids=["row", "batch", "by the module", "assigned"])
@pytest.mark.parametrize(
    ("parameters", "takes"),
    [
        ("a", "1 argument"),
        ("", "0 arguments"),
        ("a, b, c", "3 arguments"),
        ("a, /, *, b", "1 argument"),
        ("a, b, c, d=1", "3 to 4 arguments"),
        ("a, b, c, *rest", "3 arguments or more"),
        ("a=1, **more", "0 to 1 arguments"),
    ],
)
def test_a_handler_that_cannot_take_two_arguments(handler: str, parameters: str, takes: str, tmp_path: Path) -> None:
    (said,) = told(tmp_path, TWO, handler.format(parameters))
    place = "geo/f/code/lambda/python/handler.py:4"
    assert said.startswith(f"{place} : ")
    assert said.endswith(f" takes {takes}, and function.yaml has 2")


@pytest.mark.parametrize("handler", [ROW, BATCH, WHOLE, ALIAS], ids=["row", "batch", "by the module", "assigned"])
@pytest.mark.parametrize("parameters", ["a, b", "a, b, c=1", "*row", "a, *rest", "a, b=1, **more", "a, b, *, c=1"])
def test_a_handler_that_can(handler: str, parameters: str, tmp_path: Path) -> None:
    assert told(tmp_path, TWO, handler.format(parameters)) == []


def test_without_arguments_a_row_handler_gets_none_and_a_batch_handler_the_number_of_rows(tmp_path: Path) -> None:
    assert told(tmp_path / "1", NONE, ROW.format("")) == []
    assert told(tmp_path / "2", NONE, BATCH.format("size")) == []
    assert len(told(tmp_path / "3", NONE, ROW.format("size"))) == 1
    (said,) = problems(write(tmp_path / "4", function("f", NONE, handler=BATCH.format(""))))
    assert said.hint == "give it one parameter: a batch handler without arguments gets the number of rows"


@pytest.mark.parametrize(
    "handler",
    [
        "def lambda_handler(event): pass\n",
        "import gateway\n\ndef lambda_handler(event, context, more=1): pass\n",
        "from carto.lambda_wrapper import redshift_handler\n\n@redshift_handler\ndef lambda_handler(row): pass\n",
        "from .gateway import redshift_handler\n\n@redshift_handler\ndef lambda_handler(row): pass\n",
        ROW.format("a").replace("\n\n@", "\nfrom mine import first\n\n@first\n@"),
        ROW.format("a").replace("\n\n@", "\nfrom mine import redshift_handler\n\n@"),
        "from gateway import redshift_handler\n\nif 1:\n    @redshift_handler\n    def lambda_handler(a): pass\n",
        ROW.format("a") + "\nlambda_handler = print\n",
        "from gateway import redshift_handler\n\nlambda_handler = redshift_handler(len)\n",
        "import gateway\n\nlambda_handler = lambda_handler\n",
    ],
    ids=[
        "plain",
        "plain beside",
        "wrapper",
        "own",
        "decorated twice",
        "rebound",
        "inside",
        "twice",
        "called",
        "itself",
    ],
)
def test_nothing_is_said_of_what_is_built_in_other_ways(handler: str, tmp_path: Path) -> None:
    assert told(tmp_path, TWO, handler) == []


def test_nothing_is_said_where_the_arguments_are_not_known(tmp_path: Path) -> None:
    template = "clouds: {redshift: {external_function_template: t.sql}}\n"
    text = {"functions/geo/f/t.sql": "SELECT 1"}
    files = function("f", template, handler=ROW.format("a, b, c")) | text
    assert problems(write(tmp_path / "template", files)) == []
    slip = TWO.replace("name: b", "nmae: b")
    assert not [each for each in told(tmp_path / "slip", slip, ROW.format("a, b")) if "handler.py" in each]
    own = {"functions/geo/f/code/lambda/python/gateway.py": "def redshift_handler(function): return function\n"}
    assert problems(write(tmp_path / "own", function("f", TWO, handler=ROW.format("row")) | own)) == []
