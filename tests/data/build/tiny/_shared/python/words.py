"""A shared library of one file."""

GREETING = "Hello"
