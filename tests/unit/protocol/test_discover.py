"""server/discover: reading what came, and choosing the revision (R46)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import discover, era
from inspector.protocol.breach import Severity
from inspector.protocol.discover import Discovered, pick, read_discover_result

PROPER: dict[str, Any] = {
    "resultType": "complete",
    "supportedVersions": ["2025-11-25", "2026-07-28"],
    "capabilities": {"tools": {"listChanged": True}},
    "instructions": "Be kind.",
    "ttlMs": 0,
    "cacheScope": "public",
    "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "demo", "version": "1.2", "title": "Demo"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(PROPER)) | st.text(), inner),
    max_leaves=10,
)


def severities(result: Any) -> list[Severity]:
    told = read_discover_result(result)[1]
    assert {breach.rule for breach in told} <= {"discover-result-invalid"}
    assert all(breach.text.endswith(".") and breach.fix.endswith(".") for breach in told)
    return [breach.severity for breach in told]


def read(result: Any) -> Discovered:
    found, _ = read_discover_result(result)
    assert found is not None
    return found


def test_r46_a_proper_result_says_all() -> None:
    assert severities(PROPER) == []
    assert read(PROPER) == Discovered(
        ("2025-11-25", "2026-07-28"), {"tools": {"listChanged": True}}, "demo", "1.2", "Be kind.", PROPER
    )


@pytest.mark.parametrize("result", [None, 5, "x", [], {}, {"supportedVersions": "2026-07-28"}])
def test_r46_what_is_no_discover_result_is_none(result: Any) -> None:
    assert read_discover_result(result)[0] is None
    assert severities(result) == [Severity.ERROR]


def test_r46_versions_that_are_no_text_are_left_out_and_told() -> None:
    odd = {**PROPER, "supportedVersions": [5, None, "2026-07-28", "", "x" * 500]}
    assert read(odd).supported_versions == ("2026-07-28",)
    assert severities(odd) == [Severity.WARN]


def test_r46_an_empty_list_of_versions_can_be_read() -> None:
    assert read({**PROPER, "supportedVersions": []}).supported_versions == ()


@pytest.mark.parametrize("capabilities", [None, [], "tools", 5])
def test_r46_capabilities_that_are_no_object_count_as_none(capabilities: Any) -> None:
    odd = {**PROPER, "capabilities": capabilities}
    assert read(odd).capabilities == {}
    assert severities(odd) == [Severity.WARN]


def test_r46_instructions_of_another_type_are_told() -> None:
    odd = {**PROPER, "instructions": ["Be kind."]}
    assert read(odd).instructions is None
    assert severities(odd) == [Severity.WARN]
    assert severities({**PROPER, "instructions": None}) == []


@pytest.mark.parametrize("meta", [None, [], {}, {"io.modelcontextprotocol/serverInfo": {"name": "demo"}}])
def test_r41_a_missing_server_info_is_noted(meta: Any) -> None:
    assert severities({**PROPER, "_meta": meta}) == [Severity.NOTE]


def test_r46_the_place_of_the_drafts_is_read_too() -> None:
    odd = {**PROPER, "_meta": {}, "serverInfo": {"name": "old", "version": "0"}}
    assert (read(odd).server_name, read(odd).server_version) == ("old", "0")


def test_r42_the_server_of_any_result_can_be_shown() -> None:
    assert discover.server_info(PROPER) == ("demo", "1.2")
    assert discover.server_info({"_meta": {"io.modelcontextprotocol/serverInfo": {"name": "n" * 999}}}) == (
        "n" * 200,
        "",
    )
    assert discover.server_info([]) == ("", "")


@pytest.mark.parametrize(
    ("supported", "picked"),
    [
        (["2024-11-05", "2026-07-28", "2025-11-25"], "2026-07-28"),
        (["2025-03-26", "2025-06-18"], "2025-06-18"),
        (["2099-01-01"], None),
        ([], None),
    ],
)
def test_a5_the_newest_mutual_revision_is_picked(supported: list[str], picked: str | None) -> None:
    assert pick(supported) == picked


def test_r46_discovering_settles_what_a_handshake_would() -> None:
    settled = discover.negotiated_of(read(PROPER), era.STATELESS)
    assert settled.protocol_version == era.STATELESS
    assert (settled.server_name, settled.server_version, settled.instructions) == ("demo", "1.2", "Be kind.")
    assert settled.capabilities == {"tools": {"listChanged": True}}
    assert settled.raw is PROPER


@pytest.mark.parametrize("value", [None, "2026-07-28", {"2026-07-28": 1}, 5])
def test_r46_versions_that_are_no_list_are_none(value: Any) -> None:
    assert discover.versions_in(value) == ()


def test_r46_versions_are_bounded_and_told_once() -> None:
    assert discover.versions_in(["a", "a", "b"]) == ("a", "b")
    assert len(discover.versions_in([str(n) for n in range(10_000)])) == discover.MAX_VERSIONS


@given(JSON)
def test_r46_nothing_that_comes_can_raise(result: Any) -> None:
    found, told = read_discover_result(result)
    assert found is not None or told
