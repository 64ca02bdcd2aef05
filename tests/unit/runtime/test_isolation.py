"""Each function in a world of its own: handlers, siblings, libraries, data, and what one may not see of another."""

from __future__ import annotations

import importlib
import py_compile
import sys
from typing import TYPE_CHECKING

import pytest
from gateway import manifest
from gateway.functions import Functions

if TYPE_CHECKING:
    from tests.unit.runtime.conftest import Image

ANSWER = "@redshift_handler\ndef lambda_handler(x): return {}\n"
CALL = [["a"]]


def test_forty_handlers_of_one_name_and_their_siblings_stay_apart(image: Image) -> None:
    for number in range(40):
        image.add(
            f"f{number}",
            "import utils\nfrom utils import who\nfrom lib import inner\nfrom lib.inner import deep\n"
            + ANSWER.format("[utils.NAME, who(), inner.NAME, deep.NAME]"),
            returns="SUPER",
            files={
                "utils.py": f"NAME = 'utils {number}'\ndef who(): return NAME\n",
                "lib/__init__.py": "",
                "lib/inner/__init__.py": f"from . import deep\nNAME = 'inner {number}'\n",
                "lib/inner/deep.py": f"import utils\nNAME = utils.NAME + ' deep {number}'\n",
            },
        )
    for number in reversed(range(40)):
        expected = f'["utils {number}","utils {number}","inner {number}","utils {number} deep {number}"]'
        assert image.results(f"f{number}", CALL) == [expected]
        assert image.results(f"f{number}", CALL) == [expected]


def test_a_library_of_one_function_is_not_seen_by_another(image: Image) -> None:
    image.add("first", "import lib.own\n" + ANSWER.format("lib.own.NAME"), files={"lib/own.py": "NAME = 'mine'\n"})
    image.add("second", "import lib.own\n" + ANSWER.format("lib.own.NAME"))
    image.add("third", ANSWER.format("__import__('helper').NAME"))
    image.add("fourth", "import helper\n" + ANSWER.format("helper.NAME"), files={"helper.py": "NAME = 'four'\n"})
    assert image.results("first", CALL) == ["mine"]
    assert "No module named 'lib'" in image.error("second", CALL)
    assert image.results("fourth", CALL) == ["four"]
    assert "No module named 'helper'" in image.error("third", CALL)
    assert not {"lib", "lib.own", "helper", "handler"} & set(sys.modules)


def test_an_import_at_call_time_finds_the_callers_own(image: Image) -> None:
    body = (
        "@redshift_handler\ndef lambda_handler(x):\n"
        "    import late\n    from lib.later import NAME\n    return late.NAME + NAME\n"
    )
    for name in ("one", "two"):
        image.add(name, body, files={"late.py": f"NAME = '{name} '\n", "lib/later.py": f"NAME = 'later {name}'\n"})
    assert image.results("one", CALL * 2) == ["one later one"] * 2
    assert image.results("two", CALL * 2) == ["two later two"] * 2


def test_an_import_in_a_thread_finds_its_own(image: Image) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(x):\n    import late\n    return late.NAME + x\n"
        "@redshift_batch_handler\ndef lambda_handler(x):\n"
        "    with ThreadPoolExecutor(4) as pool: return list(pool.map(work, x))\n"
    )
    for name in ("one", "two"):
        image.add(name, code, files={"late.py": f"NAME = '{name} '\n"})
    assert image.results("one", [["a"], ["b"]]) == ["one a", "one b"]
    assert image.results("two", [["a"], ["b"]]) == ["two a", "two b"]


def test_import_module_and_dynamic_code_follow_the_same_rule(image: Image) -> None:
    code = (
        "import importlib\nfrom importlib import import_module\n"
        "@redshift_handler\ndef lambda_handler(x):\n"
        "    scope = {}\n    exec('import late', globals(), scope)\n"
        "    return [importlib.import_module('late').NAME, import_module('lib.a').NAME, scope['late'].NAME,\n"
        "            eval(\"__import__('late').NAME\"), import_module('json').__name__,\n"
        "            import_module('.late', __package__).NAME]\n"
    )
    for name in ("one", "two"):
        image.add(
            name, code, returns="SUPER", files={"late.py": f"NAME = '{name}'\n", "lib/a.py": f"NAME = 'lib {name}'\n"}
        )
    for name in ("one", "two", "one"):
        assert image.results(name, CALL) == [f'["{name}","lib {name}","{name}","{name}","json","{name}"]']


def test_the_forms_of_the_import_statement(image: Image) -> None:
    code = (
        "import lib.a.b\nimport lib.a.b as short\nfrom lib.a import b, c as see\nfrom lib.a.b import NAME as name\n"
        "from lib.a.star import *\nfrom . import sibling\nfrom .sibling import NAME as other\nimport sibling as again\n"
        + ANSWER.format(
            "[lib.a.b.NAME, short.NAME, b.NAME, see.NAME, name, STAR, sibling.NAME, other, again is sibling]"
        )
    )
    files = {
        "lib/a/__init__.py": "",
        "lib/a/b.py": "NAME = 'b'\n",
        "lib/a/c.py": "from ..a.b import NAME as B\nNAME = 'c' + B\n",
        "lib/a/star.py": "__all__ = ['STAR']\nSTAR = '*'\n",
        "sibling.py": "NAME = 's'\n",
    }
    image.add("f", code, returns="SUPER", files=files)
    assert image.results("f", CALL) == ['["b","b","b","cb","b","*","s","s",true]']


def test_shared_libraries_have_one_copy_on_disk_and_one_instance_for_each_function(image: Image) -> None:
    image.write("shared/counter/__init__.py", "from .state import SEEN\nfrom lib.names import label\n")
    image.write("shared/counter/state.py", "SEEN = []\n")
    image.write("shared/names/__init__.py", "def label(text): return '<' + text + '>'\n")
    code = (
        "from lib import counter\nimport lib.counter.state as state\n"
        "@redshift_handler\ndef lambda_handler(x):\n    counter.SEEN.append(x)\n"
        "    return [counter.label(x), len(state.SEEN), counter.__file__]\n"
    )
    for name in ("one", "two"):
        image.add(name, code, returns="SUPER", libs=("counter", "names"))
    file = str(image.folder / "shared/counter/__init__.py")
    assert image.results("one", [["a"], ["b"]]) == [f'["<a>",1,"{file}"]', f'["<b>",2,"{file}"]']
    assert image.results("two", CALL) == [f'["<a>",1,"{file}"]']


def test_a_shared_library_that_is_not_listed_is_not_there(image: Image) -> None:
    image.write("shared/cells/__init__.py", "")
    image.add("f", "import lib.cells\n" + ANSWER.format("1"))
    image.add("g", "import lib.other\n" + ANSWER.format("1"), libs=("cells",))
    assert "No module named 'lib'" in image.error("f", CALL)
    assert "No module named 'lib.other'" in image.error("g", CALL)


def test_own_and_shared_libraries_stand_side_by_side(image: Image) -> None:
    image.write("shared/cells/__init__.py", "NAME = 'shared'\n")
    image.write("shared/both/__init__.py", "NAME = 'shared'\n")
    for name, extra in (("with_init", {"lib/__init__.py": ""}), ("without", {})):
        image.add(
            name,
            "from lib import cells, own, both\n" + ANSWER.format("cells.NAME + own.NAME + both.NAME"),
            libs=("both", "cells"),
            files={"lib/own.py": "NAME = ' own '\n", "lib/both.py": "NAME = 'mine'\n", **extra},
        )
        assert image.results(name, CALL) == ["shared own mine"]


def test_installed_packages_are_shared_and_an_own_module_comes_before_them(image: Image) -> None:
    image.write("packages/shared_package_x/__init__.py", "NAME = 'installed'\n")
    image.add("uses", "import shared_package_x\n" + ANSWER.format("shared_package_x.NAME"))
    image.add(
        "hides",
        "import shared_package_x\n" + ANSWER.format("shared_package_x.NAME"),
        files={"shared_package_x.py": "NAME = 'own'\n"},
    )
    image.add(
        "folder",
        "import shared_package_x\n" + ANSWER.format("shared_package_x.NAME"),
        files={"shared_package_x/data.txt": ""},
    )
    assert image.results("uses", CALL) == ["installed"]
    assert image.results("hides", CALL) == ["own"]
    assert image.results("folder", CALL) == ["installed"]
    assert sys.path.count(str(image.folder / "packages")) == 1


def test_a_module_named_as_one_of_the_library_is_the_functions_own(image: Image) -> None:
    image.add("f", "import statistics\n" + ANSWER.format("statistics.NAME"), files={"statistics.py": "NAME = 'own'\n"})
    image.add("g", "import statistics\n" + ANSWER.format("str(statistics.mean([1, 3]))"))
    assert image.results("f", CALL) == ["own"]
    assert image.results("g", CALL) == ["2"]


def test_data_beside_a_module_is_read_by_its_path_and_as_a_resource(image: Image) -> None:
    code = (
        "import pkgutil\nfrom importlib import resources\nfrom pathlib import Path\nimport lib.tables\n"
        + ANSWER.format(
            "[Path(__file__).with_name('data.txt').read_text(),"
            " pkgutil.get_data(lib.tables.__name__, 't.txt').decode(),"
            " resources.files(lib.tables).joinpath('t.txt').read_text()]"
        )
    )
    for name in ("one", "two"):
        files = {"data.txt": name, "lib/tables/__init__.py": "", "lib/tables/t.txt": f"table {name}"}
        image.add(name, code, returns="SUPER", files=files)
    for name in ("one", "two"):
        assert image.results(name, CALL) == [f'["{name}","table {name}","table {name}"]']


def test_what_takes_a_module_by_its_name_finds_the_callers_own(image: Image) -> None:
    code = "import importlib.util, pkgutil\nfrom importlib import resources\nimport lib\n" + ANSWER.format(
        "[pkgutil.get_data('lib', 't.txt').decode(), resources.files('lib').joinpath('t.txt').read_text(),"
        " importlib.util.find_spec('lib.deep').origin == lib.__file__.replace('__init__', 'deep'),"
        " importlib.util.find_spec('lib.none') is None, importlib.util.find_spec('json').name]"
    )
    for name in ("one", "two"):
        files = {"lib/__init__.py": "", "lib/deep.py": "", "lib/t.txt": f"table {name}"}
        image.add(name, code, returns="SUPER", files=files)
    for name in ("one", "two"):
        assert image.results(name, CALL) == [f'["table {name}","table {name}",true,true,"json"]']


def test_objects_can_be_pickled(image: Image) -> None:
    code = (
        "import pickle\nfrom dataclasses import dataclass\nfrom shapes import Point\n"
        "@dataclass\nclass Box:\n    size: 'int'\n"
        "@redshift_handler\ndef lambda_handler(x):\n"
        "    again = pickle.loads(pickle.dumps([Box(3), Point(4)]))\n    return again == [Box(3), Point(4)]\n"
    )
    shapes = "from __future__ import annotations\nfrom typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n"
    for name in ("one", "two"):
        image.add(name, code, returns="BOOLEAN", files={"shapes.py": shapes})
        assert image.results(name, CALL) == [True]


def test_a_folder_that_a_handler_adds_to_the_path_is_its_own_only(image: Image) -> None:
    code = "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'vendor'))\n"
    for name in ("one", "two"):
        image.add(
            name,
            code + "import dep\n" + ANSWER.format("dep.NAME + __import__('later').NAME"),
            files={"vendor/dep.py": f"NAME = '{name} '\n", "vendor/later.py": f"NAME = 'later {name}'\n"},
        )
    image.add("three", "import dep\n" + ANSWER.format("dep.NAME"))
    before = list(sys.path)
    assert image.results("one", CALL) == ["one later one"]
    assert image.results("two", CALL) == ["two later two"]
    assert "No module named 'dep'" in image.error("three", CALL)
    assert image.results("one", CALL) == ["one later one"]
    assert [entry for entry in sys.path if "vendor" in entry] == []
    assert [entry for entry in sys.path if entry not in before] in ([], [str(image.folder / "packages")])


def test_modules_that_are_shipped_as_bytecode_alone_are_isolated_too(image: Image) -> None:
    for name in ("one", "two"):
        image.add(
            name,
            "import compiled\n" + ANSWER.format("compiled.NAME"),
            files={"compiled.py": "import other\nNAME = other.NAME\n", "other.py": f"NAME = '{name}'\n"},
        )
        source = image.folder / "functions" / name / "compiled.py"
        py_compile.compile(str(source), str(source.with_suffix(".pyc")))
        source.unlink()
    assert image.results("one", CALL) == ["one"]
    assert image.results("two", CALL) == ["two"]


def test_a_circle_of_imports_works_as_it_does_elsewhere(image: Image) -> None:
    files = {"a.py": "import b\nNAME = 'a'\n", "b.py": "import a\ndef name(): return a.NAME + 'b'\n"}
    image.add("f", "import a, b\n" + ANSWER.format("b.name()"), files=files)
    assert image.results("f", CALL) == ["ab"]


@pytest.mark.parametrize(
    ("code", "says", "place"),
    [
        ("import absent_package\n", "ModuleNotFoundError: No module named 'absent_package'", "handler.py:2"),
        ("import broken\n", "SyntaxError", "broken.py:3"),
        ("import dividing\n", "ZeroDivisionError: division by zero", "dividing.py:2"),
        ("x = undefined\n", "NameError: name 'undefined' is not defined", "handler.py:2"),
        ("import sys; sys.exit('no')\n", "SystemExit: no", "handler.py:2"),
        ("lambda_handler = 7\n", "handler.lambda_handler is a int, not a function", ""),
        ("\n", "has no attribute 'lambda_handler'", ""),
        ("redshift_handler(on_error='x')\n", "on_error='x' is not known", "handler.py:2"),
    ],
)
def test_a_broken_import_fails_its_own_function_and_says_where(image: Image, code: str, says: str, place: str) -> None:
    files = {"broken.py": "a = 1\n\ndef (\n", "dividing.py": "a = 1\nb = 1 / 0\n"}
    image.add("bad", code, files=files).add("good", ANSWER.format("x"))
    assert image.results("good", CALL) == ["a"]
    message = image.error("bad", CALL)
    assert message.startswith("bad")
    assert says in message
    assert "gateway_" not in message
    if place:
        assert f"(functions/bad/{place})" in message
    assert image.results("good", CALL) == ["a"]


def test_an_import_that_failed_is_tried_again_from_a_clean_start(image: Image) -> None:
    code = "import state\nstate.TRIES.append(1)\nimport pathlib\n"
    flag = image.folder / "flag"
    code += f"if not pathlib.Path({str(flag)!r}).exists(): raise OSError('not yet')\n"
    image.add("f", code + ANSWER.format("str(len(state.TRIES))"), files={"state.py": "TRIES = []\n"})
    assert "not yet" in image.error("f", CALL)
    assert "not yet" in image.error("f", CALL)
    flag.write_text("")
    assert image.results("f", CALL) == ["1"]


def test_a_function_is_imported_when_it_is_first_called_and_once(image: Image) -> None:
    log = image.folder / "log"
    for name in ("one", "two"):
        image.add(name, f"open({str(log)!r}, 'a').write('{name} ')\n" + ANSWER.format("x"))
    assert image.dispatcher is not None
    assert not log.exists()
    image.results("two", CALL)
    image.results("two", CALL)
    assert log.read_text() == "two "


def test_two_images_in_one_process_do_not_meet(image: Image, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = type(image)(tmp_path_factory.mktemp("other"))
    for each, name in ((image, "first"), (other, "second")):
        each.add("f", "import late\n" + ANSWER.format("late.NAME"), files={"late.py": f"NAME = '{name}'\n"})
    assert image.results("f", CALL) == ["first"]
    assert other.results("f", CALL) == ["second"]
    assert image.results("f", CALL) == ["first"]


def test_everybody_elses_imports_are_the_interpreters_own(image: Image) -> None:
    before = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    image.add("f", "import late\n" + ANSWER.format("late.NAME"), files={"late.py": "NAME = 'x'\n"})
    image.results("f", CALL)
    after = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    assert before is after
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("late")


def test_check_names_every_function_that_cannot_be_imported(image: Image) -> None:
    image.add("good", ANSWER.format("x"))
    image.add("bad", "import absent_package\n")
    image.add("worse", "def (\n")
    found = Functions(manifest.read(str(image.manifest))).failures()
    assert [message.split()[0] for message in found] == ["bad", "worse"]
    assert "absent_package" in found[0]
    assert "functions/worse/handler.py:2" in found[1]
