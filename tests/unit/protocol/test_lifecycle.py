"""The handshake: what we offer, and what the server may answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era, lifecycle
from inspector.protocol.breach import Severity
from inspector.protocol.lifecycle import ClientFeatures

PROPER = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {"listChanged": True}, "logging": {}},
    "serverInfo": {"name": "demo", "version": "1.2"},
    "instructions": "Be kind.",
}
EVERYTHING = ClientFeatures(roots=True, sampling=True, elicitation=True)


def rules(result: Any, asked: str = era.LATEST) -> list[str]:
    return [breach.rule for breach in lifecycle.read_initialize_result(result, asked)[1]]


def test_r21_initialize_offers_a_revision_our_name_and_our_capabilities() -> None:
    params = lifecycle.initialize_params("2025-11-25", ClientFeatures(), "1.0")
    assert params["protocolVersion"] == "2025-11-25"
    assert params["capabilities"] == {}
    assert params["clientInfo"] == {"name": "sse-mcp-inspector", "title": "SSE MCP Inspector", "version": "1.0"}


@pytest.mark.parametrize(
    ("revision", "sampling", "elicitation"),
    [
        ("2024-11-05", {}, None),
        ("2025-03-26", {}, None),
        ("2025-06-18", {}, {}),
        ("2025-11-25", {"tools": {}, "context": {}}, {"form": {}, "url": {}}),
    ],
)
def test_r31_capabilities_are_those_of_the_revision(revision: str, sampling: Any, elicitation: Any) -> None:
    declared = EVERYTHING.capabilities(revision)
    assert declared["roots"] == {"listChanged": True}
    assert declared["sampling"] == sampling
    assert declared.get("elicitation") == elicitation


def test_r31_only_what_can_be_answered_is_declared() -> None:
    assert ClientFeatures(sampling=True).capabilities("2025-06-18") == {"sampling": {}}


@pytest.mark.parametrize(
    ("modes", "before_modes", "with_modes"),
    [(("form",), {}, {"form": {}}), (("url",), None, {"url": {}}), (("form", "url"), {}, {"form": {}, "url": {}})],
)
def test_r31_only_the_modes_that_are_answered_are_declared(modes: Any, before_modes: Any, with_modes: Any) -> None:
    features = ClientFeatures(elicitation=True, elicitation_modes=modes)
    assert features.capabilities("2025-06-18").get("elicitation") == before_modes
    assert features.capabilities("2025-11-25")["elicitation"] == with_modes


def test_r21_a_proper_answer_settles_the_session() -> None:
    negotiated, breaches = lifecycle.read_initialize_result(PROPER, era.LATEST)
    assert breaches == []
    assert negotiated is not None
    assert negotiated.protocol_version == "2025-06-18", "the server may answer an older revision"
    assert (negotiated.server_name, negotiated.server_version) == ("demo", "1.2")
    assert negotiated.capabilities == PROPER["capabilities"]
    assert negotiated.instructions == "Be kind."
    assert negotiated.raw is PROPER


@pytest.mark.parametrize("result", [None, [], "x", {}, {"protocolVersion": None}, {"protocolVersion": 20250618}])
def test_r21_without_a_version_there_is_no_session(result: Any) -> None:
    negotiated, breaches = lifecycle.read_initialize_result(result, era.LATEST)
    assert negotiated is None
    assert [(breach.rule, breach.severity) for breach in breaches] == [("initialize-result-invalid", Severity.ERROR)]


@pytest.mark.parametrize("version", ["2099-01-01", "2026-07-28", "", "1.0", "2025-06-18 ", "x" * 100_000])
def test_r21_a_revision_we_do_not_speak_ends_the_connection(version: str) -> None:
    negotiated, (breach,) = lifecycle.read_initialize_result({**PROPER, "protocolVersion": version}, era.LATEST)
    assert negotiated is None
    assert breach.rule == "protocol-version-mismatch"
    assert len(breach.text) < 300


def test_r21_a_newer_revision_than_asked_is_told_and_taken() -> None:
    negotiated, (breach,) = lifecycle.read_initialize_result(PROPER, "2025-03-26")
    assert negotiated is not None
    assert (breach.rule, breach.severity) == ("protocol-version-mismatch", Severity.WARN)


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"serverInfo": None}, 2),
        ({"serverInfo": {"name": "demo"}}, 1),
        ({"serverInfo": {"name": 5, "version": None}}, 2),
        ({"capabilities": []}, 1),
    ],
)
def test_r21_what_is_missing_is_told_and_does_without(change: dict[str, Any], count: int) -> None:
    result = {**PROPER, **change}
    negotiated, _ = lifecycle.read_initialize_result(result, era.LATEST)
    assert negotiated is not None
    assert rules(result) == ["initialize-result-invalid"] * count
    assert "None" not in negotiated.server_version
    assert isinstance(negotiated.capabilities, dict)


def test_a_name_of_any_length_is_cut_where_it_is_shown() -> None:
    info = {"name": "n" * 10_000, "version": "v" * 10_000}
    negotiated, _ = lifecycle.read_initialize_result({**PROPER, "serverInfo": info}, era.LATEST)
    assert negotiated is not None
    assert len(negotiated.server_name) == len(negotiated.server_version) == lifecycle.MAX_NAME_CHARACTERS


anything = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(), max_size=2)
results = st.fixed_dictionaries(
    {},
    optional={
        "protocolVersion": st.sampled_from(era.REVISIONS) | anything,
        "capabilities": st.dictionaries(st.text(max_size=4), anything, max_size=2) | anything,
        "serverInfo": st.fixed_dictionaries({}, optional={"name": anything, "version": anything}) | anything,
        "instructions": anything,
    },
)


@given(results | anything, st.sampled_from(era.REVISIONS))
def test_any_result_is_read(result: Any, asked: str) -> None:
    negotiated, breaches = lifecycle.read_initialize_result(result, asked)
    assert negotiated is not None or breaches
    assert negotiated is None or era.is_known(negotiated.protocol_version)
