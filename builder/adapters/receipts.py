"""Receipts on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from builder.core.deploy.receipt import Receipt
from builder.errors import SettingsError
from builder.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from builder.core.deploy.observed import Identity


def path(state: Path, identity: Identity, prefix: str, suffix: str = "") -> Path:
    """`.builder/receipts/000000000000-us-east-1-carto-at-.json`; `...-carto-at-+_next.json` of a second set."""
    return state / "receipts" / f"{_stem(identity, prefix)}{'+' if suffix else ''}{suffix}.json"


def suffixes(state: Path, identity: Identity, prefix: str) -> tuple[str, ...]:
    """The second sets that there are. No prefix has a plus in it."""
    stem = f"{_stem(identity, prefix)}+"
    return tuple(sorted(file.stem.removeprefix(stem) for file in (state / "receipts").glob(f"{stem}*.json")))


def _stem(identity: Identity, prefix: str) -> str:
    return f"{identity.account}-{identity.region}-{prefix}"


def forget(state: Path, account: str) -> None:
    """Drops the receipts of an account that is gone: the local cloud's, when it is taken down."""
    for file in (state / "receipts").glob(f"{account}-*.json"):
        file.unlink()


def load(file: Path, identity: Identity, prefix: str, suffix: str = "") -> Receipt:
    """An empty receipt where there is no file. Raises SettingsError for one that is not ours to read."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Receipt(account=identity.account, region=identity.region, prefix=prefix, suffix=suffix)
    try:
        receipt = Receipt.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"cannot read this receipt: {place} {first['msg']}".replace(":  ", ": "),
            where=str(file),
            hint="it was written by another version, or by hand; move it away to plan from AWS and Redshift alone",
        ) from error
    if (receipt.account, receipt.region, receipt.prefix, receipt.suffix) != (
        identity.account,
        identity.region,
        prefix,
        suffix,
    ):
        raise SettingsError(
            f"this receipt is for {receipt.account} {receipt.region} {receipt.prefix} {receipt.suffix}".rstrip(),
            where=str(file),
            hint="move it away",
        )
    return receipt


def save(file: Path, receipt: Receipt) -> None:
    """Whole or not at all: a receipt that is cut in half would lose what we own. An empty one is removed."""
    if receipt.empty:
        file.unlink(missing_ok=True)
        return
    write_whole(file, receipt.model_dump_json(indent=2) + "\n")
