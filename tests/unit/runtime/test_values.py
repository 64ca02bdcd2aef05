"""Values both ways: what a handler gets, and what Redshift gets back."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.conftest import Image

SAME = "@redshift_{kind}handler(nulls='{nulls}')\ndef lambda_handler(x): return x\n"
SHOW = "@redshift_handler(nulls='pass')\ndef lambda_handler(x): return repr(x)\n"
LENIENT = settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BIGINT = st.integers(-(2**63), 2**63 - 1)
# Redshift's documents: numbers past 64 bits included, as its DECIMAL has them.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def same(image: Image, type_: str, name: str = "same", returns: str | None = None) -> Image:
    """Identity functions, by row and by column, that get NULLs and that do not."""
    for kind in ("", "batch_"):
        for nulls in ("pass", "return_null"):
            image.add(f"{name}_{kind}{nulls}", SAME.format(kind=kind, nulls=nulls), [type_], returns or type_)
    return image


def round_trip(image: Image, values: list[Any], wire: Callable[[Any], Any] = lambda value: value) -> list[list[Any]]:
    rows = [[None if value is None else wire(value)] for value in values]
    return [image.results(entry["name"], rows) for entry in image.entries]


def give(image: Image, expression: str, returns: str, name: str = "f", *, batch: bool = False) -> Image:
    """A function that returns what the expression says, whatever it gets."""
    body = f"import datetime, decimal, math\n@redshift_handler\ndef lambda_handler(x): return {expression}\n"
    if batch:
        body = f"import numpy\n@redshift_batch_handler\ndef lambda_handler(x): return {expression}\n"
    return image.add(name, body, returns=returns)


def test_bigints_keep_every_digit(image: Image) -> None:
    same(image, "BIGINT")

    @LENIENT
    @given(st.lists(BIGINT | st.none(), max_size=8))
    @example([2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)])
    def check(values: list[Any]) -> None:
        assert round_trip(image, values) == [values] * 4

    check()


def test_integers_past_64_bits_arrive_exact(image: Image) -> None:
    image.add("show", SHOW, ["BIGINT"])
    values = [2**64, -(2**63) - 1, 10**37 + 1, None, 5]
    assert image.results("show", [[value] for value in values]) == [repr(value) for value in values]


@pytest.mark.parametrize("type_", ["REAL", "DOUBLE PRECISION", "FLOAT8"])
def test_floats_cross_as_text_and_come_back_the_same(image: Image, type_: str) -> None:
    same(image, type_)

    @LENIENT
    @given(st.lists(st.floats(allow_nan=False) | st.integers(-(2**70), 2**70).map(float) | st.none(), max_size=8))
    @example([0.1, -0.0, 1e16, 5e-324, 1.7976931348623157e308])
    @example([1.5, 2.5])
    @example([math.inf, -math.inf, 1.0])
    def check(values: list[Any]) -> None:
        for results in round_trip(image, values, lambda value: repr(value).replace("inf", "Infinity")):
            assert [None if text is None else float(text) for text in results] == values
            assert [math.copysign(1, float(text)) for text in results if text is not None] == [
                math.copysign(1, value) for value in values if value is not None
            ]

    check()


@pytest.mark.parametrize(
    "wire", ["1", "-0", "1.0", "1e3", ".5", "NaN", "Infinity", "-Infinity", "1E-7", "12345678901234567890"]
)
def test_a_floats_text_is_read_as_python_reads_it(image: Image, wire: str) -> None:
    image.add("show", SHOW, ["DOUBLE PRECISION"])
    assert image.results("show", [[wire], ["2.5"]]) == [repr(float(wire)), "2.5"]
    assert image.results("show", [["2.5"], [None], [wire]]) == ["2.5", "None", repr(float(wire))]


@pytest.mark.parametrize(
    "texts", [["1.5,2", "."], ["true", "1.5"], ["null.", "1.5"], ["[1.5", "2.5]"], ['"1.5"', "2.5"], [" ", "1.5"]]
)
def test_what_is_no_float_is_never_read_as_one(image: Image, texts: list[str]) -> None:
    image.add("show", SHOW, ["DOUBLE PRECISION"])
    assert "Error processing row 0: show: argument 1 is not a DOUBLE PRECISION" in image.error(
        "show", [[t] for t in texts]
    )


def test_floats_that_come_as_numbers_are_floats_too(image: Image) -> None:
    image.add("show", SHOW, ["DOUBLE PRECISION"])
    assert image.results("show", [[1.5], [2], [None]]) == ["1.5", "2.0", "None"]
    assert image.results("show", [[1.5], [2.5]]) == ["1.5", "2.5"]


@pytest.mark.parametrize(("value", "text"), [("math.nan", "NaN"), ("math.inf", "Infinity"), ("-math.inf", "-Infinity")])
def test_nan_and_the_infinities_are_redshifts_texts_where_a_float_or_a_text_is_declared(
    image: Image, value: str, text: str
) -> None:
    give(image, value, "DOUBLE PRECISION", "float")
    give(image, value, "REAL", "real")
    give(image, value, "VARCHAR", "text")
    assert [image.results(name, [["a"]]) for name in ("float", "real", "text")] == [[text]] * 3


@pytest.mark.parametrize("type_", ["BIGINT", "DECIMAL(18,3)", "BOOLEAN"])
def test_nan_is_an_error_where_the_type_has_none(image: Image, type_: str) -> None:
    assert f"nan is not a {type_}" in give(image, "math.nan", type_).error("f", [["a"]])


def test_nan_inside_a_document_is_null(image: Image) -> None:
    # RFC 8259: "Numeric values that cannot be represented in the grammar (such as Infinity and NaN) are not permitted."
    assert give(image, "[1.5, math.nan, math.inf]", "SUPER").results("f", [["a"]]) == ["[1.5,null,null]"]


def test_decimals_keep_every_digit_as_text_and_as_numbers(image: Image) -> None:
    same(image, "DECIMAL(38,10)")

    @LENIENT
    @given(st.lists(st.decimals(-(10**27), 10**27, places=10) | st.none(), max_size=6))
    @example([Decimal("1.10"), Decimal("0.1234567890"), Decimal("12345678901234567890.1234567890")])
    def check(values: list[Any]) -> None:
        expected = [None if value is None else format(value, "f") for value in values]
        assert round_trip(image, values, lambda value: format(value, "f")) == [expected] * 4

    check()
    body = (
        '{"external_function": "same_pass", "num_records": 2, "arguments": [[12345678901234567890.1234567890], [1.10]]}'
    )
    assert image.send(body.encode())["results"] == ["12345678901234567890.1234567890", "1.10"]


def test_decimals_reach_the_handler_as_decimals(image: Image) -> None:
    image.add("show", SHOW, ["DECIMAL(10,2)"])
    assert image.results("show", [["1.10"], [3], [None]]) == ["Decimal('1.10')", "Decimal('3')", "None"]


@pytest.mark.parametrize("type_", ["VARCHAR(MAX)", "CHAR(80)", "GEOMETRY", "GEOGRAPHY"])
def test_texts_come_back_as_they_are(image: Image, type_: str) -> None:
    same(image, type_)

    @LENIENT
    @given(st.lists(TEXT | st.none(), max_size=8))
    @example(["", '"', "\\", "\n\t\x00\x1f\x7f", "é日本\U0001f30d", "null", "\u2028", "NaN"])
    def check(values: list[Any]) -> None:
        assert round_trip(image, values) == [values] * 4

    check()


@pytest.mark.parametrize("type_", ["DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME"])
def test_dates_and_times_arrive_and_leave_as_text(image: Image, type_: str) -> None:
    same(image, type_)
    values = ["2026-11-21", "2026-11-21 08:09:10.123456", None]
    assert round_trip(image, values) == [values] * 4


def test_booleans(image: Image) -> None:
    same(image, "BOOLEAN")
    assert round_trip(image, [True, None, False]) == [[True, None, False]] * 4


def test_documents_are_parsed_and_written(image: Image) -> None:
    same(image, "SUPER")

    @LENIENT
    @given(st.lists(JSON, max_size=5))
    @example([2**64, -(2**63) - 1, [2**200], {"a": [1, 2.5, None, True, "é"]}])
    def check(values: list[Any]) -> None:
        # A text is taken as JSON already; a document that is a bare text is the handler's to quote.
        values = [[value] if isinstance(value, str) else value for value in values]
        rows = [[json.dumps(value, ensure_ascii=False)] for value in values]
        for entry in image.entries:
            results = image.results(entry["name"], rows)
            assert [None if text is None else json.loads(text) for text in results] == values

    check()


def test_a_json_null_is_a_value_and_no_null(image: Image) -> None:
    image.add("show", "@redshift_handler\ndef lambda_handler(x): return repr(x)\n", ["SUPER"])
    assert image.results("show", [["null"], [None], ["[null]"]]) == ["None", None, "[None]"]


def test_bytes_cross_as_hexadecimal(image: Image) -> None:
    image.add("show", SHOW, ["VARBYTE"])
    same(image, "VARBYTE")
    assert image.results("show", [["00FFab"], [""]]) == [repr(b"\x00\xff\xab"), "b''"]
    assert image.results("same_pass", [["00FFab"], [None], [""]]) == ["00ffab", None, ""]
    assert "argument 1 is not a VARBYTE: 'xy'" in image.error("show", [["xy"]])


@pytest.mark.parametrize(
    ("expression", "returns", "crosses"),
    [
        ("7.0", "BIGINT", 7),
        ("decimal.Decimal('9007199254740993')", "BIGINT", 9007199254740993),
        ("'9007199254740993'", "BIGINT", 9007199254740993),
        ("decimal.Decimal('1E+3')", "DECIMAL(10)", "1000"),
        ("0.1", "DECIMAL(10,1)", "0.1"),
        ("12", "DOUBLE PRECISION", "12"),
        ("2**60 + 1", "DOUBLE PRECISION", "1152921504606846977"),
        ("decimal.Decimal('1.5')", "REAL", "1.5"),
        ("' 2.5 '", "REAL", "2.5"),
        ("12", "VARCHAR", "12"),
        ("1.5", "VARCHAR", "1.5"),
        ("True", "VARCHAR", "true"),
        ("decimal.Decimal('1.10')", "VARCHAR", "1.10"),
        ("b'\\x01\\xff'", "VARCHAR", "01ff"),
        ("bytearray(b'\\x01')", "VARBYTE", "01"),
        ("memoryview(b'\\x01')", "VARBYTE", "01"),
        ("datetime.date(2026, 11, 21)", "DATE", "2026-11-21"),
        ("datetime.datetime(2026, 11, 21)", "DATE", "2026-11-21"),
        ("datetime.date(2026, 11, 21)", "TIMESTAMP", "2026-11-21 00:00:00"),
        ("datetime.datetime(2026, 11, 21, 8, 9, 10, 5)", "TIMESTAMP", "2026-11-21 08:09:10.000005"),
        ("datetime.datetime(2026, 11, 21, 8, tzinfo=TZ)", "TIMESTAMP", "2026-11-21 06:00:00"),
        ("datetime.datetime(2026, 11, 21, 8, tzinfo=TZ)", "TIMESTAMPTZ", "2026-11-21 08:00:00+02:00"),
        ("datetime.datetime(2026, 11, 21, 8)", "VARCHAR", "2026-11-21 08:00:00"),
        ("datetime.time(8, 9)", "TIME", "08:09:00"),
        ("(1, [2.5, None])", "SUPER", "[1,[2.5,null]]"),
        ("{'a': decimal.Decimal('1.10'), 'b': b'\\xff'}", "SUPER", '{"a":1.10,"b":"ff"}'),
        ("{1: 2, None: 3, False: 4, 1.5: 5}", "SUPER", '{"1":2,"null":3,"false":4,"1.5":5}'),
        ("True", "SUPER", "true"),
        ("3", "SUPER", "3"),
        ("2**70", "SUPER", str(2**70)),
        ("{'a': [2**70]}", "SUPER", '{"a":[' + str(2**70) + "]}"),
    ],
)
def test_what_a_handler_may_return(image: Image, expression: str, returns: str, crosses: Any) -> None:
    give(image, expression.replace("TZ", "datetime.timezone(datetime.timedelta(hours=2))"), returns)
    assert image.results("f", [["a"], [None]]) == [crosses, None]


@pytest.mark.parametrize(
    ("expression", "returns", "says"),
    [
        ("1.5", "BIGINT", "1.5 is not a BIGINT"),
        ("True", "BIGINT", "True is not a BIGINT"),
        ("'1.5'", "BIGINT", "'1.5' is not a BIGINT"),
        ("2**63", "BIGINT", "9223372036854775808 is out of BIGINT's range"),
        ("2**31", "INTEGER", "2147483648 is out of INTEGER's range -2147483648 to 2147483647"),
        ("-32769", "SMALLINT", "-32769 is out of SMALLINT's range -32768 to 32767"),
        ("2**70", "BIGINT", "1180591620717411303424 is out of"),
        ("1", "BOOLEAN", "1 is not a BOOLEAN"),
        ("True", "DOUBLE PRECISION", "True is not a DOUBLE PRECISION"),
        ("'x'", "DOUBLE PRECISION", "'x' is not a DOUBLE PRECISION"),
        ("[1]", "DECIMAL", "[1] is not a DECIMAL"),
        ("[1]", "VARCHAR", "is a list, not a text"),
        ("{'a': 1}", "VARCHAR", "declare `object` (SUPER)"),
        ("object()", "VARCHAR", "is a object, not a text"),
        ("[object()]", "SUPER", "cannot be written as JSON"),
        ("{1, 2}", "SUPER", "cannot be written as JSON"),
        ("b'x'", "SUPER", "is bytes"),
        ("{'type': 'Point'}", "GEOMETRY", "return WKT"),
        ("type('P', (), {'wkt': 'POINT (1 2)'})()", "GEOMETRY", "return WKT"),
        ("'xy'", "VARBYTE", "'xy' is not a VARBYTE"),
        ("12", "DATE", "12 is not a DATE"),
        ("datetime.datetime(2026, 11, 21, 8)", "DATE", "has a time of day"),
        ("'\\ud800'", "VARCHAR", "half of a surrogate pair"),
        ("['\\ud800']", "SUPER", "cannot be written as JSON"),
        ("'x' * 65_536", "VARCHAR(MAX)", "65,536 bytes long; VARCHAR(MAX) holds at most 65,535"),
        ("'é' * 32_768", "VARCHAR(MAX)", "65,536 bytes long"),
        ("['x' * 65_532]", "SUPER", "65,536 bytes long"),
        ("'x' * 11", "VARCHAR(10)", "11 bytes long; VARCHAR(10) holds at most 10"),
        ("b'x' * 32_768", "VARBYTE", "65,536 bytes long"),
        ("'x' * 257", "TEXT", "257 bytes long"),
    ],
)
def test_what_a_handler_may_not_return_is_that_rows_error(
    image: Image, expression: str, returns: str, says: str
) -> None:
    give(image, f"{expression} if x == 'b' else None", returns)
    message = image.error("f", [["a"], ["b"]])
    assert message.startswith("Error processing row 1: f: the result ")
    assert says in message


@pytest.mark.parametrize(
    ("expression", "returns"),
    [
        ("'x' * 65_535", "VARCHAR(MAX)"),
        ("'é' * 32_767", "VARCHAR(MAX)"),
        ("'\U0001f30d' * 16_383", "VARCHAR(MAX)"),
        ("'x' * 10", "VARCHAR(10)"),
    ],
)
def test_the_longest_text_that_fits_is_whole(image: Image, expression: str, returns: str) -> None:
    whole = {"'x' * 65_535": "x" * 65535, "'é' * 32_767": "é" * 32767, "'x' * 10": "x" * 10}
    expected = whole.get(expression, "\U0001f30d" * 16383)
    assert give(image, expression, returns).results("f", [["a"]]) == [expected]


@pytest.mark.parametrize(
    ("expression", "returns", "crosses"),
    [
        ("numpy.array([1, 2**62 + 1])", "BIGINT", [1, 2**62 + 1]),
        ("numpy.array([1, 2], dtype='uint64')", "BIGINT", [1, 2]),
        ("numpy.array([1, 2], dtype='>i4')", "BIGINT", [1, 2]),
        ("numpy.array([1, 9, 2, 9])[::2]", "BIGINT", [1, 2]),
        ("numpy.array([1.0, 2.0])", "BIGINT", [1, 2]),
        ("numpy.array([True, False])", "BOOLEAN", [True, False]),
        ("numpy.array([0.1, numpy.nan])", "DOUBLE PRECISION", ["0.1", "NaN"]),
        ("numpy.array([0.5, numpy.inf], dtype='float32')", "REAL", ["0.5", "Infinity"]),
        ("numpy.array(['a', 'é'])", "VARCHAR", ["a", "é"]),
        ("numpy.array(['a', None], dtype=object)", "VARCHAR", ["a", None]),
        ("numpy.ma.masked_array([1, 2], mask=[False, True])", "BIGINT", [1, None]),
        ("list(numpy.array([1, 2]))", "BIGINT", [1, 2]),
        ("[numpy.bool_(True), numpy.bool_(False)]", "BOOLEAN", [True, False]),
        ("[numpy.float64(0.1), numpy.float32(0.5)]", "DOUBLE PRECISION", ["0.1", "0.5"]),
        ("[numpy.str_('a'), numpy.str_('b')]", "VARCHAR", ["a", "b"]),
        ("[numpy.array([1, 2]), numpy.array([[1.5]])]", "SUPER", ["[1,2]", "[[1.5]]"]),
        ("[{'a': numpy.float32(0.5)}, [numpy.arange(6)[::2]]]", "SUPER", ['{"a":0.5}', "[[0,2,4]]"]),
        ("numpy.array(['2026-11-21', 'NaT'], dtype='datetime64[D]')", "DATE", ["2026-11-21", None]),
        (
            "list(numpy.array(['2026-11-21T08:09:10'] * 2, dtype='datetime64[ns]'))",
            "TIMESTAMP",
            ["2026-11-21 08:09:10"] * 2,
        ),
    ],
)
def test_numpys_values_are_the_values_that_they_hold(
    image: Image, expression: str, returns: str, crosses: list[Any]
) -> None:
    assert give(image, expression, returns, batch=True).results("f", [["a"], ["b"]]) == crosses


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("numpy.array([1, 2**31])", "Error processing row 1: f: the result 2147483648 is out of INTEGER's range"),
        ("numpy.array([1, numpy.nan])", "Error processing row 1: f: the result nan is not a INTEGER"),
        ("numpy.array([[1], [2]])", "Error processing row 0: f: the result [1] is not a INTEGER"),
    ],
)
def test_numpys_values_are_checked_as_well(image: Image, expression: str, says: str) -> None:
    assert give(image, expression, "INTEGER", batch=True).error("f", [["a"], ["b"]]).startswith(says)


def test_an_array_is_spread_over_the_rows_that_were_not_null(image: Image) -> None:
    image.add(
        "f",
        "import numpy\n@redshift_batch_handler\ndef lambda_handler(x): return numpy.array(x) * 2\n",
        ["BIGINT"],
        "BIGINT",
    )
    assert image.results("f", [[1], None, [2**60], [None]]) == [2, None, 2**61, None]


def test_half_a_surrogate_pair_reaches_the_handler(image: Image) -> None:
    image.add("show", SHOW.replace("repr(x)", "ascii(x)"))
    body = b'{"external_function": "show", "num_records": 1, "arguments": [["\\ud800"]]}'
    assert image.send(body)["results"] == [r"'\ud800'"]


def test_half_a_surrogate_pair_in_a_message_does_no_harm(image: Image) -> None:
    image.add("f", "@redshift_handler\ndef lambda_handler(x): raise ValueError('\\ud800 is bad')\n")
    assert image.error("f", [["a"]]) == "Error processing row 0: f: ? is bad"


def test_one_bad_text_among_many_is_found(image: Image) -> None:
    image.add("f", "@redshift_handler(on_error='null')\ndef lambda_handler(x): return x if x != 'bad' else '\\udfff'\n")
    assert image.results("f", [["a"], ["bad"], ["c"]]) == ["a", None, "c"]
