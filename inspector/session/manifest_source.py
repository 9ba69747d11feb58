"""Fetching the manifest of a tool stream (R82): each try is an exchange in the timeline, and none need succeed."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.manifest import Manifest, manifest_urls, read_manifest
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.protocol.transports.http_sse import origin
from inspector.session.authorization import authorised
from inspector.session.failure import connect_error
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import EndCause
from inspector.wire import http, jsontext
from inspector.wire.sse import Comment, Frame

MANIFEST_S = 5.0
"""How long one try may take: a manifest is a small file."""
FIX = "Serve the manifest as JSON, with the path of the tool stream in `endpoint` and the tools in `tools`."


@dataclass(slots=True)
class _JsonSink:
    """Takes the body of a success; it is shown as it came in any case."""

    link: Link
    body: bytes = b""
    is_success: bool = False

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        self.is_success = head.is_success
        if not head.is_success:
            return answer.explain(head, "GET", self.link.river.clock.time())
        kind = head.get("content-type")
        if http.is_event_stream(kind) or http.media_type(kind) == "text/html":
            return Verdict(Meaning.FAILED, answer.wrong_content_type(head, answer.JSON))
        return Verdict(Meaning.MESSAGE)

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        """No event stream is read here."""

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        self.body = body if self.is_success else b""
        return False


async def fetch_manifest(link: Link) -> tuple[Manifest | None, str]:
    """The manifest that the user named, or the first found where manifests usually are; and why there is none.

    Raises `ConnectError` if the server itself cannot be reached; a server without a manifest is no error.
    """
    options, reason = link.options, ""
    named = options.manifest_url
    for url in (named,) if named else manifest_urls(options.url):
        manifest, ended, reason = await _fetch(link, url)
        if manifest is not None:
            _report(link, manifest, ended)
            return manifest, ""
        if _is_nobody_there(ended) and _is_same_origin(url, options.url):
            raise connect_error(ended, ended.sentence)
    if named:
        text = f"The manifest at {http.mask_url(named)} cannot be used: {reason}"
        link.report(Breach("manifest-unreadable", Severity.WARN, text, FIX, "Tool streams: the manifest"))
    return None, reason


async def _fetch(link: Link, url: str) -> tuple[Manifest | None, Ended, str]:
    """One try: the manifest, how the exchange ended, and why it is no manifest."""
    is_own = _is_same_origin(url, link.options.url)
    sink = _JsonSink(link)
    headers = (("Accept", answer.JSON), *(link.options.headers if is_own else ()))

    async def once() -> Ended:
        stream = Stream(link, sink, is_aside=not is_own)
        stream.close_in(MANIFEST_S, EndCause.TIMED_OUT_BY_US, f"The manifest did not come within {MANIFEST_S:g} s.")
        return await stream.run(HttpRequest("GET", url, headers, "manifest"))

    ended = await (authorised(link, once) if is_own else once())
    if not sink.body:
        return None, ended, ended.sentence
    parsed = jsontext.parse(sink.body)
    if parsed.error is not None:
        return None, ended, f"It is no JSON at byte {parsed.error.offset}: {parsed.error.text}."
    manifest = read_manifest(parsed.value, url)
    if manifest.endpoint is None and not manifest.tools and not manifest.problems:
        return None, ended, "It names neither an address for calls nor tools."
    return manifest, ended, ""


def _report(link: Link, manifest: Manifest, ended: Ended) -> None:
    for problem in manifest.problems:
        breach = Breach("manifest-unclear", Severity.WARN, problem, FIX, "Tool streams: the manifest")
        link.report(breach, about_n=ended.event.n)


def _is_nobody_there(ended: Ended) -> bool:
    return ended.verdict is None and ended.event.cause is not EndCause.TIMED_OUT_BY_US


def _is_same_origin(one: str, other: str) -> bool:
    try:
        return origin(one) == origin(other)
    except ValueError:
        return False
