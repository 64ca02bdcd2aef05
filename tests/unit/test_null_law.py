"""Law 8 of the design, for every Lambda function of our catalogue: NULL in any argument gives NULL, whatever the rest.

The native SQL functions, and the wrappers around the Lambda functions: tests/integration/test_null_law.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.null_rows import null_rows

if TYPE_CHECKING:
    from builder.testing import Suite


def test_null_in_any_argument_gives_null_and_leaves_the_other_rows_their_answers(catalogue: Suite) -> None:
    lambdas = [
        function for function in catalogue.catalog.functions if function.kind == "lambda" and function.parameters
    ]
    assert lambdas
    for function in lambdas:
        full, holed = null_rows(function)
        alone = catalogue.in_process.call(function, [full])[0]
        assert alone is not None, function.name
        batch = [full, *(row for hole in holed for row in (hole, full))]
        found = catalogue.in_process.call(function, batch)
        assert found == [alone, *[None, alone] * len(holed)], function.name
