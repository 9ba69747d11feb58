"""What the codes of JSON-RPC errors mean, and what to do about them (R3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inspector.protocol import era
from inspector.protocol.discover import versions_in
from inspector.protocol.jsonrpc import shown

HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
RESOURCE_NOT_FOUND = -32002
URL_ELICITATION_REQUIRED = -32042
REFUSED_BY_USER = -1
OF_MCP = frozenset(
    (HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION, RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED)
)
"""The codes that MCP defines itself."""
MAX_LISTED = 8

_Advice = Callable[[Any, str], str]


def explain_code(code: int | None, data: Any, revision: str) -> tuple[str, str]:
    """The name of an error code in a session of this revision, and what to do about it in one sentence or two."""
    if code is None:
        return (
            "No code",
            "The error has no code that is an integer; correct it in the server (JSON-RPC 2.0 section 5.1).",
        )
    known = _KNOWN.get(code)
    if known is not None:
        name, advice = known
        return name, advice(data, revision) if callable(advice) else advice
    if -32019 <= code <= -32000:
        return "Server error", "This code has no agreed meaning; the message and the server's log say what happened."
    if -32768 <= code <= -32000:
        return "Reserved code", "JSON-RPC reserves this code and gives it no meaning; choose another in the server."
    return "Application error", "The code is the server's own; its documentation says what it means."


def required_capabilities(data: Any) -> tuple[str, ...]:
    """The capabilities that a server misses (-32021), as dotted names such as `elicitation.url`."""
    needed = data.get("requiredCapabilities") if isinstance(data, dict) else None
    if isinstance(needed, list):  # not the schema's shape, but plain enough
        return tuple(name for name in needed if isinstance(name, str))[:MAX_LISTED]
    return tuple(_dotted(needed))[:MAX_LISTED] if isinstance(needed, dict) else ()


def url_elicitations(data: Any) -> tuple[dict[str, Any], ...]:
    """The addresses to visit before a call is tried again (-32042, R33), as elicitation params of the mode `url`."""
    given = data.get("elicitations") if isinstance(data, dict) else None
    if not isinstance(given, list):
        return ()
    return tuple(item for item in given if isinstance(item, dict) and isinstance(item.get("url"), str))


def _dotted(needed: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for name, parts in needed.items():
        inner = list(parts) if isinstance(parts, dict) and name != "extensions" else []
        names.extend(f"{name}.{part}" for part in inner)
        if name == "extensions" and isinstance(parts, dict):
            names.extend(parts)
        elif not inner:
            names.append(name)
    return names


def _method_not_found(_data: Any, revision: str) -> str:
    if era.is_stateless(revision):
        return "The server does not know this method; server/discover says what it offers."
    return "The server does not know this method, or has not declared the capability for it; look at its capabilities."


def _invalid_params(_data: Any, revision: str) -> str:
    hint = " The envelope in _meta may be what it misses." if era.is_stateless(revision) else ""
    return f"The params do not fit; compare them with the schema, and the name or URI with the lists.{hint}"


def _header_mismatch(_data: Any, revision: str) -> str:
    advice = (
        "A header does not say what the body says. List the tools again and repeat the call; if it stays, compare "
        "Mcp-Method, Mcp-Name, Mcp-Param-* and MCP-Protocol-Version with the body: a proxy may have changed one."
    )
    return advice + _misplaced(revision)


def _missing_capability(data: Any, revision: str) -> str:
    names = required_capabilities(data)
    which = f"The server needs {listed(names)} of the client." if names else "The server does not say which it needs."
    return f"{which} Turn that on in the connection, then repeat the request.{_misplaced(revision)}"


def _unsupported_version(data: Any, revision: str) -> str:
    supported = versions_in(data.get("supported")) if isinstance(data, dict) else ()
    if not supported:
        return "The server does not say which revisions it speaks; try others in the connection."
    ours = [version for version in supported if era.is_known(version)]
    step = (
        f"Choose {ours[-1] if len(ours) == 1 else 'one of them'} in the connection."
        if ours
        else "We speak none of them."
    )
    return f"The server speaks {listed(supported)}, not {revision}. {step}"


def _resource_not_found(data: Any, revision: str) -> str:
    uri = data.get("uri") if isinstance(data, dict) else None
    subject = f"There is no resource {shown(uri)}." if isinstance(uri, str) else "There is no such resource."
    late = " From 2026-07-28 on the code for it is -32602." if era.is_stateless(revision) else ""
    return f"{subject} List the resources again, it may be gone.{late}"


def _url_elicitation(data: Any, revision: str) -> str:
    count = len(url_elicitations(data))
    late = " From 2026-07-28 on a server asks by an input_required result." if era.is_stateless(revision) else ""
    if not count:
        return f"The server wants a visit to a web page and does not say where.{late}"
    pages = "the web page it names" if count == 1 else f"the {count} web pages it names"
    return f"Visit {pages}, then repeat the call.{late}"


def _misplaced(revision: str) -> str:
    return "" if era.is_stateless(revision) else f" In {revision} this code has no agreed meaning."


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, each cut to a length that can be read."""
    words = [name[:60] for name in names[:MAX_LISTED]]
    if len(names) > MAX_LISTED:
        words.append("others")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_KNOWN: dict[int, tuple[str, str | _Advice]] = {
    -32700: (
        "Parse error",
        "The server could not read our JSON; look at the bytes that were sent and at proxies between.",
    ),
    -32600: (
        "Invalid request",
        "The server does not take this message as a request; its session may be gone, or its handshake not complete.",
    ),
    -32601: ("Method not found", _method_not_found),
    -32602: ("Invalid params", _invalid_params),
    -32603: ("Internal error", "The server failed while it worked on this; look into its log at this second."),
    HEADER_MISMATCH: ("Header mismatch", _header_mismatch),
    MISSING_CAPABILITY: ("Missing client capability", _missing_capability),
    UNSUPPORTED_VERSION: ("Unsupported protocol version", _unsupported_version),
    RESOURCE_NOT_FOUND: ("Resource not found", _resource_not_found),
    URL_ELICITATION_REQUIRED: ("URL elicitation required", _url_elicitation),
    REFUSED_BY_USER: ("Refused by the user", "The user declined the request; nothing is broken."),
}
