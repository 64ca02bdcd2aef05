"""What we made, so that the same command can go on where it stopped and remove takes away what deploy brought.

One receipt per account, Region and prefix: that is what a Lambda function's name is unique in. Inside it one place
per database and schema: two of them may call the same Lambda functions, which stay as long as either does. Ownership
of AWS resources is in their tags; the receipt adds what Redshift cannot carry, fingerprints of SQL and whether the
schema is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from builder.model import Routine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.core.config.settings import Settings

# Where functions are noted when no Redshift is configured.
NOWHERE = "lambda"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Signature(_Frozen):
    """A SQL function as it was created.

    `shown` is the fingerprint of the definition that Redshift showed right afterwards: "" where it showed none, None
    where nobody has looked. Redshift has no COMMENT ON FUNCTION that could carry it (COMMENT).
    """

    name: str
    arguments: tuple[str, ...]
    returns: str
    shown: str | None = None

    def routine(self) -> Routine:
        return Routine(name=self.name, arguments=self.arguments, returns=self.returns)


class Deployed(_Frozen):
    """A catalogue function in one place. The fingerprint covers its statements; "" where there is no SQL.

    `grantees` are whom we let call it, so that whoever is taken off the list can be told from whom others let in.
    """

    module: str
    kind: Literal["lambda", "sql"] = "lambda"
    fingerprint: str = ""
    signatures: tuple[Signature, ...] = ()
    grantees: tuple[str, ...] = ()

    def routines(self) -> tuple[Routine, ...]:
        return tuple(signature.routine() for signature in self.signatures)


class Place(_Frozen):
    """A schema in a database. `schema_created`: it was not there before us."""

    schema_created: bool = False
    functions: dict[str, Deployed] = {}


class LambdaReceipt(_Frozen):
    """A Lambda function as we left it. `version`: what its alias points at, "" where there is none."""

    arn: str
    image: str
    version: str = ""


class Receipt(_Frozen):
    """Everything that deploys with one prefix, and one suffix, have made in one account and Region.

    `begun` are the places where a run has not ended well since: with the release that it was going back to, else None.
    """

    version: Literal[1] = 1
    account: str
    region: str
    prefix: str
    suffix: str = ""
    roles: dict[str, str] = {}
    lambdas: dict[str, LambdaReceipt] = {}
    places: dict[str, Place] = {}
    begun: dict[str, int | None] = {}

    @property
    def empty(self) -> bool:
        # Roles are of all sets together: a second set that has gone leaves them to the first.
        return not (self.lambdas or self.places or (self.roles and not self.suffix))

    def label_of(self, function: str) -> str:
        """What a Lambda function is kept under in `lambdas`: its name without the prefix, as a module's is."""
        return function.removeprefix(self.prefix)

    def place(self, label: str) -> Place:
        return self.places.get(label, Place())

    def with_place(self, label: str, place: Place) -> Receipt:
        """A place that holds nothing is no place."""
        places = {**self.places, label: place}
        if not place.functions and not place.schema_created:
            del places[label]
        return self.model_copy(update={"places": dict(sorted(places.items()))})

    def with_begun(self, label: str, of: int | None) -> Receipt:
        return self.model_copy(update={"begun": {**self.begun, label: of}})

    def ended(self, label: str) -> Receipt:
        return self.model_copy(update={"begun": {each: of for each, of in self.begun.items() if each != label}})

    def with_functions(self, label: str, functions: dict[str, Deployed], *, forget: Iterable[str] = ()) -> Receipt:
        place = self.place(label)
        kept = {name: entry for name, entry in place.functions.items() if name not in set(forget)}
        merged = dict(sorted({**kept, **functions}.items()))
        return self.with_place(label, place.model_copy(update={"functions": merged}))


def place_of(settings: Settings) -> str:
    """`cluster:name/database/schema`, or `host:port/...` where the host is not one of Redshift's own; or NOWHERE."""
    road = settings.warehouse
    return NOWHERE if road is None else f"{road.label}/{road.database}/{settings.schema}"
