"""Each raw request, sent to a server that keeps the rules: it answers what the template says it does."""

from __future__ import annotations

import re

from inspector.session.options import Options
from inspector.session.raw_exchange import RawRequest, exchange_raw
from inspector.session.session import Session
from inspector.trace.events import SessionReady
from inspector.ui.raw_drafts import RawDraft
from inspector.ui.raw_templates import TEMPLATES, Preset, RawTarget, Template

OTHER_KINDS = ("Listen (GET)", "End the session (DELETE)", "Tool stream call")
"""What would last, end the session, or belongs to another kind of server."""


def is_as_expected(template: Template, status: int, body: bytes) -> bool:
    """Whether the sentence names the status, or the code of the error that came."""
    statuses = re.findall(r"\b[2-5]\d\d\b", template.expects)
    codes = re.findall(r"-32\d\d\d", template.expects)
    return str(status) in statuses or any(code.encode() in body for code in codes)


async def test_a_right_server_answers_what_the_templates_say(demo_url: str) -> None:
    surprises = []
    async with Session(Options(demo_url)) as session:
        ready = next(event for event in session.river.since(0) if isinstance(event, SessionReady))
        target = RawTarget(demo_url, (), ready.session_id, ready.protocol_version)
        for template in TEMPLATES:
            if template.title in OTHER_KINDS:
                continue
            draft = template.apply(RawDraft(url=demo_url), Preset.STREAMABLE, target)
            request = RawRequest(draft.method, draft.url, draft.sent_headers, draft.body_bytes)
            reply = await exchange_raw(session.link, request)
            if not is_as_expected(template, reply.status, reply.body):
                surprises.append((template.title, reply.status, reply.body[:200]))
    assert surprises == []
