"""The rule by which images expire, evaluated as ECR does: no digest that a release may lead back to is ever taken.

Expectations: ECR user guide, "Lifecycle policy properties" (`untagged` takes images that have no tag at all;
`sinceImagePushed` counts days from the push), "Image tag mutability" (an immutable tag is never moved).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from builder.core.deploy import policies
from builder.core.deploy.receipt import place_of
from builder.names import image_tag
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, lock, scopes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DECADES = (0, 1, 13, 14, 15, 400, 36_500)


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """An image in a repository, so many days after its push."""

    digest: str
    days: int
    tags: tuple[str, ...] = ()


def expired(policy: str, images: list[Pushed]) -> set[str]:
    """What ECR would take. A rule of another kind than ours makes the test fail, not pass."""
    gone: set[str] = set()
    rules: list[dict[str, Any]] = json.loads(policy)["rules"]
    for rule in rules if isinstance(rules, list) else [rules]:
        chosen = rule["selection"]
        kinds: dict[str, Callable[[Pushed], bool]] = {
            "untagged": lambda each: not each.tags,
            "tagged": lambda each: bool(each.tags),
            "any": lambda _: True,
        }
        taken = [each for each in images if kinds[chosen["tagStatus"]](each)]
        if chosen["countType"] == "sinceImagePushed":
            assert chosen["countUnit"] == "days"
            gone |= {each.digest for each in taken if each.days > chosen["countNumber"]}
        else:
            assert chosen["countType"] == "imageCountMoreThan"
            newest = sorted(taken, key=lambda each: each.days)
            gone |= {each.digest for each in newest[chosen["countNumber"] :]}
    return gone


def test_no_digest_of_a_release_ever_expires(tmp_path: Path) -> None:
    site = Site(tmp_path, settings=replace(WITH_REDSHIFT, rollout=replace(WITH_REDSHIFT.rollout, releases=20)))
    for build in range(1, 26):
        site.images = lock(build=build)
        site.push()
        site.deploy(scopes())
    place, history = place_of(site.settings), site.history
    kept = {
        entry.image.partition("@")[2]
        for number in history.numbers(place)
        for entry in history.get(place, number).content.lambdas.values()
    }
    assert len(kept) == 2 * 20
    held = site.cloud.repositories
    for name, digests in held.images.items():
        rule = str(held.held[name].lifecycle)
        # A push gives every image the tag that its digest is (test_push.py); the repository keeps it there.
        assert held.held[name].mutability == "IMMUTABLE"
        for days in DECADES:
            images = [Pushed(digest=each, days=days, tags=(image_tag(each),)) for each in digests]
            broken_off = Pushed(digest="sha256:half", days=days)
            assert expired(rule, [*images, broken_off]) & kept == set()
            assert expired(rule, [*images, broken_off]) == ({"sha256:half"} if days > 14 else set())


@pytest.mark.parametrize(
    "selection",
    [
        {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
        {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 90},
        {"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 10},
    ],
)
def test_a_rule_by_count_or_age_would_meet_one_and_is_put_right(site: Site, selection: dict[str, Any]) -> None:
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    policy = policies.canonical({"rules": [rule]})
    images = [Pushed(digest=str(days), days=days, tags=("t",)) for days in range(0, 200, 10)]
    assert expired(policy, images)
    site.deploy(scopes())
    held = site.cloud.repositories.held
    good = dict(held)
    held["carto-at-h3"] = replace(held["carto-at-h3"], lifecycle=policy)
    site.deploy(scopes())
    assert held == good
