"""What the revisions of MCP differ in, as far as the demo server is concerned."""

from __future__ import annotations

from inspector.servers.demo.messages import Json

V_2024_11 = "2024-11-05"
V_2025_03 = "2025-03-26"
V_2025_06 = "2025-06-18"
V_2025_11 = "2025-11-25"

STREAMABLE_VERSIONS = (V_2025_03, V_2025_06, V_2025_11)
HTTP_SSE_VERSIONS = (V_2024_11, *STREAMABLE_VERSIONS)

FIELD_SINCE = {
    "annotations": V_2025_03,
    "completions": V_2025_03,
    "message": V_2025_03,
    "title": V_2025_06,
    "outputSchema": V_2025_06,
    "structuredContent": V_2025_06,
}
"""Members of tools, prompts, resources, results, capabilities and progress that an older client does not know."""


def negotiate(requested: object, supported: tuple[str, ...]) -> str:
    """The version to answer `initialize` with: the client's if possible, else our newest (lifecycle, version)."""
    return requested if isinstance(requested, str) and requested in supported else supported[-1]


def fit(value: Json, version: str) -> Json:
    """`value` without the members that came after `version`; dates in this form compare as strings."""
    return {name: member for name, member in value.items() if FIELD_SINCE.get(name, V_2024_11) <= version}
