"""Real builds of a small module: what is in the image, when it is built again, and that it is the same each time."""

from __future__ import annotations

import json
import os
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest

from builder.adapters import host
from builder.adapters.emulator import Emulator
from builder.app import App
from builder.commands._building import older
from builder.console import Console
from builder.core.catalog.selection import selection
from builder.core.images import lock
from tests.integration.build_project import Project, run
from tests.integration.planted import CREDENTIALS, INDEX, PLANTED, REDSHIFT, traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The small catalogue, built once, by somebody with secrets. Tests that change it put it back."""
    folder = tmp_path_factory.mktemp("project")
    secrets = CREDENTIALS | REDSHIFT | INDEX | {"PIP_CONFIG_FILE": str(pip_configuration(folder))}
    project = Project(folder, prefix=f"build-test-{os.getpid()}-", environ=secrets)
    answer = project.builder("build")
    assert answer.code == 0, answer.err
    yield project
    project.remove_images()


def pip_configuration(folder: Path) -> Path:
    """The host's own, with a secret in it, and without the patience for an index that is not there."""
    config = ConfigParser()
    config.read(host.build_variables(os.environ).get("PIP_CONFIG_FILE", ""))
    config.read_dict({"global": {"retries": "0"}, "planted": {"note": PLANTED}})
    path = folder / "pip.conf"
    with path.open("w") as file:
        config.write(file)
    return path


def event(function: str, *rows: list[object]) -> bytes:
    return json.dumps(
        {"external_function": f"carto.{function}", "num_records": len(rows), "arguments": list(rows)}
    ).encode()


def results(reply: bytes) -> list[object]:
    answer = json.loads(json.loads(reply))
    assert answer["success"], answer
    found: list[object] = answer["results"]
    return found


def layers(project: Project) -> list[str]:
    found: list[str] = json.loads(
        project.engine("image", "inspect", "--format", "{{json .RootFS.Layers}}", project.tag)
    )
    return found


def test_the_image_answers_as_lambda_would_run_it(built: Project) -> None:
    # Read-only, unprivileged, no capabilities, memory-limited: see the emulator.
    with Emulator(built.tag) as emulator:
        assert results(emulator.invoke(event("greet", ["Ada"], [None], ["Zoë"]))) == ["Hello, Ada", None, "Hello, Zoë"]
        assert results(emulator.invoke(event("twice", [21]))) == [42]


def test_a_second_build_builds_nothing(built: Project) -> None:
    log = built.folder / "build" / "logs" / "bake.log"
    before = log.stat().st_mtime_ns
    answer = built.builder("build", "--format", "json")
    assert json.loads(answer.out)[0]["image"] == "unchanged"
    assert log.stat().st_mtime_ns == before


def test_nothing_to_build_needs_no_engine(built: Project) -> None:
    answer = built.builder("build", "--format", "json", DOCKER_HOST="tcp://127.0.0.1:9")
    assert answer.code == 0
    assert json.loads(answer.out)[0]["image"] == "unchanged"


def test_something_to_build_needs_one(built: Project) -> None:
    locked = (built.folder / ".builder" / "images.lock.json").read_bytes()
    answer = built.builder("build", "--no-cache", DOCKER_HOST="tcp://127.0.0.1:9")
    assert answer.code == 69
    assert "the engine does not answer" in answer.err
    assert "make setup" in answer.err
    assert (built.folder / ".builder" / "images.lock.json").read_bytes() == locked


def test_an_image_that_went_missing_is_built_again_to_the_same_digest(built: Project) -> None:
    digest = built.digest
    built.engine("image", "rm", "--force", built.tag)
    answer = built.builder("build", "--format", "json")
    assert json.loads(answer.out)[0]["image"] == "built"
    assert built.digest == digest


def test_deploy_knows_of_a_source_that_has_changed_since_its_build(built: Project) -> None:
    handler = next((built.folder / "functions").rglob("handler.py"))
    before = handler.read_text("utf-8")

    def found() -> list[str]:
        environ = {**os.environ, **built.environ}
        app = App(console=Console(), project=built.folder, state=built.folder / ".builder", environ=environ)
        return [each.where for each in older(app, selection(app.catalog, "", "").modules, lock.read(app.state))]

    assert found() == []
    handler.write_text(f"{before}\n# One line more.\n", "utf-8")
    try:
        assert found() == ["tiny"]
    finally:
        handler.write_text(before, "utf-8")


def test_two_builds_without_cache_are_the_same_to_the_digest(built: Project) -> None:
    digest = built.digest
    answer = built.builder("build", "--no-cache")
    assert answer.code == 0, answer.err
    assert built.digest == digest


def test_a_bake_typed_by_hand_builds_the_same_image(built: Project) -> None:
    ours = built.engine("image", "inspect", "--format", "{{.Id}}", built.tag)
    environ = {"MODULES": "tiny", "PREFIX": built.prefix, "FUNCTIONS": str(built.folder / "functions")}
    # A strict umask on the host must not reach the image, nor change its digest.
    answer = run(["docker", "buildx", "bake", "--no-cache", "tiny"], built.environ | environ, umask=0o077)
    assert answer.code == 0, answer.err
    assert built.engine("image", "inspect", "--format", "{{.Id}}", built.tag) == ours


def test_a_changed_handler_is_one_small_layer(built: Project) -> None:
    before, handler = layers(built), built.handler("greet")
    text = handler.read_text()
    handler.write_text(text.replace("{name}", "dear {name}"))
    try:
        assert built.builder("build").code == 0
        after = layers(built)
        assert len(after) == len(before)
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        assert len(changed) == 1
        with Emulator(built.tag) as emulator:
            assert results(emulator.invoke(event("greet", ["Ada"]))) == ["Hello, dear Ada"]
    finally:
        handler.write_text(text)
        assert built.builder("build").code == 0
    assert layers(built) == before


def test_a_broken_import_fails_the_build_and_names_the_function(built: Project) -> None:
    lock, handler = (built.folder / ".builder" / "images.lock.json").read_bytes(), built.handler("twice")
    text = handler.read_text()
    handler.write_text(text.replace("import six", "import sixpence"))
    try:
        answer = built.builder("build")
    finally:
        handler.write_text(text)
    assert answer.code == 5
    assert "tiny: the build failed in check" in answer.err
    assert "twice cannot be imported: ModuleNotFoundError: No module named 'sixpence'" in answer.err
    assert (built.folder / ".builder" / "images.lock.json").read_bytes() == lock
    # Nothing half-made: what was there is still what there is to build.
    assert json.loads(built.builder("build", "--format", "json").out)[0]["image"] == "unchanged"


def in_the_image(project: Project, script: str) -> str:
    return project.engine("run", "--rm", "--network", "none", "--entrypoint", "sh", project.tag, "-c", script)


def test_anyone_can_read_the_image_and_nobody_owns_a_process_of_root(built: Project) -> None:
    assert in_the_image(built, "id -u") == "65534"
    assert in_the_image(built, "find /var/task /opt ! -perm -o=r -print") == ""
    assert in_the_image(built, "find /var/task /opt -type d ! -perm -o=x -print") == ""


def test_bytecode_is_there_and_stays_valid(built: Project) -> None:
    # PEP 552: the second field's lowest bit says hash-based; the next bit clear says that the source is not checked.
    script = (
        "python3 -c \"import pathlib; print({path.read_bytes()[4] for path in pathlib.Path('/var/task').rglob('*.pyc')}"
        " | {path.read_bytes()[4] for path in pathlib.Path('/opt/gateway').rglob('*.pyc')})\""
    )
    assert in_the_image(built, script) == "{1}"
    sources = "find /var/task /opt/gateway -name '*.py' | wc -l"
    compiled = "find /var/task /opt/gateway -name '*.cpython-313.pyc' | wc -l"
    assert in_the_image(built, sources) == in_the_image(built, compiled) != "0"


def test_nothing_of_the_build_is_left_in_the_image(built: Project) -> None:
    assert in_the_image(built, "find / -xdev -newermt 2000-01-01 -path '/var/task*' 2>/dev/null || true") == ""
    assert in_the_image(built, "ls /run/secrets /b /lock /functions /opt/stager 2>/dev/null || true") == ""
    history = built.engine("history", "--no-trunc", "--format", "{{.CreatedBy}}", built.tag)
    assert "RUN" not in history
    assert "secret" not in history


def test_secrets_are_in_no_image_context_log_lock_output_and_command_line(built: Project) -> None:
    lines = built.command_lines.read_text(encoding="utf-8")
    assert '["docker", "buildx", "bake"' in lines
    engine = [built.engine("history", "--no-trunc", built.tag), built.engine("image", "inspect", built.tag)]
    assert not [text for text in (*built.said, *engine, lines) if PLANTED in text]
    folders = (built.folder / "build", built.folder / ".builder")
    # The log, the context, the layers and configurations of both images, and the lock.
    assert {"bake.log", "index.json", "images.lock.json"} <= {path.name for each in folders for path in each.rglob("*")}
    assert list(traces(folders)) == []
    # The search does unpack layers: this stands in a handler, which is in one.
    assert [path for path in traces(folders, "def lambda_handler") if "/blobs/sha256/" in path]


def test_of_two_roots_the_later_one_wins(built: Project, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "tiny" / "greet"
    (mine / "code" / "lambda" / "python").mkdir(parents=True)
    theirs = built.folder / "functions" / "tiny" / "greet"
    (mine / "function.yaml").write_text((theirs / "function.yaml").read_text())
    text = built.handler("greet").read_text().replace("{GREETING}", "Bonjour")
    (mine / "code" / "lambda" / "python" / "handler.py").write_text(text)
    try:
        answer = built.builder("build", "--functions-root", "functions", "--functions-root", str(tmp_path / "mine"))
        assert answer.code == 0, answer.err
        with Emulator(built.tag) as emulator:
            assert results(emulator.invoke(event("greet", ["Ada"]))) == ["Bonjour, Ada"]
            assert results(emulator.invoke(event("twice", [1]))) == [2]
    finally:
        assert built.builder("build").code == 0


def test_the_printed_bake_has_the_modules_and_no_attestation() -> None:
    printed = run(["docker", "buildx", "bake", "--print"], {"MODULES": "h3,quadbin", "PREFIX": "dev-"})
    document = json.loads(printed.out)
    assert sorted(document["target"]) == ["base", "h3", "quadbin"]
    assert document["target"]["h3"]["contexts"]["base"] == "target:base"
    assert document["target"]["h3"]["tags"] == ["dev-h3:latest"]
    assert {tuple(target["platforms"]) for target in document["target"].values()} == {("linux/amd64",)}
    assert {tuple(target["attest"]) for target in document["target"].values()} == {
        ("type=provenance,disabled=true", "type=sbom,disabled=true")
    }
