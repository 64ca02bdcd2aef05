"""The files of a new function: small, whole, and green at once. The author changes the handler, then the cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.catalog.checks import folder_names

if TYPE_CHECKING:
    from builder.errors import Problem

_FUNCTION = """\
function_type: scalar
status: development
author: ""
description: Says how many characters a text has.
arguments:
  - {{name: text, type: string, description: Any text.}}
output: {{type: int, description: "The number of characters, not of bytes."}}
examples:
  - {{description: A word, sql: "SELECT carto.{sql}('hello')", output: "5"}}
clouds:
  redshift:
    type: lambda
    code_file: code/lambda/python/handler.py
    config: {{volatility: stable}}
"""
_HANDLER = '''\
"""{sql}: the number of characters of a text."""

from __future__ import annotations

from gateway import redshift_handler


@redshift_handler
def lambda_handler(text: str) -> int:
    """One row. A row with NULL never gets here and gives NULL; a ValueError is that row's error."""
    return len(text)
'''
_CASES = """\
- name: a word
  arguments: [hello]
  output: 5
- name: letters that take several bytes
  arguments: ["año"]
  output: 3
- name: nothing
  arguments: [null]
  output: null
"""
_TEST = '''\
"""What the cases cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_empty_text_has_no_characters(handler: Callable[[str], Callable[..., Any]]) -> None:
    assert handler("{name}")("") == 0
'''
_README = """\
# {sql}

    {sql}(text)

The number of characters of a text; NULL for NULL.
"""
_FILES = {
    "function.yaml": _FUNCTION,
    "README.md": _README,
    "code/lambda/python/handler.py": _HANDLER,
    "code/lambda/python/requirements.txt": "",
    "tests/unit/cases.yaml": _CASES,
    "tests/unit/test_{name}.py": _TEST,
}


def files(name: str) -> dict[str, str]:
    """The text of each file by its path from the function's folder."""
    said = {"name": name, "sql": name.upper()}
    return {path.format(**said): text.format(**said) for path, text in _FILES.items()}


def check(module: str, name: str) -> list[Problem]:
    """What is wrong with the two names."""
    return folder_names(module, name, where=f"{module}/{name}")
