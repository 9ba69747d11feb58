"""What may be typed behind `serve`."""

from __future__ import annotations

import argparse

import pytest

from inspector import serve_command


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("0.05", 0.05), ("0.001", 0.001), ("1e2", 100.0)])
def test_a_scale_is_a_factor(text: str, value: float) -> None:
    assert serve_command.scale(text) == value


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "101", "fast", ""])
def test_what_is_no_scale(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is no scale: give a number from 0\.001 to 100"):
        serve_command.scale(text)
