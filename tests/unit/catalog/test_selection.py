"""What names on the command line stand for."""

from __future__ import annotations

import pytest

from builder.core.catalog.changes import Changes
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.catalog.selection import NOTHING_GONE, Gone, select, selection
from builder.errors import UsageError
from tests.unit.catalog.trees import DATA

CATALOG = open_catalog(["small"], DATA)


def names(modules: str = "", functions: str = "") -> list[str]:
    return [function.name for function in select(CATALOG, modules, functions)]


def test_nothing_named_is_everything() -> None:
    assert names() == ["__double", "area", "shout"]


def test_lists_in_any_case_with_blanks_and_in_the_catalogues_order() -> None:
    assert names(functions=" SHOUT, Area ,") == ["area", "shout"]
    assert names(modules="Text,geo") == ["__double", "area", "shout"]


def test_both_lists_allow_what_both_name() -> None:
    assert names(modules="geo", functions="area") == ["area"]


def test_all_unknown_names_are_answered_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        select(CATALOG, modules="goe,text,xyz", functions="are")
    assert [(each.what, each.hint) for each in caught.value.problems] == [
        ("there is no module 'goe'", "did you mean 'geo'?"),
        ("there is no module 'xyz'", "known: geo, text"),
        ("there is no function 'are'", "did you mean 'area'?"),
    ]
    assert caught.value.exit_code == 2


def test_lists_that_contradict_are_no_empty_selection() -> None:
    with pytest.raises(UsageError, match="'shout' is in module 'text', which --modules leaves out"):
        select(CATALOG, modules="geo", functions="area,shout")


def test_a_module_has_the_libraries_that_its_functions_use() -> None:
    geo, text = group(CATALOG, CATALOG.functions)
    assert (geo.name, [lib.name for lib in geo.shared_libs]) == ("geo", ["units", "words"])
    assert (text.name, text.shared_libs) == ("text", ())
    assert [function.name for function in geo.lambdas] == ["area"]


def test_a_module_has_its_lock_where_a_function_needs_a_package() -> None:
    geo, text = group(CATALOG, CATALOG.functions)
    assert geo.requirements_lock == "shapely==2.1.2 --hash=sha256:00\n"
    assert text.requirements_lock == ""
    (without,) = group(CATALOG, select(CATALOG, functions="__double"))
    assert without.requirements_lock == ""


def test_grouping_does_not_depend_on_the_order_given() -> None:
    assert group(CATALOG, reversed(CATALOG.functions)) == group(CATALOG, CATALOG.functions)


def test_a_selection_knows_the_whole_modules_and_which_are_complete() -> None:
    found = selection(CATALOG, functions="area,shout")
    assert [function.name for function in found.functions] == ["area", "shout"]
    assert [function.name for module in found.modules for function in module.functions] == ["__double", "area", "shout"]
    assert found.complete == {"text"}
    assert selection(CATALOG).complete == {"geo", "text"}


# The catalogue had `geo.old`, and a module `maps` of two functions, one of which is in `text` now.
LEFT = Changes(changed=("shout",), deleted=("old", "lost"), left=(("geo", "old"), ("maps", "lost"), ("maps", "shout")))


@pytest.mark.parametrize(
    ("modules", "functions", "gone"),
    [
        ("", "", Gone(functions=frozenset({"old", "lost"}), modules=frozenset({"maps"}))),
        ("geo", "", Gone(functions=frozenset({"old"}))),
        ("MAPS", "", Gone(functions=frozenset({"lost"}), modules=frozenset({"maps"}))),
        ("", "Lost,shout", Gone(functions=frozenset({"lost"}), modules=frozenset({"maps"}))),
        # Of a part of a module somebody else may be in charge.
        ("", "lost", Gone(functions=frozenset({"lost"}))),
        ("text", "", NOTHING_GONE),
    ],
)
def test_names_narrow_what_is_gone_too_and_know_what_the_catalogue_has_lost(
    modules: str, functions: str, gone: Gone
) -> None:
    assert selection(CATALOG, modules, functions, changes=LEFT).gone == gone


def test_a_lost_name_is_unknown_where_nothing_is_compared() -> None:
    with pytest.raises(UsageError, match="there is no function 'lost'"):
        selection(CATALOG, functions="lost")
    assert [each.name for each in selection(CATALOG, changes=LEFT).functions] == ["shout"]
