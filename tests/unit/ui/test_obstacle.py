from __future__ import annotations

import os
import sys

import pytest

from inspector.ui import obstacle


def test_a_missing_library_is_named_with_the_command_that_installs_it() -> None:
    error = "libEGL.so.1: cannot open shared object file: No such file or directory"
    assert obstacle._explain(error) == (
        "The system library libEGL.so.1 is missing, which Qt needs. Install: sudo apt-get install libegl1"
    )


def test_a_missing_library_without_a_known_package_is_named() -> None:
    error = "ImportError: libnever-heard.so.7: cannot open shared object file: No such file or directory"
    sentence = obstacle._explain(error)
    assert "libnever-heard.so.7 is missing" in sentence
    assert "apt-get" not in sentence


def test_any_other_reason_is_told_with_the_way_to_mend_it() -> None:
    sentence = obstacle._explain("No module named 'PySide6'")
    assert sentence.startswith("Qt cannot be loaded: No module named 'PySide6'.")
    assert "Reinstall" in sentence


def test_without_a_display_a_run_that_ends_by_itself_draws_offscreen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(obstacle, "_missing_library", lambda: None)
    monkeypatch.setenv("QT_QPA_PLATFORM", "")  # so that what is written below is taken back in the end
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    sentence = obstacle.find(may_be_offscreen=False)
    assert sentence is not None
    assert sentence.startswith("There is no display")
    assert "QT_QPA_PLATFORM" not in os.environ
    assert obstacle.find(may_be_offscreen=True) is None
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


@pytest.mark.parametrize("other", ["darwin", "win32"])
def test_other_systems_only_lack_libraries(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    monkeypatch.setattr(sys, "platform", other)
    monkeypatch.setattr(obstacle, "_missing_library", lambda: "It is missing.")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert obstacle.find(may_be_offscreen=False) == "It is missing."


def test_every_package_is_named_for_a_library() -> None:
    assert all(".so." in library and package.startswith("lib") for library, package in obstacle.PACKAGES.items())
