"""The docs lead somewhere: files that they link to, commands and options that they name."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from builder.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "functions").glob("*/*/README.md")]
# A call as the docs print it: up to two blanks or a comment, which begin the words for people.
_CALL = re.compile(r"(?:^ {4}|`)builder ((?:[^`\n ]+ ?)+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_are_there(page: Path) -> None:
    unknown = []
    for call in _CALL.findall(page.read_text(encoding="utf-8")):
        words = call.split()
        command = cli if words[0].startswith("-") else cli.get_command(click.Context(cli), words[0])
        if isinstance(command, click.Group) and words[1:]:
            command = command.get_command(click.Context(command), words[1])
        known = {"--help"} | {option for each in (command.params if command else ()) for option in each.opts}
        wrong = command is None or {word.partition("=")[0] for word in words if word.startswith("--")} - known
        unknown += [call] if wrong else []
    assert unknown == []
