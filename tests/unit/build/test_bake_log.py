"""Recorded logs of real bakes: what a person is told of them."""

from __future__ import annotations

from pathlib import Path

from builder.core.images.bake_log import BakeLog

LOGS = Path(__file__).parents[2] / "data" / "build" / "logs"


def read(name: str) -> BakeLog:
    log = BakeLog()
    for line in (LOGS / name).read_text().splitlines():
        log.feed(line)
    return log


def fed(*lines: str) -> BakeLog:
    log = BakeLog()
    for line in lines:
        log.feed(line)
    return log


def test_a_failed_import_names_the_module_the_step_and_the_function() -> None:
    (problem,) = read("import_failure.log").error(log="build/logs/bake.log").problems
    assert problem.where == "quadbin"
    assert problem.what == (
        "the build failed in check: RUN python3 -m gateway.check /var/task/manifest.json\n"
        "    quadbin_bbox cannot be imported: ModuleNotFoundError: No module named 'nosuchthing' "
        "(functions/quadbin_bbox/handler.py:24)"
    )
    assert problem.hint == "the whole log: build/logs/bake.log"


def test_a_python_image_that_cannot_be_had_is_told_with_the_setting() -> None:
    (problem,) = read("no_python_image.log").error(log="bake.log").problems
    assert problem.where == "base"
    assert "load metadata for nosuch.example/python:3.13" in problem.what
    assert "no such host" in problem.what
    assert "PYTHON_IMAGE" in problem.hint


def test_steps_are_counted() -> None:
    # grep -c ' DONE ' and grep -c ' CACHED' of the same file.
    text = (LOGS / "cached.log").read_text()
    done, cached = text.count(" DONE "), text.count(" CACHED\n")
    assert cached > 5
    assert read("cached.log").summary() == f"{done + cached} steps, {cached} of them cached"


def test_a_full_disk_is_told_as_such() -> None:
    log = fed(
        "#9 [base packages 1/1] RUN sh pip-install",
        "#9 1.2 OSError: [Errno 28] No space left on device".lower(),
        '#9 ERROR: process "sh" did not complete successfully: exit code: 1',
    )
    (problem,) = log.error(log="bake.log").problems
    assert "docker builder prune" in problem.hint


def test_the_first_failure_counts_and_not_those_that_it_cancels() -> None:
    log = fed(
        "#1 [a one 1/1] RUN first",
        "#2 [b two 1/1] RUN second",
        "#1 0.1 the reason",
        "#1 ERROR: exit code: 1",
        "#2 ERROR: failed to solve: Canceled: context canceled",
    )
    (problem,) = log.error(log="bake.log").problems
    assert problem.where == "a"
    assert problem.what == "the build failed in one: RUN first\n    the reason"


def test_only_the_end_of_a_long_output_is_shown() -> None:
    log = fed("#1 [a one 1/1] RUN x", *(f"#1 0.{n} line {n}" for n in range(40)), "#1 ERROR: exit code: 1")
    lines = log.error(log="bake.log").problems[0].what.splitlines()
    assert len(lines) == 16
    assert lines[-1] == "    line 39"


def test_a_bake_that_never_began_is_told_in_its_own_words() -> None:
    (problem,) = fed("ERROR: docker-bake.hcl:3,1-2: Invalid expression").error(log="bake.log").problems
    assert problem.where == "docker buildx bake"
    assert "Invalid expression" in problem.what
