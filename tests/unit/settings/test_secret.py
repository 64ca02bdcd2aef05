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
from builder.errors import BuildError, Problem, redacted

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


@pytest.mark.parametrize(
    "text",
    [
        "Looking in indexes: https://me:hush@pypi.example.com/simple",
        "https://me:hu/hush@example.com/x",
        "https://me:p@hush@example.com/x",
        "https://hush@example.com/x",
        "'redshift://me:hush'quoted@h:5439/dev'",
        "'me:hush@example.com' is no registry",
        "there is no configs/me:hush@example.com.yaml",
        "jdbc:redshift://h:5439/dev?user=me&password=hush",
        "jdbc:redshift://h:5439/dev;UID=me;PWD=hush",
        "https://b.s3.amazonaws.com/layer?X-Amz-Security-Token=hush&X-Amz-Signature=hush",
    ],
)
def test_the_login_of_an_address_is_taken_out_of_every_problem(text: str) -> None:
    assert "hush" not in redacted(text)
    said = [Problem(where=text, key=text, what=text, hint=text), BuildError(text, where=text, hint=text)]
    assert "hush" not in f"{said} {said[0]} {said[1]}"


@pytest.mark.parametrize(
    "text",
    [
        f"localhost:4566/carto-at-h3@sha256:{'a' * 64}",
        f"python:3.13@sha256:{'a' * 64}",
        f"https://example.com/carto-at-h3@sha256:{'a' * 64}",
        "http://localhost:4566/v2/x and a@b",
        "line 3: 'six @ git+https://example.com/six' is an address",
        "set RS_PASSWORD, as NAME=value",
    ],
)
def test_an_address_without_a_login_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text
