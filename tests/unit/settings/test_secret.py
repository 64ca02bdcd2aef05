"""A secret leaves by one door."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import asdict
from typing import Any

import pytest

from builder.core.config.settings import Connection, Secret

SECRET = Secret("hush")


def test_every_way_to_print_it_is_redacted() -> None:
    shown = [str(SECRET), repr(SECRET), f"{SECRET}", f"{SECRET!s:>9}", f"{SECRET:>9}", "%s %r" % (SECRET, SECRET)]  # noqa: UP031 (one way more)
    shown += ["{}".format(SECRET), str([SECRET]), str({"a": SECRET}), str(Connection(host="h", password=SECRET))]  # noqa: UP032 (one way more)
    assert not [text for text in shown if "hush" in text]
    assert SECRET.reveal() == "hush"


def test_logs_are_redacted() -> None:
    record = logging.LogRecord("n", logging.INFO, "p", 1, "password %s", (SECRET,), None)
    assert record.getMessage() == "password ***"


def test_what_would_write_the_text_itself_is_refused() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": SECRET})
    with pytest.raises(TypeError):
        pickle.dumps(SECRET)
    words: list[Any] = [SECRET]
    with pytest.raises(TypeError):
        ",".join(words)
    with pytest.raises(TypeError):
        vars(SECRET)


def test_copies_stay_secret() -> None:
    assert copy.deepcopy(SECRET) == copy.copy(SECRET) == SECRET
    assert "hush" not in str(asdict(Connection(host="h", password=SECRET)))


def test_it_compares_as_its_text_does_but_to_secrets_only() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("a"))
    assert not Secret("")
    assert Secret("a")
