"""The initialize handshake: what we ask for, and what the server's answer means (lifecycle section, R21, R31)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import json_type, shown

CLIENT_NAME = "sse-mcp-inspector"
CLIENT_TITLE = "SSE MCP Inspector"
MAX_NAME_CHARACTERS = 200
"""Longer names and versions are cut where they are shown; `Negotiated.raw` keeps all."""


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """What the user's side can answer; only this is declared as a capability, and of elicitation these modes."""

    roots: bool = False
    sampling: bool = False
    elicitation: bool = False
    elicitation_modes: tuple[str, ...] = ("form", "url")

    def capabilities(self, revision: str) -> dict[str, Any]:
        declared: dict[str, Any] = {}
        if self.roots:
            declared["roots"] = {"listChanged": True}
        if self.sampling:
            declared["sampling"] = {"tools": {}, "context": {}} if era.has_sampling_tools(revision) else {}
        if self.elicitation and era.has_url_elicitation(revision):
            declared["elicitation"] = {mode: {} for mode in self.elicitation_modes}
        elif self.elicitation and era.has_elicitation(revision) and "form" in self.elicitation_modes:
            declared["elicitation"] = {}  # before there were modes, which means forms
        return declared


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What the handshake settled; `raw` is the server's result as it came."""

    protocol_version: str
    server_name: str = ""
    server_version: str = ""
    capabilities: dict[str, Any] = field(default_factory=dict)
    instructions: str | None = None
    raw: Any = None


def initialize_params(revision: str, features: ClientFeatures, client_version: str) -> dict[str, Any]:
    return {
        "protocolVersion": revision,
        "capabilities": features.capabilities(revision),
        "clientInfo": {"name": CLIENT_NAME, "title": CLIENT_TITLE, "version": client_version},
    }


def read_initialize_result(result: Any, asked: str) -> tuple[Negotiated | None, list[Breach]]:
    """The settled session, or None where the answer leaves nothing to go on with; and what was wrong with it.

    A version that we do not know ends the connection (lifecycle: "the client SHOULD disconnect").
    """
    if not isinstance(result, dict) or not isinstance(result.get("protocolVersion"), str):
        text = "The result of initialize names no protocolVersion."
        return None, [_invalid(Severity.ERROR, text, "Answer initialize with a protocolVersion string.")]
    version = result["protocolVersion"]
    if not era.has_handshake(version):
        text = f"The server negotiated {shown(version)}, which is no revision this program speaks; asked was {asked}."
        return None, [_mismatch(Severity.ERROR, text)]
    breaches = []
    if version > asked:
        text = f"The server answered {version}, which is newer than {asked}, which we asked for."
        breaches.append(_mismatch(Severity.WARN, text))
    return _settled(result, breaches), breaches


def _settled(result: dict[str, Any], breaches: list[Breach]) -> Negotiated:
    info = result.get("serverInfo")
    info = info if isinstance(info, dict) else {}
    for key in ("name", "version"):
        if not isinstance(info.get(key), str):
            text = f"initialize names no serverInfo.{key}."
            breaches.append(_invalid(Severity.WARN, text, "Send serverInfo with name and version."))
    capabilities = result.get("capabilities")
    if not isinstance(capabilities, dict):
        text = f"`capabilities` must be an object, not {json_type(capabilities)}."
        breaches.append(_invalid(Severity.WARN, text, "Send capabilities as an object."))
        capabilities = {}
    instructions = result.get("instructions")
    return Negotiated(
        protocol_version=result["protocolVersion"],
        server_name=_name(info.get("name")),
        server_version=_name(info.get("version")),
        capabilities=capabilities,
        instructions=instructions if isinstance(instructions, str) else None,
        raw=result,
    )


def _name(value: Any) -> str:
    return value[:MAX_NAME_CHARACTERS] if isinstance(value, str) else ""


def _mismatch(severity: Severity, text: str) -> Breach:
    fix = "Answer with the revision that the client named, or with an older one that the server speaks."
    return Breach("protocol-version-mismatch", severity, text, fix, "Lifecycle: version negotiation")


def _invalid(severity: Severity, text: str, fix: str) -> Breach:
    return Breach("initialize-result-invalid", severity, text, fix, "Lifecycle: initialization")
