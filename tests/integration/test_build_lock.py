"""`builder lock` with the real uv, over an index of three small wheels in a folder: no network is asked."""

from __future__ import annotations

import base64
import threading
import zipfile
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.build_project import Answer, Project
from tests.integration.planted import PLANTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Name and version, and what it needs in turn.
WHEELS = {("alpha", "1.0"): "", ("alpha", "2.0"): "", ("beta", "1.0"): "alpha>=2"}


def a_wheel(folder: Path, name: str, version: str, needs: str) -> None:
    """A wheel as the binary distribution format has it: metadata, and a record of its files."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for (name, version), needs in WHEELS.items():
        a_wheel(wheels, name, version, needs)
    environ = {"UV_FIND_LINKS": str(wheels), "UV_NO_INDEX": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    return Project(tmp_path / "project", prefix="lock-test-", environ=environ)


def ask(project: Project, function: str, *lines: str) -> None:
    file = project.handler(function).with_name("requirements.txt")
    file.write_text("".join(f"{line}\n" for line in lines))


def lock(project: Project) -> str:
    return (project.folder / "functions/tiny/requirements.lock").read_text()


def test_the_union_is_pinned_and_hashed(project: Project) -> None:
    ask(project, "greet", "beta")
    ask(project, "twice", "alpha>=1")
    answer = project.builder("lock")
    assert answer.code == 0, answer.err
    assert [line.split()[0] for line in lock(project).splitlines() if "==" in line] == ["alpha==2.0", "beta==1.0"]
    assert lock(project).count("--hash=sha256:") == 2
    # No address of where it was found.
    assert "wheels" not in lock(project)
    assert "://" not in lock(project)
    assert project.builder("lock", "--check").code == 0


def test_locking_again_keeps_versions_unless_told_otherwise(project: Project) -> None:
    ask(project, "twice", "alpha<2")
    assert project.builder("lock").code == 0
    ask(project, "twice", "alpha")
    assert project.builder("lock", "--check").code == 5
    assert project.builder("lock").code == 0
    assert "alpha==1.0" in lock(project)
    assert project.builder("lock", "--upgrade").code == 0
    assert "alpha==2.0" in lock(project)


def refused(project: Project, *words: str) -> Answer:
    before = lock(project)
    answer = project.builder("lock", *words)
    assert lock(project) == before
    assert sorted(path.name for path in (project.folder / "functions/tiny").iterdir()) == [
        "greet", "requirements.lock", "twice",
    ]  # fmt: skip
    return answer


def excluding(project: Project) -> None:
    ask(project, "greet", "beta==1.0")
    ask(project, "twice", "alpha==1.0")


def locks(project: Project) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((project.folder / "functions/tiny").glob("*.lock"))}


def test_functions_that_exclude_one_another_get_an_image_each(project: Project) -> None:
    excluding(project)
    answer = project.builder("lock")
    assert answer.code == 0, answer.err
    assert "2 images: tiny with 2 packages, tiny-2 with 1 package" in answer.err
    made = locks(project)
    assert set(made) == {"requirements.lock", "requirements.2.lock"}
    assert "alpha==2.0" in made["requirements.lock"]
    assert "alpha==1.0" in made["requirements.2.lock"]
    why = "alpha==1.0 (twice) and beta==1.0 (greet) cannot be met together"
    assert f"# functions: twice\n# reason: {why}\n" in made["requirements.2.lock"]
    # Nothing else needs uv or an index to know it.
    project.environ |= {"UV_FIND_LINKS": "/nowhere"}
    for command in (("list",), ("validate",), ("import",), ("lock", "--check")):
        answer = project.builder(*command)
        assert answer.code == 0, answer.err
        assert "tiny-2" in answer.out + answer.err
        assert why in answer.out + answer.err
    assert locks(project) == made


def test_a_partition_stays_until_it_need_not(project: Project) -> None:
    excluding(project)
    project.builder("lock")
    first = locks(project)
    assert "unchanged" in project.builder("lock").err
    assert locks(project) == first
    # The other way round: who had the module's name keeps it.
    ask(project, "greet", "alpha==1.0")
    ask(project, "twice", "beta==1.0")
    assert project.builder("lock", "--check").code == 5
    assert project.builder("lock").code == 0
    assert "# functions: twice\n" in locks(project)["requirements.2.lock"]
    assert "beta==1.0" in locks(project)["requirements.2.lock"]
    ask(project, "twice", "alpha")
    assert project.builder("lock").code == 0
    assert set(locks(project)) == {"requirements.lock"}


def test_a_conflict_names_both_functions_and_their_lines(project: Project) -> None:
    excluding(project)
    answer = refused(project, "--no-split")
    assert answer.code == 3
    assert "alpha==1.0 (twice) and beta==1.0 (greet) cannot be met together" in answer.err


def test_a_package_that_does_not_exist_names_its_function(project: Project) -> None:
    ask(project, "greet", "gamma==1.0")
    ask(project, "twice", "alpha==3.0")
    answer = refused(project)
    assert answer.code == 3
    assert "greet requirements: 'gamma==1.0' cannot be met for Python 3.13" in answer.err
    assert "twice requirements: 'alpha==3.0' cannot be met for Python 3.13" in answer.err


def test_an_index_that_does_not_answer_is_no_fault_of_a_function(project: Project) -> None:
    ask(project, "twice", "alpha")
    del project.environ["UV_NO_INDEX"], project.environ["UV_FIND_LINKS"]
    project.environ |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    answer = refused(project)
    assert answer.code == 5
    assert "127.0.0.1:9" in answer.err
    assert "PIP_INDEX_URL" in answer.err


@contextmanager
def private_index(folder: Path) -> Iterator[str]:
    """The wheels as an index (PEP 503) that asks who one is; gives its address, with the login."""
    login = f"{PLANTED}-user:{PLANTED}-login"

    class Asking(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:  # as socketserver makes it
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:  # the name is the standard library's
            if self.headers.get("Authorization") == f"Basic {base64.b64encode(login.encode()).decode()}":
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, *_: object) -> None:
            pass

    for wheel in list((folder / "wheels").iterdir()):
        package = folder / "simple" / wheel.name.partition("-")[0]
        package.mkdir(parents=True, exist_ok=True)
        wheel.rename(package / wheel.name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Asking)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{login}@127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_login_of_an_index_is_in_no_lock_no_output_and_no_command_line(project: Project, tmp_path: Path) -> None:
    del project.environ["UV_NO_INDEX"], project.environ["UV_FIND_LINKS"]
    excluding(project)
    with private_index(tmp_path) as index:
        answer = project.builder("lock", PIP_INDEX_URL=index)
        assert answer.code == 0, answer.err
        project.environ |= {"UV_CACHE_DIR": str(tmp_path / "new"), "UV_HTTP_RETRIES": "0"}
        # uv takes an index that lets nobody in for one that has nothing.
        assert project.builder("lock", "--upgrade", PIP_INDEX_URL=index.replace("-login@", "-slip@")).code == 3
    assert project.builder("lock", "--upgrade", PIP_INDEX_URL=index).code == 5
    assert "127.0.0.1" in project.said[-1]
    # The second lock has a reason, in which uv is quoted.
    assert set(locks(project)) == {"requirements.lock", "requirements.2.lock"}
    texts = [*locks(project).values(), *project.said, project.command_lines.read_text(encoding="utf-8")]
    assert not [text for text in texts if PLANTED in text]
