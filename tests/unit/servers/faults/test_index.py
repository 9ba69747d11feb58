"""The page of the gallery names every fault and where to find it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from inspector.servers.faults import index
from inspector.servers.faults.fault import Fault, Side, Visit
from inspector.servers.faults.gallery import ALL, GROUPS
from inspector.servers.faults.honest import Honest

VOID = frozenset({"meta", "br"})


class Page(HTMLParser):
    """Keeps links and texts, and whether what was opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def url_of(rule: str, side: Side, path: str) -> str:
    return f"http://127.0.0.1:1/{rule}/{side}{path}"


def page(faults: dict[str, Fault], *, has_tls: bool = False) -> Page:
    return Page(index.page(faults, "http://127.0.0.1:1/", url_of, has_tls=has_tls))


def test_every_fault_has_a_line_with_both_sides() -> None:
    shown = page(dict(ALL), has_tls=True)
    assert shown.open == []
    for rule, fault in ALL.items():
        assert rule in shown.texts
        assert {url_of(rule, "hit", fault.visit.below), url_of(rule, "ok", fault.visit.below)} <= set(shown.links)
    assert {title for title, table in GROUPS.items() if table} <= set(shown.texts)
    assert "http://127.0.0.1:1/ca.pem" in shown.links


def test_what_a_fault_says_is_text() -> None:
    odd = Fault("<odd>", "It's <b>bold</b> & odd.", Honest, Honest, Visit(path="/?a=1&b"), ok_summary="<i>")
    shown = page({"<odd>": odd})
    assert shown.open == [] and "It's <b>bold</b> & odd." in shown.texts and "Others" in shown.texts
    assert "http://127.0.0.1:1/<odd>/hit/?a=1&b" in shown.links and "Control: <i>" in shown.texts
    assert "http://127.0.0.1:1/ca.pem" not in shown.links


def test_it_says_what_to_do() -> None:
    work = ("work", {"steps": 1})
    plan = Visit(calls=(work, work, ("say", {})), at_once=True, hold_s=24.0, reconnects=3, sessions=2, probes=("hold",))
    plan = replace(plan, skills=True, answers=True)
    shown = page({"x": Fault("x", "Breaks.", Honest, Honest, plan)})
    assert shown.texts[-9:-1] == [
        "Streamable HTTP",
        "call work 2 times, say at once",
        "stay for 24 s",
        "come again 3 times",
        "open 2 sessions",
        "read its skills",
        "answer what it asks",
        "probe: hold",
    ]
    quiet = page({"x": Fault("x", "Breaks.", Honest, Honest, Visit(calls=()))})
    assert quiet.texts[-1:] == ["\n"] and quiet.texts[-2] == "Streamable HTTP"


def test_summaries_are_sentences() -> None:
    wrong = [f.rule for f in ALL.values() for text in (f.summary, f.ok_summary) if text and not text.endswith(".")]
    assert wrong == []
