"""`python -m tests.conformance` writes docs/conformance.md from the rows."""

from __future__ import annotations

from tests.conformance.rows import PAGE, render, sections

PAGE.write_text(render(sections()), encoding="utf-8")
