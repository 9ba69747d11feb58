"""Which revision has what (protocol part A0)."""

from __future__ import annotations

import pytest

from inspector.protocol import era
from inspector.protocol.era import TransportName

TABLE = [
    # revision, version header, batches, elicitation, elicitation by URL
    ("2024-11-05", False, False, False, False),
    ("2025-03-26", False, True, False, False),
    ("2025-06-18", True, False, True, False),
    ("2025-11-25", True, False, True, True),
    ("2026-07-28", True, False, True, True),
]


@pytest.mark.parametrize(("revision", "header", "batches", "elicitation", "by_url"), TABLE)
def test_a0_what_each_revision_has(revision: str, header: bool, batches: bool, elicitation: bool, by_url: bool) -> None:
    assert era.is_known(revision)
    assert era.sends_version_header(revision) is header
    assert era.allows_batches(revision) is batches
    assert era.has_elicitation(revision) is elicitation
    assert era.has_url_elicitation(revision) is by_url


def test_the_table_holds_every_revision_in_order() -> None:
    assert tuple(row[0] for row in TABLE) == era.REVISIONS
    assert sorted(era.HANDSHAKE_REVISIONS)[-1] == era.LATEST
    assert [revision for revision in era.REVISIONS if era.is_stateless(revision)] == [era.STATELESS]
    assert [revision for revision in era.REVISIONS if not era.has_handshake(revision)] == [era.STATELESS]
    assert not era.is_known("2099-01-01")


def test_every_transport_has_a_name_for_people() -> None:
    labels = [name.label for name in TransportName]
    assert labels == ["Auto", "HTTP+SSE", "Streamable HTTP", "Stateless HTTP", "Raw SSE", "Tool stream"]
    assert TransportName("streamable-http") is TransportName.STREAMABLE_HTTP
