"""Every setting: its name in the environment and in `.env`, its place in a YAML file, its default, what it means.

The JSON Schema of the YAML files, the table of `builder config` and the suggestions for slips are all made from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "boolean", "integer", "list"]

ROADS = ("RS_HOST", "RS_CLUSTER_IDENTIFIER", "RS_WORKGROUP")
KEYS_OF_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
WEB_IDENTITY = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
# Who we are is taken from one source: a token of .env with keys of the environment would be nobody's.
CREDENTIALS = ("AWS_PROFILE", *KEYS_OF_AWS, *WEB_IDENTITY)
# Services whose endpoint may be another than the rest's, by the variable that AWS's own tools read it from.
SERVICE_ENDPOINTS = {
    "AWS_ENDPOINT_URL_REDSHIFT": "redshift",
    "AWS_ENDPOINT_URL_REDSHIFT_DATA": "redshift-data",
    "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": "redshift-serverless",
}


@dataclass(frozen=True, kw_only=True)
class Key:
    """One setting. `path` is dotted; "" where it does not belong in a file that people commit.

    `flag`: how it is spelled where it is no variable but an option of the command line.
    `needs`: without one of these variables nothing reads it, which in a YAML file is an error.
    """

    variable: str
    flag: str = ""
    path: str = ""
    kind: Kind = "text"
    default: str = ""
    about: str
    secret: bool = False
    needs: tuple[str, ...] = ()


KEYS: tuple[Key, ...] = (
    Key(variable="RS_ENV", about="which configs/<env>.yaml is read"),
    Key(
        variable="RS_LAMBDA_PREFIX",
        path="lambda.prefix",
        default="carto-at-",
        about="Lambda functions and ECR repositories are {prefix}{module}",
    ),
    Key(
        variable="RS_LAMBDA_MODE",
        path="lambda.mode",
        default="module",
        about="module: a module's functions share a Lambda; function: each has its own, of the same image",
    ),
    Key(
        variable="RS_LAMBDA_ARCHITECTURE",
        path="lambda.architecture",
        default="x86_64",
        about="x86_64 or arm64: what the images are built for and the Lambda functions run on",
    ),
    Key(variable="RS_LAMBDA_EXECUTION_ROLE", path="lambda.execution_role", about="ARN; created where none is given"),
    Key(
        variable="RS_LAMBDA_INVOKE_ROLE",
        path="lambda.invoke_role",
        kind="list",
        about="ARN, or a chain of ARNs across accounts; created where none is given",
    ),
    Key(
        variable="RS_LAMBDA_ALIAS",
        path="lambda.alias",
        kind="boolean",
        default="false",
        about="whether SQL calls the alias, `function:live`, and not the bare name",
    ),
    Key(
        variable="RS_LAMBDA_SMOKE",
        path="lambda.smoke",
        kind="boolean",
        default="true",
        about="whether new code is asked if it works before anything moves to it",
    ),
    Key(
        variable="RS_LAMBDA_VERSIONS",
        path="lambda.versions",
        kind="integer",
        default="5",
        about="how many published versions of a Lambda function are kept",
    ),
    Key(
        variable="RS_RELEASES",
        path="releases",
        kind="integer",
        default="20",
        about="how many releases of a place are kept for `builder rollback`",
    ),
    Key(
        variable="RS_LAMBDA_SUBNETS",
        path="lambda.subnets",
        kind="list",
        about="subnets of a VPC that the Lambda functions run in",
        needs=("RS_LAMBDA_SECURITY_GROUPS",),
    ),
    Key(
        variable="RS_LAMBDA_SECURITY_GROUPS",
        path="lambda.security_groups",
        kind="list",
        about="their security groups",
        needs=("RS_LAMBDA_SUBNETS",),
    ),
    Key(
        variable="RS_LAMBDA_LOG_RETENTION",
        path="lambda.log_retention",
        kind="integer",
        about="days that the functions' log groups keep; else as they are",
    ),
    Key(
        variable="RS_LAMBDA_TAGS",
        path="lambda.tags",
        kind="list",
        about="tags of the Lambda functions beside ours, as `team=maps`",
    ),
    Key(variable="RS_SCHEMA", path="schema.name", about="the schema; else {RS_PREFIX}carto"),
    Key(variable="RS_PREFIX", path="schema.prefix", about="leads the schema's name"),
    Key(
        variable="RS_GRANTEES",
        path="schema.grantees",
        kind="list",
        about="who may call the functions: users, `group NAME`, `role NAME`, `public`; else Redshift's default, public",
    ),
    Key(
        variable="production",
        flag="--production",
        path="production",
        kind="boolean",
        default="false",
        about="schema `carto`, the files' lambda.prefix, and no functions whose status is development",
    ),
    Key(
        variable="functions_roots",
        flag="--functions-root",
        path="functions_roots",
        kind="list",
        default="functions",
        about="the catalogue's folders; later ones override earlier ones",
    ),
    Key(variable="RS_HOST", path="redshift.host", about="Redshift's host; without one only Lambdas are deployed"),
    Key(variable="RS_PORT", path="redshift.port", kind="integer", default="5439", about="its port", needs=ROADS),
    Key(variable="RS_DATABASE", path="redshift.database", default="dev", about="its database", needs=ROADS),
    Key(variable="RS_USER", path="redshift.user", about="its user", needs=ROADS),
    Key(variable="RS_PASSWORD", about="its password", secret=True),
    Key(variable="RS_SSL", path="redshift.ssl", kind="boolean", default="true", about="whether by TLS", needs=ROADS),
    Key(
        variable="RS_CLUSTER_IDENTIFIER",
        path="redshift.cluster_identifier",
        about="the cluster: the invoke role is attached to it; by the Data API, or with RS_HOST by a password of AWS's",
    ),
    Key(
        variable="RS_WORKGROUP",
        path="redshift.workgroup",
        about="the same, of a serverless workgroup, whose namespace has the roles",
    ),
    Key(
        variable="RS_SECRET_ARN",
        path="redshift.secret_arn",
        about="the Secrets Manager secret that the Data API logs in with",
        needs=ROADS,
    ),
    Key(variable="AWS_REGION", path="aws.region", about="the Region of the Lambdas, which is Redshift's"),
    Key(variable="AWS_DEFAULT_REGION", about="read where AWS_REGION is not set"),
    Key(variable="AWS_PROFILE", path="aws.profile", about="a profile of ~/.aws, SSO included"),
    Key(variable="AWS_ACCESS_KEY_ID", about="an access key", secret=True),
    Key(variable="AWS_SECRET_ACCESS_KEY", about="its secret", secret=True),
    Key(variable="AWS_SESSION_TOKEN", about="its session token, where it is temporary", secret=True),
    Key(
        variable="AWS_ROLE_ARN",
        path="aws.role_arn",
        about="the role of a web identity",
        needs=("AWS_WEB_IDENTITY_TOKEN_FILE",),
    ),
    Key(
        variable="AWS_WEB_IDENTITY_TOKEN_FILE",
        path="aws.web_identity_token_file",
        about="the file of a web identity's token",
        needs=("AWS_ROLE_ARN",),
    ),
    Key(variable="AWS_ASSUME_ROLE_ARN", path="aws.assume_role_arn", about="a role to take on for everything"),
    Key(
        variable="AWS_ASSUME_ROLE_EXTERNAL_ID",
        path="aws.assume_role_external_id",
        about="the external id that this role asks for",
        needs=("AWS_ASSUME_ROLE_ARN",),
    ),
    Key(
        variable="AWS_ROLE_SESSION_NAME",
        path="aws.role_session_name",
        about="the session's name in CloudTrail; else {prefix}deployer",
        needs=("AWS_ASSUME_ROLE_ARN", "AWS_ROLE_ARN"),
    ),
    Key(variable="AWS_ENDPOINT_URL", path="aws.endpoint_url", about="another AWS: an emulator, a private endpoint"),
    *(
        Key(variable=name, path=f"aws.{name.removeprefix('AWS_').lower()}", about=f"the same, for {service} alone")
        for name, service in SERVICE_ENDPOINTS.items()
    ),
    Key(
        variable="IMAGE_REGISTRY",
        path="images.registry",
        about="host[:port][/path] to push to and deploy from, where it differs from ECR's answer",
    ),
    Key(
        variable="IMAGE_ACCOUNTS",
        path="images.accounts",
        kind="list",
        about="other accounts whose Lambda functions may run the images",
    ),
    Key(variable="PYTHON_IMAGE", path="images.python", about="the image that the base is built on"),
)
BY_VARIABLE = {key.variable: key for key in KEYS}
BY_PATH = {key.path: key for key in KEYS if key.path}
# Older spellings, and what they are called now.
OLDER = {
    "LAMBDA_PREFIX": "RS_LAMBDA_PREFIX",
    "LAMBDA_EXECUTION_ROLE_ARN": "RS_LAMBDA_EXECUTION_ROLE",
    "RS_ROLES": "RS_LAMBDA_INVOKE_ROLE",
}

_TYPES: dict[Kind, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "integer": {"type": ["integer", "null"]},
    "list": {
        "oneOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    },
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    properties: dict[str, Any] = {}
    for path, key in BY_PATH.items():
        section, _, name = path.rpartition(".")
        found = {"description": key.about, **_TYPES[key.kind]}
        if section:
            empty = {"type": ["object", "null"], "additionalProperties": False, "properties": {}}
            properties.setdefault(section, empty)["properties"][name] = found
        else:
            properties[name] = found
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A configuration file of the builder: configs/base.yaml, configs/<env>.yaml, --config FILE",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
