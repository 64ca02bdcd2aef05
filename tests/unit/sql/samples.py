"""Functions of a small catalogue, as the loader would hand them over."""

from __future__ import annotations

from builder.core.sql.statements import Target
from builder.model import Config, Function, Kind, Parameter

ROLE = "arn:aws:iam::123456789012:role/invoke"
TARGET = Target(schema="carto", lambda_reference="carto-at-quadbin", iam_role=ROLE)
GREETING = """
CREATE OR REPLACE EXTERNAL FUNCTION @@RS_SCHEMA@@.__{{ function_name }} (a VARCHAR(256), FLOAT8)
RETURNS VARCHAR(256)
STABLE
LAMBDA '@@LAMBDA_ARN@@'
IAM_ROLE '@@IAM_ROLE_ARN@@'
MAX_BATCH_ROWS @@MAX_BATCH_ROWS@@;

CREATE OR REPLACE FUNCTION {{ schema }}.@@FUNCTION_NAME@@ (VARCHAR(256))
RETURNS VARCHAR(256)
STABLE
AS $$ -- a body; with a semicolon
    SELECT {{ schema }}.__greet($1, 1.0) || ';'
$$ LANGUAGE sql;
"""


def a_function(
    name: str,
    types: tuple[str, ...] = (),
    returns: str = "BIGINT",
    *,
    kind: Kind = "lambda",
    sql: str | None = None,
    template: bool = False,
    config: Config | None = None,
) -> Function:
    return Function(
        name=name,
        module="quadbin",
        root=f"functions/quadbin/{name}",
        kind=kind,
        parameters=tuple(Parameter(name=f"p{n}", type=each) for n, each in enumerate(types, 1)),
        returns=returns,
        sql=sql,
        template=template,
        config=config or Config(),
    )


def native(name: str, sql: str, types: tuple[str, ...] = ("BIGINT",), returns: str = "BIGINT") -> Function:
    return a_function(name, types, returns, kind="sql", sql=sql)


POLYFILL = a_function(
    "quadbin_polyfill",
    ("GEOMETRY", "INTEGER"),
    "SUPER",
    config=Config(max_batch_rows=1000, max_batch_size=4 * 1024 * 1024, volatility="immutable"),
)
TOQUADKEY = a_function("quadbin_toquadkey", ("BIGINT",), "VARCHAR(MAX)")
EVERY_TYPE = a_function(
    "every_type",
    (
        "VARCHAR(MAX)",
        "INTEGER",
        "BIGINT",
        "BOOLEAN",
        "REAL",
        "DOUBLE PRECISION",
        "SUPER",
        "GEOMETRY",
        "GEOGRAPHY",
        "VARBYTE",
    ),
    "DOUBLE PRECISION",
    config=Config(volatility="volatile"),
)
TOPARENT = native(
    "quadbin_toparent",
    "SELECT CASE WHEN $2 <= {{ schema }}.quadbin_resolution($1) THEN $1 - $2 END;\n",
    ("BIGINT", "INTEGER"),
)
GREET = a_function("greet", ("VARCHAR(256)",), "VARCHAR(256)", sql=GREETING, template=True)
