"""The project as it was at a commit, in a folder of its own. Reads the repository and changes nothing in it."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from builder.adapters.process import Completed, run
from builder.errors import UsageError

WHERE = "--diff"


def top(project: Path) -> Path:
    """The root of the repository that a project lies in. Raises UsageError where it lies in none."""
    done = _git(project, "rev-parse", "--show-toplevel")
    if not done.ok:
        hint = "give --diff without REF, which compares with what was last built or deployed"
        raise UsageError(f"{project} is in no git repository", where=WHERE, hint=hint)
    return Path(done.out.strip())


def tree(root: Path, ref: str, into: Path) -> Path:
    """Every file of a repository at a commit, under `into`. Raises UsageError for a REF that is none."""
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not done.ok:
        hint = "name a commit, a branch or a tag that is here: git fetch, perhaps, or a clone that is not shallow"
        raise UsageError(f"git knows no commit {ref!r}", where=WHERE, hint=hint)
    commit = done.out.strip()
    folder = into / commit
    if folder.is_dir():
        return folder
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    archive = into / "tree.tar"
    made = _git(root, "archive", "--format=tar", f"--output={archive}", commit)
    if not made.ok:
        raise UsageError(f"git archive: {made.err.strip()}", where=WHERE)
    unpacked = into / "unpacked"
    with tarfile.open(archive) as tar:
        # Links and all: what is asked is what the loader makes of it. Python before 3.12 knows the filter from its
        # security releases on.
        tar.extractall(unpacked, filter="tar")
    archive.unlink()
    unpacked.rename(folder)
    return folder


def _git(folder: Path, *words: str) -> Completed:
    # A hook of somebody's, or a pager, has no place here; the user's own configuration may hold both.
    return run(["git", "-C", str(folder), *words], environ={"GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"})
