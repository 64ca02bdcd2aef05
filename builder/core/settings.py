"""What the run is told: one frozen value, resolved once from flags, environment and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from builder import names
from builder.core import env_files
from builder.core import setting_values as values
from builder.core.secret import Secret
from builder.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from builder.core.env_files import Given, Layer

__all__ = ["VARIABLES", "Aws", "Secret", "Settings", "Warehouse", "load", "resolve"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Where AWS is and who we are there. Without keys and profile boto3's own chain looks for them."""

    region: str | None = None
    profile: str | None = None
    assume_role_arn: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """How to reach Redshift directly. Without a host there is none, and only Lambdas are deployed."""

    host: str
    port: int = 5439
    database: str = "dev"
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    ssl: bool = True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the builder can be told, with the defaults of the house."""

    lambda_prefix: str = "carto-at-"
    execution_role: str | None = None
    invoke_role: str | None = None
    schema: str = "carto"
    production: bool = False
    image_registry: str | None = None
    python_image: str | None = None
    functions_roots: tuple[str, ...] = ("functions",)
    aws: Aws = field(default_factory=Aws)
    warehouse: Warehouse | None = None
    notices: tuple[str, ...] = ()


# Older spellings, and what they are called now.
_OLDER = {
    "LAMBDA_PREFIX": "RS_LAMBDA_PREFIX",
    "LAMBDA_EXECUTION_ROLE_ARN": "RS_LAMBDA_EXECUTION_ROLE",
    "RS_ROLES": "RS_LAMBDA_INVOKE_ROLE",
}
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
VARIABLES = (
    *("RS_LAMBDA_PREFIX", "RS_LAMBDA_EXECUTION_ROLE", "RS_LAMBDA_INVOKE_ROLE", "RS_PREFIX", "RS_SCHEMA"),
    *("RS_HOST", "RS_PORT", "RS_DATABASE", "RS_USER", "RS_PASSWORD", "RS_SSL"),
    *("IMAGE_REGISTRY", "PYTHON_IMAGE"),
    *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", *_KEYS, "AWS_ASSUME_ROLE_ARN", "AWS_ENDPOINT_URL"),
)


def load(project: Path, *, flags: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Flags, then the environment, then the project's .env, then the parent folder's, then the defaults.

    Raises SettingsError with every problem at once.
    """
    own, problems = env_files.read(project / ".env", ".env")
    parents, trouble = env_files.read(project.resolve().parent / ".env", "../.env")
    layers = (env_files.from_flags(flags), env_files.from_environment(environ), own, parents)
    return resolve(layers, problems=problems + trouble)


def resolve(layers: Sequence[Layer], *, problems: Sequence[Problem] = ()) -> Settings:
    """The settings of layers, the strongest first. `problems` are what reading them has found already.

    Raises SettingsError with every problem at once.
    """
    told = _Told(layers)
    production = told.value("production", values.boolean) or False
    roots = told.value("functions_roots", lambda text: tuple(text.split("\n")))
    rs_schema = told.value("RS_SCHEMA", values.identifier) or ""
    rs_prefix = told.value("RS_PREFIX", values.identifier) or ""
    settings = Settings(
        lambda_prefix=told.value("RS_LAMBDA_PREFIX", values.prefix) or Settings.lambda_prefix,
        execution_role=told.value("RS_LAMBDA_EXECUTION_ROLE", values.role),
        invoke_role=told.value("RS_LAMBDA_INVOKE_ROLE", values.roles),
        schema=names.schema_name(rs_schema=rs_schema, rs_prefix=rs_prefix, production=production),
        production=production,
        image_registry=told.value("IMAGE_REGISTRY", values.registry),
        python_image=told.value("PYTHON_IMAGE", values.plain),
        functions_roots=roots or Settings.functions_roots,
        aws=_aws(told),
        warehouse=_warehouse(told),
        notices=(*told.notices, *_slips(layers)),
    )
    found = [*problems, *told.problems, *_derived(settings)]
    if found:
        raise SettingsError(problems=found)
    return settings


class _Told:
    """Looks variables up, and gathers what was wrong with them."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers
        self.problems: list[Problem] = []
        self.notices: list[str] = []

    def value(self, variable: str, read: Callable[[str], T], layers: Sequence[Layer] | None = None) -> T | None:
        """The strongest layer's value, read; None where nobody says anything, or nothing that can be read."""
        given = self._given(variable, self.layers if layers is None else layers)
        if given is None:
            return None
        try:
            return read(given.text)
        except ValueError as error:
            what, _, hint = str(error).rpartition(": ")
            self.problems.append(Problem(where=given.origin, what=what, hint=hint))
            return None

    def _given(self, variable: str, layers: Sequence[Layer]) -> Given | None:
        older = next((old for old, new in _OLDER.items() if new == variable), "")
        for layer in layers:
            if variable in layer.values:
                return layer.values[variable]
            if older in layer.values:
                self.notices.append(f"{layer.values[older].origin} is the older spelling of {variable}")
                return layer.values[older]
        return None


def _aws(told: _Told) -> Aws:
    # Credentials are taken from one layer: a token of .env with keys of the environment would be nobody's.
    credentials = ("AWS_PROFILE", *_KEYS)
    layers = [layer for layer in told.layers if any(name in layer.values for name in credentials)][:1]
    key, secret = (told.value(name, values.plain, layers) for name in _KEYS[:2])
    if (key is None) != (secret is None):
        present, absent = _KEYS[:2] if key else (_KEYS[1], _KEYS[0])
        origin = layers[0].values[present].origin
        hint = f"set {absent} in the same place, or remove {present}"
        told.problems.append(Problem(where=origin, what=f"is set without {absent}", hint=hint))
    return Aws(
        region=told.value("AWS_REGION", values.region) or told.value("AWS_DEFAULT_REGION", values.region),
        profile=told.value("AWS_PROFILE", values.plain, layers),
        assume_role_arn=told.value("AWS_ASSUME_ROLE_ARN", values.role),
        endpoint_url=told.value("AWS_ENDPOINT_URL", values.url),
        access_key_id=key,
        secret_access_key=None if secret is None else Secret(secret),
        session_token=told.value("AWS_SESSION_TOKEN", Secret, layers),
    )


def _warehouse(told: _Told) -> Warehouse | None:
    host = told.value("RS_HOST", values.host)
    port = told.value("RS_PORT", values.port)
    user = told.value("RS_USER", values.plain)
    ssl = told.value("RS_SSL", values.boolean)
    if host is None:
        return None
    if user is None:
        told.problems.append(Problem(where="RS_USER", what="is not set, but RS_HOST is", hint="set both or none"))
    return Warehouse(
        host=host,
        port=port or Warehouse.port,
        database=told.value("RS_DATABASE", values.plain) or Warehouse.database,
        user=user or "",
        password=told.value("RS_PASSWORD", Secret) or Secret(""),
        ssl=Warehouse.ssl if ssl is None else ssl,
    )


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


def _slips(layers: Sequence[Layer]) -> list[str]:
    """Variables of our own files that look like a setting and are none."""
    known = [*VARIABLES, *_OLDER]
    notices = []
    for layer in layers:
        for name in layer.values if layer.file else ():
            close = [] if name in known else get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                notices.append(f"{layer.values[name].origin} is not a setting: did you mean {close[0]}?")
    return notices
