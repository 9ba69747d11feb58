"""What every request of the stateless revision says about itself, in `params._meta` (R41)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inspector.protocol.lifecycle import ClientFeatures

PREFIX = "io.modelcontextprotocol/"
PROTOCOL_VERSION = f"{PREFIX}protocolVersion"
CLIENT_CAPABILITIES = f"{PREFIX}clientCapabilities"
CLIENT_INFO = f"{PREFIX}clientInfo"
LOG_LEVEL = f"{PREFIX}logLevel"
SERVER_INFO = f"{PREFIX}serverInfo"
SUBSCRIPTION_ID = f"{PREFIX}subscriptionId"
RELATED_TASK = f"{PREFIX}related-task"
TASKS_EXTENSION = f"{PREFIX}tasks"


def with_envelope(
    params: dict[str, Any] | None,
    *,
    revision: str,
    capabilities: dict[str, Any],
    client_info: dict[str, Any],
    log_level: str | None = None,
) -> dict[str, Any]:
    """`params` with the keys of R41 in `_meta`; the given objects stay as they are.

    What the user put there himself wins, and a `_meta` that is no object goes out untouched: both are his experiment.
    """
    given = dict(params or {})
    meta = given.get("_meta", {})
    if not isinstance(meta, dict):
        return given
    ours: dict[str, Any] = {
        PROTOCOL_VERSION: revision,
        CLIENT_INFO: client_info,
        CLIENT_CAPABILITIES: capabilities,
    }
    if log_level is not None:
        ours[LOG_LEVEL] = log_level
    given["_meta"] = {**ours, **meta}
    return given


def client_capabilities(features: ClientFeatures, extensions: Iterable[str] = ()) -> dict[str, Any]:
    """What the user's side can answer, in the shape of 2026-07-28; `extensions` are identifiers without settings."""
    declared: dict[str, Any] = {}
    if features.roots:
        declared["roots"] = {}  # without listChanged: there is nobody to tell (R53)
    if features.sampling:
        declared["sampling"] = {"tools": {}, "context": {}}
    if features.elicitation:
        declared["elicitation"] = {mode: {} for mode in features.elicitation_modes}
    if names := list(extensions):
        declared["extensions"] = {name: {} for name in names}
    return declared
