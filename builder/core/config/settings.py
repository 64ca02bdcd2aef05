"""What the run is told: one frozen value, resolved once from flags, environment and files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builder import names
from builder.core.config import env_files, values
from builder.core.config import files as config_files
from builder.core.config import places as config_places
from builder.core.config import roads as config_roads
from builder.core.config import rollout as config_rollout
from builder.core.config.keys import BY_VARIABLE
from builder.core.config.lambda_settings import LambdaSettings, lambda_settings
from builder.core.config.lookup import Lookup, environment, slips
from builder.core.config.places import Aws, RoleHolder
from builder.core.config.roads import Connection, DataApi, Road
from builder.core.config.rollout import Rollout
from builder.core.config.secret import Secret
from builder.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from builder.core.catalog.units import Mode
    from builder.core.config.env_files import Layer

__all__ = [
    "VARIABLES",
    "Aws",
    "Connection",
    "DataApi",
    "Road",
    "RoleHolder",
    "Rollout",
    "Secret",
    "Settings",
    "load",
    "read",
    "resolve",
]

# Those of the environment; the other keys are the command line's.
VARIABLES = tuple(name for name in BY_VARIABLE if name.isupper())


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the builder can be told, with the defaults of the house."""

    lambda_prefix: str = "carto-at-"
    lambda_mode: Mode = "module"
    execution_role: str | None = None
    invoke_role: str | None = None
    schema: str = "carto"
    grantees: tuple[str, ...] = ()
    production: bool = False
    suffix: str = ""
    functions: LambdaSettings = field(default_factory=LambdaSettings)
    image_registry: str | None = None
    image_accounts: tuple[str, ...] = ()
    python_image: str | None = None
    functions_roots: tuple[str, ...] = ("functions",)
    aws: Aws = field(default_factory=Aws)
    rollout: Rollout = field(default_factory=Rollout)
    warehouse: Road | None = None
    notices: tuple[str, ...] = ()

    @property
    def plain(self) -> Settings:
        """The same without the suffix: the set that a promotion makes the second one into."""
        return replace(self, suffix="", schema=self.schema.removesuffix(self.suffix))

    @property
    def holder(self) -> RoleHolder | None:
        """Whom the invoke role is attached to, by whichever road SQL goes; None where the settings do not name it."""
        road = self.warehouse
        if road is None or not (road.workgroup or road.cluster_identifier):
            return None
        if road.workgroup:
            return RoleHolder(kind="workgroup", name=road.workgroup)
        return RoleHolder(kind="cluster", name=str(road.cluster_identifier))


def load(project: Path, *, flags: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Flags, the environment, the project's .env, the parent folder's, the configuration files, the defaults.

    Raises SettingsError with every problem at once.
    """
    layers, problems = read(project, flags=flags, environ=environ)
    return resolve(layers, problems=problems)


def read(
    project: Path, *, flags: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[tuple[Layer, ...], list[Problem]]:
    """All sources, the strongest first, and what is wrong with their files."""
    own, problems = env_files.read(project / ".env", ".env")
    parents, trouble = env_files.read(project.resolve().parent / ".env", "../.env")
    layers = (env_files.from_flags(flags), env_files.from_environment(environ), own, parents)
    files = [file for file in flags.get("config", "").split("\n") if file]
    config, wrong = config_files.load(project, env=environment(layers), files=files)
    told = frozenset(name for layer in (*layers, config) for name in layer.values)
    return (*layers, config), [*problems, *trouble, *wrong, *config_files.unused(config, told)]


def resolve(layers: Sequence[Layer], *, problems: Sequence[Problem] = ()) -> Settings:
    """The settings of layers, the strongest first. `problems` are what reading them has found already.

    Raises SettingsError with every problem at once.
    """
    told = Lookup(layers)
    production = told.value("production", values.boolean) or False
    named = _naming(layers) if production else told
    roots = told.value("functions_roots", lambda text: tuple(text.split("\n")))
    rs_schema = told.value("RS_SCHEMA", values.schema) or ""
    rs_prefix = told.value("RS_PREFIX", values.schema) or ""
    # Of the command line alone: a set that a file or the environment turns into another would surprise.
    flags = Lookup(layers[:1])
    suffix = flags.value("suffix", values.suffix) or ""
    mistyped, doubtful = slips(layers)
    settings = Settings(
        lambda_prefix=named.value("RS_LAMBDA_PREFIX", values.prefix) or Settings.lambda_prefix,
        lambda_mode=told.value("RS_LAMBDA_MODE", values.mode) or Settings.lambda_mode,
        execution_role=told.value("RS_LAMBDA_EXECUTION_ROLE", values.role),
        invoke_role=told.value("RS_LAMBDA_INVOKE_ROLE", values.roles),
        schema=f"{names.schema_name(rs_schema=rs_schema, rs_prefix=rs_prefix, production=production)}{suffix}",
        grantees=told.value("RS_GRANTEES", values.grantees) or (),
        production=production,
        suffix=suffix,
        functions=lambda_settings(told),
        image_accounts=told.value("IMAGE_ACCOUNTS", values.accounts) or (),
        image_registry=told.value("IMAGE_REGISTRY", values.registry),
        python_image=told.value("PYTHON_IMAGE", values.plain),
        functions_roots=roots or Settings.functions_roots,
        aws=config_places.aws(told),
        rollout=config_rollout.rollout(told),
        warehouse=config_roads.road(told),
        notices=(*told.notices, *doubtful, *_unused(told, named)),
    )
    named_wrong = () if named is told else named.problems
    found = [*problems, *mistyped, *flags.problems, *told.problems, *named_wrong, *_derived(settings)]
    if found:
        raise SettingsError(problems=dict.fromkeys(found))
    return settings


def _naming(layers: Sequence[Layer]) -> Lookup:
    """Production's names are a project's: what a person's .env, or a run of CI, calls its own is not among them."""
    return Lookup([layer for layer in layers if layer.file == config_files.FOLDER])


def _unused(told: Lookup, named: Lookup) -> list[str]:
    """The names that were given and, in production, do not count."""
    found = {} if named is told else {name: told.given(name) for name in ("RS_LAMBDA_PREFIX", "RS_SCHEMA", "RS_PREFIX")}
    return [
        f"{given.origin} does not count in production"
        for name, given in found.items()
        if given is not None and given != named.given(name)
    ]


def _derived(settings: Settings) -> list[Problem]:
    """Names that are made of settings and have limits of their own."""
    problems = names.check_identifier(settings.schema, where="RS_PREFIX")
    for role, name in (
        (settings.execution_role, names.execution_role_name(settings.lambda_prefix)),
        (settings.invoke_role, names.invoke_role_name(settings.lambda_prefix)),
    ):
        if role is None:
            problems += names.check_role_name(name, where="RS_LAMBDA_PREFIX")
    return problems
