from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.roots import Root, first_problem, of_folder, problem, read, result

HOME = Root("file:///home/me", "me")


def test_a_folder_becomes_a_root() -> None:
    root = of_folder(PurePosixPath("/home/me/my project"))
    assert root == Root("file:///home/me/my%20project", "my project")
    assert problem(root.uri) == ""
    with pytest.raises(ValueError, match="relative"):
        of_folder(PurePosixPath("project"))


@pytest.mark.parametrize("uri", ["file:///", "file:///C:/Users/me", "file://localhost/srv", "FILE:///srv"])
def test_file_uris_are_roots(uri: str) -> None:
    assert problem(uri) == ""


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "needs an address"),
        ("/home/me", "starts with file://"),
        ("https://example.com/", "starts with file://"),
        ("file:/home", "starts with file://"),
        ("file://server/share", "names another machine"),
        ("file:///a b", "no spaces"),
        ("file:///ä", "only ASCII"),
        ("file:///a\nb", "only ASCII"),
        ("file://", "absolute path"),
        ("file:///a?x=1", "without ? and #"),
        ("file:///a#x", "without ? and #"),
        ("file:///a/../b", "must not go up"),
        ("file:///" + "a" * 9_000, "only ASCII"),
        ("file://[x/", "cannot be read"),
    ],
)
def test_what_is_no_root_is_said(uri: str, said: str) -> None:
    assert said in problem(uri)


def test_the_first_problem_of_a_list_has_its_place() -> None:
    assert first_problem([HOME, Root("file:///srv")]) is None
    assert first_problem([HOME, Root("http://x")]) == (
        1,
        "The address of a root starts with file:// (roots, data types).",
    )
    assert first_problem([HOME, HOME]) == (1, "file:///home/me is listed twice.")


def test_the_result_leaves_an_empty_name_out() -> None:
    assert result([HOME, Root("file:///srv")]) == {
        "roots": [{"uri": "file:///home/me", "name": "me"}, {"uri": "file:///srv"}]
    }


def test_what_was_kept_is_read_back() -> None:
    kept = [
        *result([HOME])["roots"],
        {"uri": "http://x"},
        7,
        {"uri": "file:///srv", "name": 3},
        {"uri": "file:///home/me"},
    ]
    assert read(kept) == (Root("file:///home/me"), Root("file:///srv"))
    assert read({"uri": "file:///"}) == ()


@given(st.text(max_size=30) | st.text(max_size=20).map("file:///".__add__))
def test_nothing_raises_whatever_is_typed(uri: Any) -> None:
    assert isinstance(problem(uri), str)
