"""The format of function.yaml, as models: what editors check by the JSON Schema is what the loader checks."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from builder.core.catalog.types import GENERIC, redshift_type
from builder.model import LOG_RETENTION

_KB = 1024
_SIZE = re.compile(r"(\d+)\s*(KB|MB)?", re.IGNORECASE)
# Redshift, CREATE EXTERNAL FUNCTION: MAX_BATCH_SIZE is 1 KB to 5 MB.
_LARGEST_BATCH = 5 * _KB * _KB


class _Spec(BaseModel):
    # Strict: `timeout: true` is not one second, `author: 42` not a text.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        """A known key with nothing behind it is a key left out. YAML's `on` and `1` are names like others, unknown."""
        # Nearly every mapping has nothing to drop, and a catalogue has tens of thousands of them.
        if isinstance(data, dict) and (None in data.values() or set(map(type, data)) != {str}):
            named = ((str(key), value) for key, value in data.items())
            return {key: value for key, value in named if value is not None or key not in cls.model_fields}
        return data


def _as_mapping(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


def batch_size(value: Any) -> Any:
    """Bytes of `4 MB`, `500 KB` or a bare number, which is KB as in Redshift. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("write a size with its unit, as 4 MB or 500 KB")  # noqa: TRY004 (pydantic reports ValueErrors)
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a size: write a whole number of KB or MB, as 500 KB")
    size = int(match[1]) * (_KB * _KB if (match[2] or "").upper() == "MB" else _KB)
    if not _KB <= size <= _LARGEST_BATCH:
        raise ValueError(f"{value!r} is out of range: Redshift takes 1 KB to 5 MB (a bare number is KB)")
    return size


Type = Annotated[
    str,
    AfterValidator(redshift_type),
    Field(json_schema_extra={"anyOf": [{"enum": list(GENERIC)}, {"pattern": "^[A-Za-z]"}]}),
]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


# SQL writes VOLATILE in capitals, and so do people.
Volatility = Annotated[
    Literal["volatile", "stable", "immutable"],
    BeforeValidator(
        _lower,
        json_schema_input_type=Literal["volatile", "stable", "immutable", "VOLATILE", "STABLE", "IMMUTABLE"],
    ),
]


class ParameterSpec(_Spec):
    """One argument."""

    name: str
    """Its name, unique in the function, whatever its case."""
    type: Type
    """A generic type (string, bigint, geometry ...) or one of Redshift's."""
    description: str = ""


class OutputSpec(_Spec):
    """What the function gives back."""

    type: Type
    name: str = ""
    description: str = ""


Output = Annotated[OutputSpec, BeforeValidator(_as_mapping, json_schema_input_type=OutputSpec | str)]


class ExampleSpec(BaseModel):
    """A call worth showing: its SQL, or the arguments that make one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    description: str = ""
    sql: str | None = None
    """The whole statement."""
    arguments: list[Any] | None = None
    """In place of sql: each argument as a SQL expression, in order."""
    output: Any = ""
    """What it answers, as people read it."""

    @model_validator(mode="after")
    def _one_call(self) -> ExampleSpec:
        if (self.sql is None) == (self.arguments is None):
            raise ValueError("an example has either sql or arguments")
        return self

    def statement(self, function: str) -> str:
        """The SQL, made from the arguments where it is not written."""
        if self.sql is not None:
            return self.sql.strip()
        return f"SELECT carto.{function.upper()}({', '.join(map(_as_sql, self.arguments or ()))})"

    def answer(self) -> str:
        """The output as text: JSON for what YAML read as a list, a number or a truth value."""
        return self.output.strip() if isinstance(self.output, str) else json.dumps(self.output, default=str)


# Names that Lambda keeps for itself begin so (Lambda, "Working with Lambda environment variables").
RESERVED = ("AWS_", "LAMBDA_")


def _variable(name: str) -> str:
    if name.startswith(RESERVED):
        raise ValueError(f"{name!r} is a name that Lambda keeps for itself: choose another one")
    return name


def _retention(days: int) -> int:
    if days not in LOG_RETENTION:
        raise ValueError(f"CloudWatch Logs keeps for {', '.join(map(str, LOG_RETENTION))} days: write one of them")
    return days


def _tag_key(name: str) -> str:
    if name.startswith(("aws:", "gateway-")) or name in ("managed-by", "content-hash"):
        raise ValueError(f"{name!r} is a tag of AWS's or of ours: choose another one")
    return name


Variable = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]+$"), AfterValidator(_variable)]
Retention = Annotated[int, AfterValidator(_retention), Field(json_schema_extra={"enum": list(LOG_RETENTION)})]
TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_tag_key)]


class ImageConfigSpec(_Spec):
    """What the Lambda function starts, in place of what the image says."""

    entry_point: list[str] = Field(default_factory=list)
    command: list[str] = Field(default_factory=list)
    working_directory: str = ""


class ConfigSpec(_Spec):
    """What the function asks of its Lambda and of its external function."""

    memory_size: Annotated[int, Field(ge=128, le=10_240)] | None = None
    """MB, 128 to 10240."""
    timeout: Annotated[int, Field(ge=1, le=900)] | None = None
    """Seconds, 1 to 900."""
    max_batch_rows: Annotated[int, Field(ge=1, le=2_147_483_647)] | None = None
    """Rows of one call, 1 to 2147483647."""
    max_batch_size: Annotated[int, BeforeValidator(batch_size, json_schema_input_type=int | str)] | None = None
    """Size of one call with its unit, `1 KB` to `5 MB`; a bare number is KB."""
    runtime: Annotated[str, Field(pattern=r"^python3\.\d+$")] | None = None
    """Read for older catalogues, and not used: every image has the Python of the base, `python3.13`."""
    handler: Annotated[str, Field(pattern=r"^[^\W\d]\w*\.[^\W\d]\w*$")] | None = None
    """`file.function`; by default the code file's `lambda_handler`."""
    own_lambda: bool | None = None
    """true: a Lambda of its own, of the module's image; false: the module's; else as RS_LAMBDA_MODE says."""
    environment: dict[Variable, str] = Field(default_factory=dict)
    """Variables of the Lambda function's environment. No secrets: this file is committed, and plans show it."""
    image_config: ImageConfigSpec | None = None
    """Lambda's ImageConfig."""
    log_retention: Retention | None = None
    """Days that the log group keeps; else RS_LAMBDA_LOG_RETENTION."""
    reserved_concurrency: Annotated[int, Field(ge=0)] | None = None
    """How many calls run at a time, at most; taken from the account's own quota. 0 stops the function."""
    provisioned_concurrency: Annotated[int, Field(ge=1)] | None = None
    """How many containers are kept ready behind the alias `live`. They cost money whether they are used or not."""
    snap_start: bool | None = None
    """true: a version starts from a snapshot of its memory."""
    vpc: bool | None = None
    """false: outside of the VPC that RS_LAMBDA_SUBNETS gives the others."""
    tags: dict[TagKey, Annotated[str, Field(max_length=256)]] = Field(default_factory=dict)
    """Tags of the Lambda function."""
    volatility: Volatility | None = None
    """An external function is volatile or stable; a native SQL function may be immutable."""


def _refuse_both(spec: RedshiftSpec | FunctionFile) -> None:
    """Raises ValueError where both vocabularies are used in one place."""
    for one, other in (("arguments", "parameters"), ("output", "returns")):
        if getattr(spec, one) is not None and getattr(spec, other) is not None:
            raise ValueError(f"{one} and {other} say the same thing: keep one of them")


class RedshiftSpec(_Spec):
    """How the function stands in Redshift."""

    type: Literal["lambda", "sql"] = "lambda"
    """lambda: a Python handler; sql: a native SQL function."""
    code_file: str | None = None
    """From the function's folder; by default code/lambda/python/handler.py, or code/redshift.sql for type sql."""
    requirements_file: str | None = None
    """From the function's folder; by default requirements.txt beside the code file, where there is one."""
    external_function_template: str | None = None
    """A template of the whole SQL, where it cannot be generated."""
    lambda_name: str | None = None
    """What the function's own Lambda is called after the prefix, where it has one; else not used."""
    shared_libs: list[str] = Field(default_factory=list)
    """Libraries of _shared/python that the handler imports as lib.<name>; `data/_utils.py` brings the library data."""
    arguments: list[ParameterSpec] | None = None
    """The arguments as Redshift has them, where they differ."""
    parameters: list[ParameterSpec] | None = None
    """The same as arguments."""
    output: Output | None = None
    """The result as Redshift has it, where it differs."""
    returns: Output | None = None
    """The same as output."""
    config: ConfigSpec = ConfigSpec()

    @model_validator(mode="after")
    def _one_spelling(self) -> RedshiftSpec:
        _refuse_both(self)
        return self


class CloudsSpec(_Spec):
    """The warehouses that the function is for. Only redshift is read."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    redshift: RedshiftSpec | None = None


class FunctionFile(_Spec):
    """One SQL function: functions/<module>/<function>/function.yaml."""

    name: str = ""
    """Read for catalogues that repeat the folder's name, which is the one that counts."""
    module: str = ""
    """Read for catalogues that repeat the module's folder, which is the one that counts."""
    function_type: Literal["scalar"] = "scalar"
    status: str = "stable"
    author: str = ""
    description: str = ""
    arguments: list[ParameterSpec] | None = None
    """In order. `[]` for a function without arguments."""
    parameters: list[ParameterSpec] | None = None
    """The same as arguments."""
    output: Output | None = None
    """A type, or a mapping of type and description."""
    returns: Output | None = None
    """The same as output."""
    examples: list[ExampleSpec] = Field(default_factory=list)
    clouds: CloudsSpec

    @model_validator(mode="after")
    def _one_spelling(self) -> FunctionFile:
        _refuse_both(self)
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema of function.yaml, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **FunctionFile.model_json_schema(mode="validation"),
    }


def _as_sql(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    return json.dumps(value, default=str)
