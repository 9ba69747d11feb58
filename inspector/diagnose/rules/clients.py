"""What clients built on other decoders see (the lens)."""

from __future__ import annotations

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.trace.events import Severity

_LINK = "https://github.com/florimondmanca/httpx-sse"


def _lens(rule_id: str, title: str, symptom: str, cause: str, fix: str) -> Rule:
    return Rule(
        id=rule_id,
        group=Group.CLIENTS,
        title=title,
        severity=Severity.NOTE,
        symptom=symptom,
        cause=cause,
        fix=fix,
        source="WHATWG HTML, interpreting an event stream; httpx-sse reads it otherwise",
        link=_LINK,
        seen_by=SeenBy.PROTOCOL,
    )


RULES: tuple[Rule, ...] = (
    _lens(
        "lens-bom",
        "httpx-sse clients lose what stands behind the byte order mark",
        "The first line of the stream, or the whole first event, is missing for such clients.",
        "httpx-sse does not skip the byte order mark that the standard allows, so the first field has an unknown name.",
        "For their sake, write the stream without a byte order mark.",
    ),
    _lens(
        "lens-charset",
        "httpx-sse clients read another text",
        "Characters outside ASCII are others than were sent, or such clients fail.",
        "httpx decodes by the charset of the Content-Type; the standard says that an event stream is always UTF-8.",
        "For their sake, send `Content-Type: text/event-stream` without a charset, or with utf-8.",
    ),
    _lens(
        "lens-content-type",
        "httpx-sse clients refuse the content type",
        "Such clients end with an error at the headers.",
        "httpx-sse looks for text/event-stream in these very letters; a media type may be written in any case.",
        "For their sake, write `text/event-stream` in small letters.",
    ),
    _lens(
        "lens-different",
        "httpx-sse clients see something else",
        "An event has other text for such clients, or there is one more or one less.",
        "httpx-sse reads some bytes in another way than the standard, such as characters that are no UTF-8.",
        "Compare both texts in the detail of the event, and send what both read alike.",
    ),
    _lens(
        "lens-held-back",
        "httpx-sse clients see events late",
        "Such clients see an event only when the next one begins.",
        "The event ends with CR, and httpx-sse waits to see whether an LF follows.",
        "For their sake, end lines with `\n`.",
    ),
    _lens(
        "lens-phantom-event",
        "httpx-sse clients see an empty event where there is none",
        "Such clients get an event without data for a block or a heartbeat that is none.",
        "Once an id was seen, httpx-sse makes an event of every blank line, also of that behind a comment.",
        "For their sake, send comments only before the first id, or let clients drop events without data.",
    ),
    _lens(
        "lens-retry",
        "httpx-sse clients read another reconnection time",
        "Such clients wait for another time before they come back than the server asked for, or for none.",
        "httpx-sse takes any text for `retry:` that Python reads as a number; the standard takes digits only.",
        "For their sake, write `retry:` with digits only, or leave it out.",
    ),
)
