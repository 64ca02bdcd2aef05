"""RS_SCHEMA and RS_PREFIX are told once, as a setting that is wrong, and not once for each function that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.core.config.settings import load
from builder.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["RS_SCHEMA", "RS_PREFIX"])
@pytest.mark.parametrize("text", ["it's", 'a"b', "a\\b", "a$b"])
def test_a_quote_in_a_schema_is_one_problem_of_the_setting(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingsError, match="holds a quote, a backslash or a dollar sign") as raised:
        load(tmp_path, flags={}, environ={name: text})
    assert [problem.where for problem in raised.value.problems] == [f"{name} of the environment"]
