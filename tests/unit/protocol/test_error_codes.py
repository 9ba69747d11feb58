"""The codes of errors: their names, and what to do about each (R3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era
from inspector.protocol.error_codes import explain_code, required_capabilities, url_elicitations

URL_PARAMS = {"mode": "url", "elicitationId": "e", "url": "https://a.example/x", "message": "Sign in."}


def advice(code: int | None, data: Any = None, revision: str = era.STATELESS) -> str:
    name, sentence = explain_code(code, data, revision)
    assert name
    assert sentence.endswith(".")
    assert len(sentence) < 900
    return sentence


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (-32700, "Parse error"),
        (-32600, "Invalid request"),
        (-32601, "Method not found"),
        (-32602, "Invalid params"),
        (-32603, "Internal error"),
        (-32020, "Header mismatch"),
        (-32021, "Missing client capability"),
        (-32022, "Unsupported protocol version"),
        (-32002, "Resource not found"),
        (-32042, "URL elicitation required"),
        (-1, "Refused by the user"),
        (-32000, "Server error"),
        (-32019, "Server error"),
        (-32099, "Reserved code"),
        (-32768, "Reserved code"),
        (-32769, "Application error"),
        (42, "Application error"),
        (None, "No code"),
    ],
)
@pytest.mark.parametrize("revision", era.REVISIONS)
def test_r3_every_code_has_a_name(code: int | None, name: str, revision: str) -> None:
    assert explain_code(code, None, revision)[0] == name
    assert advice(code, None, revision)


def test_r3_missing_capabilities_are_named() -> None:
    data: dict[str, Any] = {
        "requiredCapabilities": {"elicitation": {"url": {}, "form": {}}, "roots": {}, "extensions": {"a/b": {}}}
    }
    assert required_capabilities(data) == ("elicitation.url", "elicitation.form", "roots", "a/b")
    assert "elicitation.url, elicitation.form, roots and a/b" in advice(-32021, data)
    assert required_capabilities({"requiredCapabilities": ["roots", 5]}) == ("roots",)


@pytest.mark.parametrize("data", [None, [], {}, {"requiredCapabilities": None}, {"requiredCapabilities": 5}])
def test_r3_missing_capabilities_may_be_unnamed(data: Any) -> None:
    assert required_capabilities(data) == ()
    assert "does not say" in advice(-32021, data)


def test_r3_supported_revisions_are_named_with_the_next_step() -> None:
    assert "Choose 2025-11-25" in advice(-32022, {"supported": ["2025-11-25", "2099-01-01"]})
    assert "one of them" in advice(-32022, {"supported": ["2025-06-18", "2025-11-25"]})
    assert "We speak none" in advice(-32022, {"supported": ["2099-01-01"]})
    assert "does not say" in advice(-32022, {"supported": "2025-11-25"})
    assert "others" in advice(-32022, {"supported": [f"20{n}-01-01" for n in range(30, 60)]})


def test_r3_a_resource_is_named() -> None:
    assert '"file:///a"' in advice(-32002, {"uri": "file:///a"}, era.LATEST)
    assert "-32602" in advice(-32002)
    assert "-32602" not in advice(-32002, None, era.LATEST)


def test_r33_pages_to_visit_are_counted() -> None:
    assert url_elicitations({"elicitations": [URL_PARAMS, {"mode": "url"}, 5]}) == (URL_PARAMS,)
    assert "Visit the web page" in advice(-32042, {"elicitations": [URL_PARAMS]}, era.LATEST)
    assert "2 web pages" in advice(-32042, {"elicitations": [URL_PARAMS] * 2}, era.LATEST)
    assert "does not say where" in advice(-32042, {"elicitations": []}, era.LATEST)
    assert "input_required" in advice(-32042, {"elicitations": [URL_PARAMS]})


@pytest.mark.parametrize("code", [-32020, -32021])
def test_r3_codes_of_the_stateless_era_mean_nothing_before(code: int) -> None:
    assert "no agreed meaning" in advice(code, None, era.LATEST)
    assert "no agreed meaning" not in advice(code)


def test_r3_an_unknown_method_is_no_unknown_address() -> None:
    assert "server/discover" in advice(-32601)
    assert "capabilities" in advice(-32601, None, era.LATEST)
    assert "_meta" in advice(-32602)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["supported", "requiredCapabilities", "extensions", "elicitations", "url", "uri", "k"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.none() | st.integers(-32770, 1) | st.integers(), JSON, st.sampled_from(era.REVISIONS))
def test_r3_nothing_that_comes_can_raise(code: int | None, data: Any, revision: str) -> None:
    assert advice(code, data, revision).endswith((".", "?"))
