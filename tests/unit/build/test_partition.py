"""The fewest images that satisfy all: against a resolver whose answers are written down, and against brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.core.images.partition import ImpossibleError, Part, partition
from builder.model import Function, Module

if TYPE_CHECKING:
    from collections.abc import Sequence


def a_module(**asked: Sequence[str]) -> Module:
    functions = tuple(
        Function(
            name=name,
            module="m",
            root=f"functions/m/{name}",
            kind="lambda",
            parameters=(),
            returns="BIGINT",
            requirements=tuple(lines),
        )
        for name, lines in asked.items()
    )
    return Module(name="m", functions=functions)


class Excluding:
    """A resolver that cannot meet any set which holds one of these; it counts the questions."""

    def __init__(self, *sets: Sequence[str]) -> None:
        self.sets = [frozenset(each) for each in sets]
        self.asked = 0

    def __call__(self, lines: Sequence[str]) -> str | None:
        self.asked += 1
        return next((f"not {sorted(each)}" for each in self.sets if each <= set(lines)), None)


def shape(parts: Sequence[Part]) -> list[tuple[int, ...] | tuple[str, ...]]:
    return [part.functions for part in parts]


def test_two_that_exclude_one_another_are_two_images_with_the_reason() -> None:
    found = partition(a_module(old=["numpy<2"], new=["numpy>=2"], plain=[]), Excluding(["numpy<2", "numpy>=2"]))
    assert found.parts == (
        Part(number=1, functions=("new", "plain")),
        Part(number=2, functions=("old",), reason="numpy<2 (old) and numpy>=2 (new) cannot be met together"),
    )
    assert found.proven


def test_what_most_functions_share_keeps_the_modules_name() -> None:
    found = partition(a_module(a=["x==1"], b=["x==2"], c=["x==2"], d=["x==2"]), Excluding(["x==1", "x==2"]))
    assert shape(found.parts) == [("b", "c", "d"), ("a",)]


def test_three_may_exclude_one_another_though_any_two_agree() -> None:
    found = partition(a_module(a=["a"], b=["b"], c=["c"]), Excluding(["a", "b", "c"]))
    assert shape(found.parts) == [("a", "b"), ("c",)]
    assert found.parts[1].reason == "a (a), b (b) and c (c) cannot be met together"


def test_fewer_images_are_found_than_by_taking_the_first_that_fits() -> None:
    # The crown of a b c against x y z without a-x, b-y, c-z: in the order a x b y c z first-fit takes three.
    pairs = [(one, other) for one in "abc" for other in "xyz" if (one, other) not in zip("abc", "xyz", strict=True)]
    module = a_module(p1=["a"], p2=["x"], p3=["b"], p4=["y"], p5=["c"], p6=["z"])
    found = partition(module, Excluding(*pairs))
    assert shape(found.parts) == [("p1", "p3", "p5"), ("p2", "p4", "p6")]
    assert found.proven


def test_the_search_ends_with_its_questions_and_says_so() -> None:
    pairs = [(one, other) for one in "abc" for other in "xyz" if (one, other) not in zip("abc", "xyz", strict=True)]
    module = a_module(p1=["a"], p2=["x"], p3=["b"], p4=["y"], p5=["c"], p6=["z"])
    found = partition(module, Excluding(*pairs), questions=0)
    assert len(found.parts) == 3
    assert not found.proven


def test_functions_stay_where_they_were() -> None:
    module = a_module(a=["x==1"], b=["x==2"], c=["y"])
    solve = Excluding(["x==1", "x==2"])
    assert shape(partition(module, solve).parts) == [("a", "c"), ("b",)]
    assert shape(partition(module, solve, earlier={"a": 2, "b": 1, "c": 2}).parts) == [("b",), ("a", "c")]


def test_a_number_stays_when_one_before_it_goes() -> None:
    module = a_module(a=["x==1"], c=["x==3"])
    found = partition(module, Excluding(["x==1", "x==3"]), earlier={"a": 1, "b": 2, "c": 3})
    assert [(part.number, part.functions) for part in found.parts] == [(1, ("a",)), (3, ("c",))]


def test_a_function_that_joins_does_not_move_the_others() -> None:
    solve = Excluding(["x==1", "x==2"])
    earlier = {"a": 1, "b": 2}
    found = partition(a_module(a=["x==1"], b=["x==2"], k=["x==2"], l=["x==2"]), solve, earlier=earlier)
    assert shape(found.parts) == [("a",), ("b", "k", "l")]


def test_what_cannot_be_met_alone_is_named() -> None:
    with pytest.raises(ImpossibleError) as caught:
        partition(a_module(a=["x==1", "x==2"], b=["y"], c=["x==1", "x==2"]), Excluding(["x==1", "x==2"]))
    assert caught.value.functions == ("a", "c")


def test_answers_that_follow_from_others_are_not_asked_for() -> None:
    module = a_module(**{f"f{number}": ["x==1", f"p{number % 3}"] for number in range(30)}, other=["x==2"])
    solve = Excluding(["x==1", "x==2"])
    assert len(partition(module, solve).parts) == 2
    # Thirty functions are three lists of packages: four questions alone, and few more.
    assert solve.asked < 12


def fewest(count: int, sets: Sequence[frozenset[str]]) -> int:
    """By trying every way to give each of `count` items one of `most` colours."""

    def possible(most: int, colours: tuple[int, ...]) -> bool:
        groups = [{f"r{i}" for i, colour in enumerate(colours) if colour == each} for each in range(most)]
        if any(bad <= group for bad in sets for group in groups):
            return False
        return len(colours) == count or any(possible(most, (*colours, each)) for each in range(most))

    return next(most for most in range(1, count + 1) if possible(most, ()))


@settings(deadline=None, max_examples=150)
@given(
    count=st.integers(2, 6),
    sets=st.lists(st.sets(st.integers(0, 5), min_size=2, max_size=3), min_size=1, max_size=8),
)
def test_no_partition_has_fewer_parts_and_every_part_can_be_met(count: int, sets: list[set[int]]) -> None:
    bad = [frozenset(f"r{i}" for i in each) for each in sets if max(each) < count]
    module = a_module(**{f"f{i}": [f"r{i}"] for i in range(count)})
    found = partition(module, Excluding(*map(sorted, bad)))
    lines = {f"f{i}": f"r{i}" for i in range(count)}
    for part in found.parts:
        assert not any(each <= {lines[name] for name in part.functions} for each in bad)
    assert sorted(name for part in found.parts for name in part.functions) == sorted(lines)
    assert len(found.parts) == fewest(count, bad)
    earlier = {name: part.number for part in found.parts for name in part.functions}
    assert partition(module, Excluding(*map(sorted, bad)), earlier=earlier).parts == found.parts
