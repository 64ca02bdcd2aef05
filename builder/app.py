"""What every command is handed: the console, the project's folder, and the settings, resolved on first use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from builder.adapters.aws import Aws
    from builder.console import Console
    from builder.core.config.settings import Settings
    from builder.model import Catalog


@dataclass
class App:
    """The composition root's product.

    `project` holds functions/ and .env; `state` what must not be lost: locks, receipts, the local cloud's data.
    `diff` is what --diff was told: a REF, "" for none, None where it was not given.
    """

    console: Console
    project: Path
    state: Path
    environ: Mapping[str, str]
    flags: dict[str, str] = field(default_factory=dict)
    diff: str | None = None

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingsError with every problem at once. Notices are printed once."""
        from builder.core.config.settings import load  # noqa: PLC0415  --help and --version need none

        settings = load(self.project, flags=self.flags, environ=self.environ)
        for notice in settings.notices:
            self.console.notice(notice)
        return settings

    @cached_property
    def whole_catalog(self) -> Catalog:
        """All that the roots hold. Raises CatalogError with every problem of every file. Notices are printed once."""
        from builder.core.catalog.load import open_catalog  # noqa: PLC0415  its models take a tenth of a second

        settings = self.settings
        catalog = open_catalog(
            settings.functions_roots, self.project, prefix=settings.lambda_prefix, mode=settings.lambda_mode
        )
        for notice in catalog.notices:
            self.console.notice(notice)
        return catalog

    @cached_property
    def catalog(self) -> Catalog:
        """What this run is about: in production without what is in development, which is said once.

        Raises CatalogError, also where something of production calls what is left out.
        """
        catalog = self.in_force(self.whole_catalog)
        if catalog.left_out:
            self.console.notice(f"in development, and not in production: {', '.join(catalog.left_out)}")
            self._refuse_cut_off(catalog)
        return catalog

    def in_force(self, catalog: Catalog) -> Catalog:
        """A catalogue of this project, of today or of another day, as these settings take it."""
        from builder.core.catalog.selection import released  # noqa: PLC0415  with the catalogue's models: see above

        return released(catalog) if self.settings.production else catalog

    def _refuse_cut_off(self, catalog: Catalog) -> None:
        from builder.core.sql.statements import cut_off  # noqa: PLC0415  jinja2: only where SQL is read
        from builder.errors import CatalogError  # noqa: PLC0415  see above

        left_out = [each for each in self.whole_catalog.functions if each.name in catalog.left_out]
        if problems := cut_off(catalog.functions, left_out):
            raise CatalogError(problems=problems)

    @cached_property
    def aws(self) -> Aws:
        """The one session with AWS. Raises SettingsError where the Region or the profile is missing."""
        from builder.adapters.aws import Aws  # noqa: PLC0415  with boto3: only when AWS is asked

        return Aws(self.settings)

    @property
    def build(self) -> Path:
        """Where what can be made again lives."""
        return self.project / "build"
