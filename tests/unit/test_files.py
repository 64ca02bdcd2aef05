"""What a file's writer says where it cannot write: root may write anywhere, so that the obstacles here are folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.files import check_writable, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_cannot_be_replaced_is_named_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "images.lock.json"
    place.mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(place, "{}")
    assert caught.value.filename == str(place)
    assert str(caught.value).endswith(repr(str(place)))
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_that_cannot_be_made_is_named_itself(tmp_path: Path) -> None:
    # 255 bytes are the longest name: this one is one, with the process's number and `.new` behind it is none.
    place = tmp_path / ("x" * 255)
    with pytest.raises(OSError, match="name too long") as caught:
        write_whole(place, "{}")
    assert caught.value.filename == str(place)


def test_a_folder_that_cannot_be_is_found_before_it_is_needed(tmp_path: Path) -> None:
    check_writable(tmp_path / "not" / "yet")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError) as caught:
        check_writable(tmp_path / "file" / "state")
    assert caught.value.filename == str(tmp_path / "file")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
