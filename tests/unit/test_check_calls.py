"""What may be typed to have a check call a tool; the calls themselves are in tests/end2end/test_check.py."""

from __future__ import annotations

import argparse

import pytest

from inspector import check_calls
from inspector.arguments import UsageError
from inspector.check_calls import CheckCalls


def wanted(*argv: str) -> CheckCalls | None:
    parser = argparse.ArgumentParser()
    check_calls.add_options(parser)
    return check_calls.wanted(parser.parse_args(argv))


def test_nothing_is_called_unasked() -> None:
    assert wanted() is None


def test_what_is_asked_for() -> None:
    assert wanted("--call", "echo") == CheckCalls("echo", {}, 1, 1)
    typed = ("--call", "echo", "--args", '{"a": 1}', "--times", "20", "--concurrency", "4")
    assert wanted(*typed) == CheckCalls("echo", {"a": 1}, 20, 4)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--times", "3"), "--call TOOL"),
        (("--call", "echo", "--times", "10001"), "at most 10,000 calls"),
        (("--call", "echo", "--concurrency", "201"), "200 at once"),
    ],
)
def test_what_does_not_fit_together(argv: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wanted(*argv)
