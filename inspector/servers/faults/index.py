"""The page that lists the gallery: plain HTML, made of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape

from inspector.protocol.era import TransportName
from inspector.servers.faults.fault import SIDES, Fault, Side, Visit
from inspector.servers.faults.gallery import GROUPS

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#1d2330, #e4e7ee); background: light-dark(#fff, #15181f); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0;
  border-top: 1px solid light-dark(#dde1e8, #2c313c); }
th { font-weight: 600; border-top: 0; } td:first-child { width: 17rem; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: light-dark(#0b57c9, #8ab4ff); } .muted { color: light-dark(#5a6272, #9aa3b2); }
"""
UrlOf = Callable[[str, Side, str], str]


def page(faults: Mapping[str, Fault], url: str, url_of: UrlOf, *, has_tls: bool) -> str:
    """The page for these faults, served at `url`; `url_of` gives the address of a path of a side."""
    known = {fault.rule for table in GROUPS.values() for fault in table}
    others = [fault for fault in faults.values() if fault.rule not in known]
    tables = [(title, [fault for fault in table if fault.rule in faults]) for title, table in GROUPS.items()]
    sections = "".join(_section(title, table, url_of) for title, table in (*tables, ("Others", others)) if table)
    introduction = _introduction(len(faults), url) + (_trust(url) if has_tls else "")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Fault gallery</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><h1>Fault gallery</h1>{introduction}{sections}</html>\n"
    )


def _introduction(count: int, url: str) -> str:
    example = f"{url}&lt;rule&gt;/hit/mcp"
    return (
        f"<p>{count} ways for an MCP server to break, each with a control that does the same right. "
        "<b>hit</b> breaks, <b>ok</b> does not. Point your own client at one of them and see what it makes of it:</p>"
        f"<p>Streamable HTTP and stateless HTTP at <code>{example}</code>, "
        f"HTTP+SSE at <code>{url}&lt;rule&gt;/hit/sse</code>. "
        "The tools are <code>say</code>, <code>work</code> and <code>structured</code>; "
        "beside each rule stands what to do there. Times are seconds at scale 1.</p>"
    )


def _trust(url: str) -> str:
    return (
        f'<p>What is at an <code>https</code> address is signed by <a href="{escape(url)}ca.pem">this authority</a>, '
        "made anew each time the gallery starts; where a certificate is what is broken, that does not help.</p>"
    )


def _section(title: str, faults: Iterable[Fault], url_of: UrlOf) -> str:
    rows = "".join(_row(fault, url_of) for fault in faults)
    head = "<tr><th>Rule</th><th>What it does</th><th>Connect to</th></tr>"
    return f"<h2>{escape(title)}</h2><table>{head}{rows}</table>"


def _row(fault: Fault, url_of: UrlOf) -> str:
    addresses = ((side, url_of(fault.rule, side, fault.visit.below)) for side in SIDES)
    links = " · ".join(f'<a href="{escape(address)}">{side}</a>' for side, address in addresses)
    control = f'<br><span class="muted">Control: {escape(fault.ok_summary)}</span>' if fault.ok_summary else ""
    how = "<br>".join(map(escape, _how(fault.visit)))
    return (
        f'<tr id="{escape(fault.rule)}"><td><code>{escape(fault.rule)}</code></td>'
        f'<td>{escape(fault.summary)}{control}</td><td>{links}<br><span class="muted">{how}</span></td></tr>'
    )


def _how(visit: Visit) -> Iterator[str]:
    """What to do there, in a few words."""
    yield TransportName(visit.transport).label
    called = Counter(name for name, _ in visit.calls)
    if called:
        calls = ", ".join(f"{name} {count} times" if count > 1 else name for name, count in called.items())
        yield f"call {calls}{' at once' if visit.at_once else ''}"
    if visit.hold_s:
        yield f"stay for {visit.hold_s:g} s"
    if visit.reconnects:
        yield f"come again {visit.reconnects} times"
    if visit.sessions > 1:
        yield f"open {visit.sessions} sessions"
    if visit.skills:
        yield "read its skills"
    if visit.answers:
        yield "answer what it asks"
    if visit.probes:
        yield f"probe: {', '.join(visit.probes)}"
