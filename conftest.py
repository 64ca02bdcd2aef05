"""Hypothesis for all tests: the same examples every time, and no deadline, which a busy machine would miss."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
