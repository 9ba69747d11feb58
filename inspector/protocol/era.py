"""Which revision has what (the table in one place, so that no other module compares dates)."""

from __future__ import annotations

import enum

HANDSHAKE_REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""The revisions with an initialize handshake, oldest first."""

LATEST = HANDSHAKE_REVISIONS[-1]
"""The newest revision with a handshake."""

STATELESS = "2026-07-28"
"""The revision without handshake and session: every request speaks for itself (R40)."""

REVISIONS = (*HANDSHAKE_REVISIONS, STATELESS)
"""All revisions, oldest first."""


class TransportName(enum.StrEnum):
    """How messages travel; the value is what `--transport` takes and what reports say."""

    AUTO = "auto"
    HTTP_SSE = "http+sse"
    STREAMABLE_HTTP = "streamable-http"
    STATELESS = "stateless"
    RAW_SSE = "raw-sse"
    TOOL_STREAM = "tool-stream"

    @property
    def label(self) -> str:
        """The name a person reads."""
        return _TITLES[self]


_TITLES = {
    TransportName.AUTO: "Auto",
    TransportName.HTTP_SSE: "HTTP+SSE",
    TransportName.STREAMABLE_HTTP: "Streamable HTTP",
    TransportName.STATELESS: "Stateless HTTP",
    TransportName.RAW_SSE: "Raw SSE",
    TransportName.TOOL_STREAM: "Tool stream",
}


def is_known(revision: str) -> bool:
    return revision in REVISIONS


def has_handshake(revision: str) -> bool:
    return revision in HANDSHAKE_REVISIONS


def is_stateless(revision: str) -> bool:
    """No initialize, no session, no GET: the revisions from 2026-07-28 on."""
    return revision >= STATELESS


def sends_version_header(revision: str) -> bool:
    """`MCP-Protocol-Version` is required on everything after initialize from 2025-06-18 on (R20)."""
    return revision >= "2025-06-18"


def allows_batches(revision: str) -> bool:
    """Batches came with 2025-03-26 and left with 2025-06-18."""
    return revision == "2025-03-26"


def has_url_elicitation(revision: str) -> bool:
    return revision >= "2025-11-25"


def has_sampling_tools(revision: str) -> bool:
    """Sampling may bring tools, and the client says what of it it can do, since 2025-11-25 (R31)."""
    return revision >= "2025-11-25"


def has_elicitation(revision: str) -> bool:
    return revision >= "2025-06-18"


def has_completion_context(revision: str) -> bool:
    """The other arguments go along with a completion since 2025-06-18 (R9)."""
    return revision >= "2025-06-18"
