"""Law 8 of the design through SQL: native functions, and Lambda functions behind their wrappers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.null_rows import null_rows

if TYPE_CHECKING:
    from builder.testing import Suite

pytestmark = pytest.mark.cloud


def test_null_in_any_argument_of_any_function_gives_null(catalogue: Suite) -> None:
    functions = [function for function in catalogue.catalog.functions if function.parameters]
    assert {function.kind for function in functions} == {"lambda", "sql"}
    for function in functions:
        full, holed = null_rows(function)
        found = catalogue.sql.call(function, [full, *holed])
        assert found[0] is not None, function.name
        assert found[1:] == [None] * len(holed), function.name
