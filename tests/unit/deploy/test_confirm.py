"""Nothing is taken away where nobody can be asked."""

from __future__ import annotations

import pytest

from builder.commands._deployment import confirm
from builder.errors import UsageError


def test_where_nobody_can_be_asked_the_answer_must_be_on_the_command_line() -> None:
    with pytest.raises(UsageError) as caught:
        confirm("Remove all this?", yes=False)
    assert "--yes" in caught.value.problems[0].hint
    confirm("Remove all this?", yes=True)
