"""Every mistake with its file, line and key; all of them in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy_redshift import dialect

from builder.core.catalog.load import Document, parse
from builder.core.catalog.reserved import RESERVED
from builder.errors import CatalogError
from tests.unit.catalog.trees import HANDLER, PLAIN, brief, function, problems, write

if TYPE_CHECKING:
    from pathlib import Path


def of(text: str, tmp_path: Path) -> list[str]:
    """The problems of one function.yaml beside a good handler."""
    return brief(problems(write(tmp_path, function("one", text))))


def lambda_with(lines: str) -> str:
    return f"arguments: []\noutput: int\nclouds:\n  redshift:\n{lines}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "geo/one/function.yaml : is empty"),
        ("- a\n- b\n", "geo/one/function.yaml:1 : a list stands where a mapping of keys to values should"),
        ("a: [1\nb: 2\n", "geo/one/function.yaml:2 : not YAML: "),
        ("a: 1\n---\nb: 2\n", "geo/one/function.yaml:2 : not YAML: but found another document"),
        ("a: !!python/object:os.system x\n", "geo/one/function.yaml:1 : not YAML: could not determine a constructor"),
        ("a: 2024-13-45\n", "geo/one/function.yaml : a value that YAML cannot read: month must be in 1..12"),
    ],
)
def test_what_is_no_mapping_of_yaml(text: str, problem: str, tmp_path: Path) -> None:
    (found,) = of(text, tmp_path)
    assert found.startswith(problem)


def test_a_pile_of_brackets_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (found,) = of("a: " + "[" * 20_000, tmp_path)
    assert found.startswith("geo/one/function.yaml")


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (PLAIN + "autor: me\n", "geo/one/function.yaml:4 autor: unknown key 'autor'", "did you mean 'author'?"),
        (
            lambda_with("    config:\n      timeot: 3\n"),
            "geo/one/function.yaml:6 clouds.redshift.config.timeot: unknown key 'timeot'",
            "did you mean 'timeout'?",
        ),
        (
            "arguments:\n  - name: a\n    typ: int\n    type: int\noutput: int\nclouds: {redshift: {}}\n",
            "geo/one/function.yaml:3 arguments[0].typ: unknown key 'typ'",
            "did you mean 'type'?",
        ),
        (
            "arguments: []\noutput:\n  type: int\n  descripton: x\nclouds: {redshift: {}}\n",
            "geo/one/function.yaml:4 output.descripton: unknown key 'descripton'",
            "did you mean 'description'?",
        ),
        (
            "arguments: []\noutput: int\nclouds:\n  redshfit: {}\n",
            "geo/one/function.yaml:4 clouds.redshfit: unknown cloud 'redshfit'",
            "did you mean 'redshift'?",
        ),
        ("arguments: []\noutput: int\n", "geo/one/function.yaml:1 clouds: is missing", "add it"),
    ],
)
def test_unknown_and_missing_keys(text: str, problem: str, hint: str, tmp_path: Path) -> None:
    found = problems(write(tmp_path, function("one", text)))
    assert (brief(found), found[0].hint) == ([problem], hint)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("memory_size: 127", "127 is too small"),
        ("memory_size: 10241", "10241 is too large"),
        ("timeout: 0", "0 is too small"),
        ("timeout: 901", "901 is too large"),
        ("timeout: true", "true stands where a whole number should"),
        ("timeout: '60'", "'60' stands where a whole number should"),
        ("max_batch_rows: 0", "0 is too small"),
        ("max_batch_rows: 2147483648", "2147483648 is too large"),
        ("max_batch_size: 6 MB", "'6 MB' is out of range"),
        ("max_batch_size: 0", "0 is out of range"),
        ("max_batch_size: 4 GB", "'4 GB' is not a size"),
        ("max_batch_size: 1.5 MB", "'1.5 MB' is not a size"),
        ("runtime: python2", "'python2' has not the form that is wanted"),
        ("handler: handler", "'handler' has not the form that is wanted"),
        ("handler: a.b.c", "'a.b.c' has not the form that is wanted"),
        ("volatility: sometimes", "'sometimes' is not one of 'volatile', 'stable' or 'immutable'"),
        ("volatility: IMMUTABLE", "an external function cannot be immutable"),
    ],
)
def test_configuration_out_of_its_range(config: str, what: str, tmp_path: Path) -> None:
    key = config.partition(":")[0]
    found = of(lambda_with(f"    config:\n      {config}\n"), tmp_path)
    assert found == [f"geo/one/function.yaml:6 clouds.redshift.config.{key}: {what}"]


@pytest.mark.parametrize(("written", "size"), [("1", 1024), ("1 KB", 1024), ("5mb", 5_242_880), ("5120", 5_242_880)])
def test_a_batch_size_without_unit_is_kb_as_in_redshift(written: str, size: int) -> None:
    text = lambda_with(f"    config: {{max_batch_size: {written}}}\n")
    document = Document(where="f", root="f", module="geo", name="f", text=text)
    assert [each.redshift.config.max_batch_size for each in parse([document]).definitions] == [size]


def test_an_unknown_type_names_the_one_that_was_meant(tmp_path: Path) -> None:
    text = "arguments:\n  - {name: a, type: bigint}\n  - {name: b, type: strnig}\noutput: int\nclouds: {redshift: {}}\n"
    (found,) = problems(write(tmp_path, function("one", text)))
    assert str(found) == (
        "functions/geo/one/function.yaml:3 arguments[1].type: 'strnig' is not a type\n    did you mean 'string'?"
    )


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    text = "arguments: []\noutput: int\nclouds:\n  redshift:\n    type: sql\n    type: lambda\n"
    what = "the key stands twice (first in line 5)"
    assert of(text, tmp_path) == [f"geo/one/function.yaml:6 clouds.redshift.type: {what}"]


@pytest.mark.parametrize(
    "lines",
    [
        "description: &a [*a]\n",
        "examples: [{arguments: &a [*a]}]\n",
        # Ten of ten of ten ...: nine lines, 10^9 values.
        "examples:\n- arguments: [&l0 [x]]\n  sql: a\n"
        + "".join(f"- {{sql: a, output: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]}}\n" for n in range(1, 10)),
    ],
    ids=["itself", "itself in an example", "a billion"],
)
def test_aliases_that_stand_for_no_end_of_values(lines: str, tmp_path: Path) -> None:
    assert of(PLAIN + lines, tmp_path) == ["geo/one/function.yaml : its aliases stand for more than 100,000 values"]


def test_an_alias_for_what_stands_elsewhere_is_what_it_stands_for(tmp_path: Path) -> None:
    text = "arguments: [{name: n, type: &t bigint}]\noutput: *t\nclouds: {redshift: {}}\n"
    assert of(text, tmp_path) == []


def test_two_spellings_of_one_thing(tmp_path: Path) -> None:
    assert of(PLAIN + "returns: int\n", tmp_path) == ["geo/one/function.yaml:1 : output and returns say the same thing"]


def test_a_list_that_is_called_a_text_is_none(tmp_path: Path) -> None:
    (problem,) = of("arguments: []\noutput: int\ndescription: !!str [a]\nclouds: {redshift: {}}\n", tmp_path)
    assert "function.yaml" in problem


def test_two_spellings_of_one_thing_under_redshift(tmp_path: Path) -> None:
    text = "clouds: {redshift: {arguments: [], parameters: [], output: int}}\n"
    what = "arguments and parameters say the same thing"
    assert of(text, tmp_path) == [f"geo/one/function.yaml:1 clouds.redshift: {what}"]


def test_a_signature_that_is_missing_or_ambiguous(tmp_path: Path) -> None:
    assert of("clouds: {redshift: {}}\n", tmp_path) == [
        "geo/one/function.yaml:1 : arguments is missing",
        "geo/one/function.yaml:1 : output is missing",
    ]
    twice = "arguments: [{name: a, type: int}, {name: A, type: int}]\noutput: int\nclouds: {redshift: {}}\n"
    assert of(twice, tmp_path) == ["geo/one/function.yaml:1 arguments: two arguments are named 'A'"]


def test_an_argument_name_that_no_quoting_can_carry(tmp_path: Path) -> None:
    text = 'arguments: [{name: "a\\nb", type: int}]\noutput: int\nclouds: {redshift: {}}\n'
    assert of(text, tmp_path) == ["geo/one/function.yaml : the SQL name 'a\\nb' holds a control character"]


@pytest.mark.parametrize(
    ("lines", "key", "what"),
    [
        ("    code_file: code/gone.py\n", "code_file", "'code/gone.py' does not exist"),
        ("    code_file: ../two/handler.py\n", "code_file", "'../two/handler.py' leads out of the function's folder"),
        ("    code_file: /etc/passwd\n", "code_file", "'/etc/passwd' leads out of the function's folder"),
        ("    code_file: function.yaml\n", "code_file", "has no folder of its own"),
        ("    requirements_file: gone.txt\n", "requirements_file", "'gone.txt' does not exist"),
        ("    external_function_template: gone.sql\n", "external_function_template", "'gone.sql' does not exist"),
        ("    type: sql\n", "", "'code/redshift.sql' does not exist"),
    ],
)
def test_files_that_are_missing_or_elsewhere(lines: str, key: str, what: str, tmp_path: Path) -> None:
    line = 5 if key else 4
    path = f"clouds.redshift.{key or 'code_file'}"
    assert of(lambda_with(lines), tmp_path) == [f"geo/one/function.yaml:{line} {path}: {what}"]


def test_a_handler_that_is_not_there(tmp_path: Path) -> None:
    assert of(lambda_with("    config: {handler: other.run}\n"), tmp_path) == [
        "geo/one/function.yaml:5 clouds.redshift.config.handler: other.py is not in the code folder"
    ]
    assert of(lambda_with("    config: {handler: handler.run}\n"), tmp_path) == [
        "geo/one/code/lambda/python/handler.py : defines no run"
    ]


@pytest.mark.parametrize(
    "handler",
    [
        "def lambda_handler(e, c): ...",
        "from gateway import x as lambda_handler",
        "from handlers import *",
        "try:\n    lambda_handler = 1\nexcept Exception:\n    raise",
    ],
)
def test_the_ways_to_define_a_handler(handler: str, tmp_path: Path) -> None:
    assert problems(write(tmp_path, function("one", handler=handler))) == []


def test_a_syntax_error_stands_in_its_own_file_and_line(tmp_path: Path) -> None:
    files = function("one", handler=HANDLER + "\ndef f(:\n")
    files["functions/_shared/python/lib/__init__.py"] = "x ="
    found = problems(write(tmp_path, files))
    assert [each.where for each in found] == [
        "functions/_shared/python/lib/__init__.py:1",
        "functions/geo/one/code/lambda/python/handler.py:3",
    ]
    assert all(each.what == "is not Python: invalid syntax" for each in found)


def test_nothing_of_a_catalogue_is_imported(tmp_path: Path) -> None:
    handler = "import no_such_package\nraise SystemExit(1)\nlambda_handler = 1\n"
    assert problems(write(tmp_path, function("one", handler=handler))) == []


def test_requirements_that_cannot_be_requirements(tmp_path: Path) -> None:
    text = "# fine\nshapely>=2  # fine\n-r more.txt\nnumpy=2\nh3 \\\n  >=4\n"
    path = "functions/geo/one/code/lambda/python/requirements.txt"
    found = problems(write(tmp_path, {**function("one"), path: text}))
    assert [(each.where, each.what) for each in found] == [
        (f"{path}:3", "'more.txt' does not exist"),
        (f"{path}:4", "'numpy=2' is not a requirement"),
    ]


def test_a_shared_library_that_nobody_has(tmp_path: Path) -> None:
    files = function("one", lambda_with("    shared_libs:\n      - cels\n"))
    files["functions/_shared/python/cells/__init__.py"] = ""
    (found,) = problems(write(tmp_path, files))
    assert str(found) == (
        "functions/geo/one/function.yaml:6 clouds.redshift.shared_libs[0]: there is no shared library 'cels'\n"
        "    did you mean 'cells'?"
    )


def test_what_a_sql_function_has_no_use_for(tmp_path: Path) -> None:
    text = lambda_with("    type: sql\n    lambda_name: x\n    shared_libs: [a]\n    config: {timeout: 3}\n")
    folder = "functions/geo/one"
    write(tmp_path, {f"{folder}/function.yaml": text, f"{folder}/code/redshift.sql": "SELECT 1"})
    what = "a SQL function has no Lambda that could use this"
    found = [each for each in problems(tmp_path) if each.what == what]
    assert [each.key for each in found] == [
        "clouds.redshift.lambda_name",
        "clouds.redshift.shared_libs",
        "clouds.redshift.config.timeout",
    ]


def test_names_meet_across_modules_and_cases(tmp_path: Path) -> None:
    write(tmp_path, {**function("area"), **function("Area", module="text"), **function("AREA")})
    assert brief(problems(tmp_path)) == [
        "geo/area/function.yaml : 'area' is defined twice (also in functions/geo/AREA/function.yaml)",
        "text/Area/function.yaml : 'area' is defined twice (also in functions/geo/AREA/function.yaml)",
    ]


def test_an_external_function_that_would_take_anothers_name(tmp_path: Path) -> None:
    wrapped = "arguments: [{name: g, type: geometry}]\noutput: int\nclouds: {redshift: {}}\n"
    write(tmp_path, {**function("area", wrapped), **function("area_external")})
    what = "its external function would be 'area_external', which is another function of the catalogue"
    assert brief(problems(tmp_path)) == [f"geo/area/function.yaml : {what}"]


def test_the_name_of_an_external_function_is_taken_before_it_is_needed(tmp_path: Path) -> None:
    # The manifest of an image gives every function both names, and the runtime refuses a name that two claim.
    (found,) = problems(write(tmp_path, {**function("area"), **function("area_external")}))
    assert "'area_external'" in found.what


@pytest.mark.parametrize("name", ["a b", "1st", "a-b", 'a"b', "a'b", "a\nb", "ä"])
def test_folders_that_cannot_be_names(name: str, tmp_path: Path) -> None:
    (found,) = problems(write(tmp_path, function(name)))
    assert "name" in found.what
    assert found.hint


def test_a_reserved_word_is_no_name_of_a_function(tmp_path: Path) -> None:
    (found,) = problems(write(tmp_path, function("select")))
    assert found.what == "'select' is a reserved word of Redshift's, and cannot be called without quotes"
    assert found.where == "functions/geo/select/function.yaml"
    # As a module it is a folder in an image, and no name in SQL.
    assert problems(write(tmp_path / "other", function("one", module="select"))) == []


def test_the_reserved_words_are_those_that_clients_of_redshift_quote() -> None:
    # CONNECT and INTERVAL were added to the guide's list since.
    assert dialect.RESERVED_WORDS | {"connect", "interval"} == RESERVED


def test_names_over_their_limits(tmp_path: Path) -> None:
    write(tmp_path, {**function("f" * 128), **function("two", module="m" * 60)})
    assert [each.what for each in problems(tmp_path, prefix="carto-at-")] == [
        f"the SQL name {'f' * 128!r} has 128 bytes, Redshift takes 127",
        f"Lambda function name {'carto-at-' + 'm' * 60!r} has 69 characters, AWS takes 64",
    ]
    assert len(problems(tmp_path)) == 1  # the module's name fits without a prefix


def test_a_wrapper_needs_room_for_its_external_function(tmp_path: Path) -> None:
    wrapped = "arguments: [{name: g, type: geometry}]\noutput: int\nclouds: {redshift: {}}\n"
    (found,) = problems(write(tmp_path, function("f" * 119, wrapped)))
    assert "has 128 bytes" in found.what


def test_function_files_that_would_be_passed_over(tmp_path: Path) -> None:
    write(tmp_path, function("area"))
    write(
        tmp_path / "functions",
        {
            "function.yaml": PLAIN,
            "geo/function.yaml": PLAIN,
            "geo/group/deep/function.yaml": PLAIN,
            "geo/other/function.yml": PLAIN,
            "geo/bare/code/lambda/python/handler.py": HANDLER,
            "geo/leftover/code/lambda/python/__pycache__/handler.cpython-311.pyc": "",
        },
    )
    assert brief(problems(tmp_path)) == [
        "function.yaml : lies where no function is",
        "geo/bare : holds code but no function.yaml",
        "geo/function.yaml : lies where no function is",
        "geo/group/deep/function.yaml : lies where no function is",
        "geo/other/function.yml : is not read",
    ]


def test_roots_without_functions(tmp_path: Path) -> None:
    (tmp_path / "functions" / "geo").mkdir(parents=True)
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = problems(tmp_path, roots=("functions", "gone", "file"))
    assert [(each.where, each.what) for each in found] == [
        ("file", "is no folder"),
        ("functions", "holds no function"),
        ("gone", "does not exist"),
    ]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    write(tmp_path, function("one"))
    (tmp_path / "functions/geo/one/function.yaml").write_bytes(b"description: caf\xe9\n")
    assert brief(problems(tmp_path)) == ["geo/one/function.yaml : is not UTF-8 (byte 16)"]


def test_a_lock_and_a_link_that_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, function("one"))
    (tmp_path / "functions/geo/requirements.lock").write_bytes(b"\xff")
    (tmp_path / "functions/geo/one/code/lambda/python/dead.py").symlink_to("nowhere.py")
    assert brief(problems(tmp_path)) == [
        "geo/one/code/lambda/python : cannot be read: No such file or directory",
        "geo/requirements.lock : is not UTF-8 (byte 0)",
    ]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("functions/geo/one/code/lambda/python/key.pem", "elsewhere/key.pem"),
        ("functions/geo/one/code/lambda/python/keys", "elsewhere"),
        ("functions/geo/one/code/lambda/python/requirements.txt", "elsewhere/requirements.txt"),
        ("functions/geo/two", "elsewhere/two"),
        ("functions/another", "elsewhere"),
        ("functions/_shared/python/keys", "elsewhere"),
        ("functions/_shared/python/keys.py", "elsewhere/two/handler.py"),
    ],
)
def test_a_link_that_leads_out_of_the_catalogue(link: str, target: str, tmp_path: Path) -> None:
    write(tmp_path, {**function("one"), "elsewhere/key.pem": "secret", "elsewhere/requirements.txt": "six\n"})
    write(tmp_path, {f"elsewhere/two/{name}": text for name, text in (("function.yaml", PLAIN), ("handler.py", ""))})
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / target)
    found = problems(tmp_path)
    assert found
    assert all("link that leads out of the catalogue" in each.what for each in found)


def test_links_that_lead_back_end(tmp_path: Path) -> None:
    write(tmp_path, function("one"))
    for name in ("a", "b"):
        (tmp_path / "functions/geo/one/code/lambda/python" / name).symlink_to("..")
    (found,) = problems(tmp_path)
    assert "leads back to where it stands" in found.what


def test_a_link_inside_the_catalogue_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    write(tmp_path, {**function("one"), **function("two"), "functions/geo/one/code/lambda/python/table.csv": "1\n"})
    (tmp_path / "functions/geo/two/code/lambda/python/table.csv").symlink_to(
        "../../../../one/code/lambda/python/table.csv"
    )
    assert problems(tmp_path) == []


def test_all_problems_of_all_files_come_at_once_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    lines = ["autor: x", "description: |", *["  text"] * 8, "statu: y", PLAIN]
    many = "\n".join(lines)
    write(tmp_path, {**function("b", "a: [\n"), **function("c", many), **function("a", handler="def\n")})
    found = problems(tmp_path)
    assert [each.where.removeprefix("functions/geo/") for each in found] == [
        "a/code/lambda/python/handler.py:1",
        "b/function.yaml:2",
        "c/function.yaml:1",
        "c/function.yaml:11",
    ]


def test_a_slip_of_the_pen_does_not_hide_what_is_wrong_with_the_files(tmp_path: Path) -> None:
    lines = [
        "autor: me",
        "arguments: [{name: a, type: strnig}]",
        "output: {typ: int}",
        "clouds:",
        "  redshift:",
        "    shared_libs: [gone]",
        "    libs: [a]",
        "    requirements_file: gone.txt",
        "    config: {timeout: 901, handler: other.run}",
    ]
    found = problems(write(tmp_path, function("one", "\n".join(lines), handler="def\n")))
    assert [(each.where.rpartition("/")[2], each.key) for each in found] == [
        ("handler.py:1", ""),
        ("function.yaml:1", "autor"),
        ("function.yaml:2", "arguments[0].type"),
        ("function.yaml:3", "output.typ"),
        ("function.yaml:3", "output.type"),
        ("function.yaml:6", "clouds.redshift.shared_libs[0]"),
        ("function.yaml:7", "clouds.redshift.libs"),
        ("function.yaml:8", "clouds.redshift.requirements_file"),
        ("function.yaml:9", "clouds.redshift.config.handler"),
        ("function.yaml:9", "clouds.redshift.config.timeout"),
    ]


@pytest.mark.parametrize("key", ["on", "1", "2024-01-01", "null"])
def test_keys_that_yaml_reads_as_something_else(key: str, tmp_path: Path) -> None:
    (found,) = of(PLAIN + f"{key}: x\n", tmp_path)
    assert "unknown key" in found


def test_the_error_ends_the_run_with_three() -> None:
    assert CatalogError.exit_code == 3
