"""What older clients are spared."""

from __future__ import annotations

from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS, STREAMABLE_VERSIONS, fit, negotiate

TOOL = {"name": "n", "title": "t", "annotations": {}, "outputSchema": {}, "inputSchema": {}}


def test_members_appear_with_their_revision() -> None:
    assert [len(fit(TOOL, version)) for version in HTTP_SSE_VERSIONS] == [2, 3, 5, 5]


def test_negotiation() -> None:
    assert negotiate("2025-06-18", STREAMABLE_VERSIONS) == "2025-06-18"
    assert negotiate("2024-11-05", HTTP_SSE_VERSIONS) == "2024-11-05"
    assert negotiate(["2025-06-18"], STREAMABLE_VERSIONS) == "2025-11-25"
