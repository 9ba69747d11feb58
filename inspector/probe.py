"""What `probe` tells of a server: the attempts, what it declares and lists, the times, the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.diagnose.engine import Engine
from inspector.protocol.era import TransportName
from inspector.record import text
from inspector.session.session import Session
from inspector.trace.events import AttemptMade, Connected, Direction, HeadersReceived, Message, SessionReady
from inspector.trace.river import River


async def offers(session: Session) -> dict[str, Any]:
    """What the server declares and lists; null for what it does not declare."""
    negotiated = session.negotiated
    declared = negotiated.capabilities if negotiated else {}
    if session.transport is TransportName.TOOL_STREAM:
        declared = {"tools": {}}  # nothing is declared, and there is nothing else
    lists = {
        "tools": ("tools", session.list_tools, "tools"),
        "resources": ("resources", session.list_resources, "resources"),
        "resource_templates": ("resources", session.list_resource_templates, "resourceTemplates"),
        "prompts": ("prompts", session.list_prompts, "prompts"),
    }
    facts: dict[str, Any] = {"capabilities": declared, "manifest": session.manifest}
    for name, (capability, fetch, key) in lists.items():
        answer = await fetch() if capability in declared else None
        is_list = answer is not None and answer.ok and isinstance(answer.result, dict)
        facts[name] = answer.result[key] if answer is not None and is_list else None
    return facts


def _server(ready: SessionReady | None, facts: dict[str, Any]) -> dict[str, str] | None:
    """Who answered: by the handshake, or by the manifest of a tool stream."""
    if ready is not None:
        return {"name": ready.server_name, "version": ready.server_version}
    manifest = facts.get("manifest")
    return {"name": manifest.name or "a tool stream", "version": manifest.version} if manifest else None


def build(url: str, river: River, facts: dict[str, Any], error: str | None) -> dict[str, Any]:
    events = river.since(0)
    engine = Engine()
    engine.fold(events)
    ready = next((e for e in events if isinstance(e, SessionReady)), None)
    connected = next((e for e in events if isinstance(e, Connected)), None)
    headers = next((e for e in events if isinstance(e, HeadersReceived)), None)
    attempts = [e for e in events if isinstance(e, AttemptMade)]
    worked = next((e for e in reversed(attempts) if e.succeeded), None)
    return {
        "url": text.plain(url, 2000),
        "transport": worked.transport if worked and error is None else None,
        "verdict": worked.verdict if worked and error is None else error,
        "protocol_version": ready.protocol_version if ready else None,
        "server": _server(ready, facts),
        "instructions": ready.instructions if ready else None,
        "attempts": [{"transport": a.transport, "ok": a.succeeded, "verdict": a.verdict} for a in attempts],
        "timings_ms": {
            "connect": connected.connect_ms if connected else None,
            "tls": connected.tls_ms if connected else None,
            "headers": headers.ttfb_ms if headers else None,
            "handshake": ready.handshake_ms if ready else None,
            "tools_list": _rtt(events, "tools/list"),
        },
        "capabilities": facts.get("capabilities"),
        "tools": facts.get("tools"),
        "resources": facts.get("resources"),
        "resource_templates": facts.get("resource_templates"),
        "prompts": facts.get("prompts"),
        "findings": [
            {"rule": f.rule, "severity": f.severity.value, "grade": f.grade, "text": f.text, "fix": f.fix}
            for f in engine.findings()
        ],
        "error": error,
    }


def _rtt(events: Sequence[Any], method: str) -> float | None:
    answers = (e for e in events if isinstance(e, Message) and e.direction is Direction.INBOUND and e.method == method)
    return next((answer.rtt_ms for answer in answers), None)


def as_text(report: dict[str, Any]) -> str:
    lines = [f"{'ok  ' if a['ok'] else 'no  '}{a['transport']}: {a['verdict']}" for a in report["attempts"]]
    if report["transport"]:
        server = report["server"]
        name = f"{server['name']} {server['version']}".strip() if server else "an event stream"
        version = f", revision {report['protocol_version']}" if report["protocol_version"] else ""
        lines.append(f"\n{name} over {report['transport']}{version}")
        lines.extend(f"  {key}: {ms:.1f} ms" for key, ms in report["timings_ms"].items() if ms is not None)
    for key in ("tools", "resources", "resource_templates", "prompts"):
        items = report[key]
        if items is not None:
            lines.append(f"\n{key.replace('_', ' ')} ({len(items)})")
            lines.extend(f"  {_item_line(item)}" for item in items)
    if report["findings"]:
        lines.append(f"\nfindings ({len(report['findings'])})")
        lines.extend(f"  {f['severity']:5} {f['rule']}: {f['text']}" for f in report["findings"])
    return "\n".join(lines) + "\n" if lines else ""


def _item_line(item: Any) -> str:
    if not isinstance(item, dict):
        return text.plain(str(item))
    name = item.get("uri") or item.get("uriTemplate") or item.get("name") or "(without a name)"
    about = item.get("title") or item.get("description") or ""
    return text.plain(f"{name}  {about}", 160)
