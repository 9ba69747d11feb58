"""server/discover: what a server of the stateless revision says about itself (R46)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.envelope import SERVER_INFO
from inspector.protocol.jsonrpc import json_type
from inspector.protocol.lifecycle import MAX_NAME_CHARACTERS, Negotiated

METHOD = "server/discover"
MAX_VERSIONS = 64
MAX_VERSION_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Discovered:
    """A DiscoverResult as far as it can be read; `raw` is the result as it came."""

    supported_versions: tuple[str, ...]
    capabilities: dict[str, Any] = field(default_factory=dict)
    server_name: str = ""
    server_version: str = ""
    instructions: str | None = None
    raw: Any = None


def read_discover_result(result: Any) -> tuple[Discovered | None, list[Breach]]:
    """What the server said, or None where it is no DiscoverResult at all; and what was wrong with it."""
    versions = result.get("supportedVersions") if isinstance(result, dict) else None
    if not isinstance(versions, list):
        text = f"The result of {METHOD} has no supportedVersions."
        return None, [_invalid(Severity.ERROR, text, "Answer with supportedVersions, a list of revisions.")]
    told: list[Breach] = []
    known = versions_in(versions)
    if len(known) < len(versions):
        text = "supportedVersions holds something else than different short strings, or too many of them."
        told.append(_invalid(Severity.WARN, text, "List revisions only, such as 2026-07-28."))
    capabilities = result.get("capabilities")
    if not isinstance(capabilities, dict):
        text = f"`capabilities` of {METHOD} must be an object, not {json_type(capabilities)}."
        told.append(_invalid(Severity.WARN, text, "Send capabilities as an object."))
        capabilities = {}
    name, version = _server_info(result, told)
    instructions = result.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        text = f"`instructions` of {METHOD} must be a string, not {json_type(instructions)}."
        told.append(_invalid(Severity.WARN, text, "Send instructions as a string, or leave them out."))
        instructions = None
    return Discovered(known, capabilities, name, version, instructions, result), told


def versions_in(value: Any) -> tuple[str, ...]:
    """The revisions in a list from the wire, as `supportedVersions` or the `supported` of an error's data have it."""
    if not isinstance(value, list):
        return ()
    names = (item for item in value if isinstance(item, str) and 0 < len(item) <= MAX_VERSION_CHARACTERS)
    return tuple(dict.fromkeys(names))[:MAX_VERSIONS]


def pick(supported: Iterable[str]) -> str | None:
    """The newest revision that both sides speak, so a stateless one before all others; None if there is none."""
    offered = set(supported)
    return next((revision for revision in reversed(era.REVISIONS) if revision in offered), None)


def negotiated_of(discovered: Discovered, revision: str) -> Negotiated:
    """What a handshake would have settled."""
    return Negotiated(
        protocol_version=revision,
        server_name=discovered.server_name,
        server_version=discovered.server_version,
        capabilities=discovered.capabilities,
        instructions=discovered.instructions,
        raw=discovered.raw,
    )


def server_info(result: Any) -> tuple[str, str]:
    """Name and version of the software that made a result, for display only (R42); empty where it does not say."""
    meta = result.get("_meta") if isinstance(result, dict) else None
    info = meta.get(SERVER_INFO) if isinstance(meta, dict) else None
    info = info if isinstance(info, dict) else {}
    return _short(info.get("name")), _short(info.get("version"))


def _server_info(result: dict[str, Any], told: list[Breach]) -> tuple[str, str]:
    name, version = server_info(result)
    if name and version:
        return name, version
    text = f"{METHOD} does not say which server answered: _meta has no {SERVER_INFO} with name and version."
    told.append(_invalid(Severity.NOTE, text, f"Put {SERVER_INFO} into the _meta of every result."))
    former = result.get("serverInfo")  # where drafts of the revision had it
    if not name and isinstance(former, dict):
        return _short(former.get("name")), _short(former.get("version"))
    return name, version


def _short(value: Any) -> str:
    return value[:MAX_NAME_CHARACTERS] if isinstance(value, str) else ""


def _invalid(severity: Severity, text: str, fix: str) -> Breach:
    return Breach("discover-result-invalid", severity, text, fix, "Lifecycle: server/discover (2026-07-28)")
