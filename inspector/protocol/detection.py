"""Finding out how a server wants to be spoken to: the attempts in order, as a generator without IO (part A5).

The driver makes each `Attempt` that is yielded and sends its `AttemptResult` in; what comes back is the `Detected`.
Credentials, overload, failing servers and the network never say anything about the era: they end the search at once.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from inspector.protocol import era
from inspector.protocol.discover import pick, versions_in
from inspector.protocol.era import TransportName
from inspector.protocol.error_codes import HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION, listed
from inspector.protocol.jsonrpc import METHOD_NOT_FOUND

AttemptKind = Literal["discover", "initialize", "http+sse", "raw-sse", "manifest", "tool-stream"]
FailureKind = Literal["", "network", "auth", "unavailable", "answer", "no-endpoint", "not-a-stream"]

MAX_LISTED_VERSIONS = 8
NO_VERDICT = ("network", "auth", "unavailable")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something to try; `revision` is what to speak, None where the transport settles it by itself."""

    kind: AttemptKind
    transport: TransportName
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How an attempt went; `sentence` is why it failed, with cause and next step.

    `supported_versions` is what a DiscoverResult lists, or the one revision that initialize settled. `is_stream` says
    that an event stream came, whatever was in it.
    """

    ok: bool
    status: int | None = None
    error_code: int | None = None
    error_data: Any = None
    sentence: str = ""
    kind_of_failure: FailureKind = ""
    supported_versions: tuple[str, ...] = ()
    is_stream: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out at an earlier time, for the same address and settings."""

    transport: TransportName
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Detected:
    """How to speak to the server; `sentence` says in one sentence why."""

    transport: TransportName
    revision: str | None
    sentence: str
    remembered: bool = False


class NotDetected(Exception):
    """No way to speak to the server was found; `decisive` is the attempt that explains most."""

    def __init__(self, sentence: str, decisive: AttemptResult) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.decisive = decisive


_Steps = Generator[Attempt, AttemptResult, Detected | None]

_ATTEMPTS: dict[TransportName, AttemptKind] = {
    TransportName.STATELESS: "discover",
    TransportName.STREAMABLE_HTTP: "initialize",
    TransportName.HTTP_SSE: "http+sse",
    TransportName.RAW_SSE: "raw-sse",
    TransportName.TOOL_STREAM: "tool-stream",
}

POSTED = ("discover", "initialize")

_USUAL = {TransportName.STATELESS: era.STATELESS, TransportName.STREAMABLE_HTTP: era.LATEST}
"""The revision to ask for where none is pinned."""

_NAMES: dict[AttemptKind, str] = {
    "discover": "server/discover (stateless)",
    "initialize": "initialize (Streamable HTTP)",
    "http+sse": "GET (HTTP+SSE)",
    "raw-sse": "GET (raw event stream)",
    "manifest": "a manifest (tool stream)",
    "tool-stream": "POST (tool stream)",
}


def detect(
    *, pinned_transport: TransportName, pinned_revision: str | None, remembered: Verdict | None, url: str
) -> Generator[Attempt, AttemptResult, Detected]:
    """Find the transport and revision of `url`. Raises `NotDetected`.

    A pinned transport is the only one that is tried, a pinned revision keeps the search within its era. What is
    remembered is tried first; if the server's answer contradicts it, the search begins anew.
    """
    if pinned_transport is TransportName.AUTO and pinned_revision and era.is_stateless(pinned_revision):
        pinned_transport = TransportName.STATELESS  # there is only one way to speak it
    if pinned_transport is not TransportName.AUTO:
        return (yield from _pinned(pinned_transport, pinned_revision))
    if remembered is not None and pinned_revision in (None, remembered.revision):
        found = yield from _again(remembered.transport, pinned_revision)
        if found is not None:
            return found
    search = _Search(url, pinned_revision)
    found = yield from search.run()
    if found is None:
        raise search.failed()
    return found


def kind_of_status(status: int | None) -> FailureKind:
    """The kind of failure that a status alone says: `answer` is one that tells something about the era."""
    if status is None:
        return "network"
    if status in (401, 403, 407):
        return "auth"
    if status in (408, 421, 425, 429) or (status >= 500 and status not in (501, 505)):
        return "unavailable"
    return "answer"


def verdict_of(attempt: Attempt, result: AttemptResult) -> str:
    """What one attempt told, in one sentence, for the timeline."""
    if result.ok:
        return _why(attempt, result) or _no_common_version(result.supported_versions)
    if attempt.kind in ("discover", "initialize") and _is_stateless_error(result):
        return _stateless_by_error(attempt, result)
    if result.error_code == UNSUPPORTED_VERSION:
        return f"{result.sentence} {_listed(_supported(result))}".strip()
    return result.sentence or f"{_NAMES[attempt.kind]} failed."


def _pinned(transport: TransportName, revision: str | None) -> Generator[Attempt, AttemptResult, Detected]:
    """Only what was chosen by hand; a server that merely has no server/discover is taken at the user's word."""
    stateless = transport is TransportName.STATELESS
    attempt = Attempt(_ATTEMPTS[transport], transport, revision or _USUAL.get(transport))
    result = yield attempt
    if stateless and result.error_code == UNSUPPORTED_VERSION:
        named = _mutual_stateless(result)
        if named is not None and revision in (None, named):
            attempt = Attempt("discover", transport, named)
            result = yield attempt
    if result.ok:
        settled = _settled(attempt, result) or attempt.revision
        return Detected(transport, settled, f"{transport.label} was chosen by hand, and the server answered.")
    if stateless and result.error_code in (HEADER_MISMATCH, MISSING_CAPABILITY, METHOD_NOT_FOUND):
        sentence = f"{transport.label} was chosen by hand, so we go on although the server refused server/discover."
        return Detected(transport, attempt.revision, sentence)
    raise NotDetected(verdict_of(attempt, result), result)


def _again(transport: TransportName, pinned_revision: str | None) -> _Steps:
    """Try the transport that was found before; None if the server has changed.

    What it settled then is not asked for: a server with a handshake may speak a newer revision by now (R21).
    """
    kind = _ATTEMPTS.get(transport)
    if kind is None:
        return None
    attempt = Attempt(kind, transport, pinned_revision or _USUAL.get(transport))
    if kind == "tool-stream":  # any address would do for that, so it is asked for what proved it
        result = yield Attempt("manifest", transport)
        if not result.ok:
            return None
    result = yield attempt
    if result.ok or (transport is TransportName.STATELESS and _is_stateless_error(result)):
        revision = _settled(attempt, result)
        if result.ok and transport is TransportName.STATELESS and revision is None:
            return None
        return Detected(transport, revision, f"It spoke {transport.label} last time and still does.", remembered=True)
    _surface(result)
    return None


@dataclass(slots=True)
class _Search:
    """The whole search, with the attempts made so far."""

    url: str
    revision: str | None
    made: list[tuple[Attempt, AttemptResult]] = field(default_factory=list)
    _handshake: str = era.LATEST

    def run(self) -> _Steps:
        if self.revision is None:
            found = yield from self._discover(era.STATELESS)
            if found is not None:
                return found
        else:
            self._handshake = self.revision
        found = yield from self._initialize()
        if found is None and self._may_go_on():
            found = yield from self._get()
        return found

    def failed(self) -> NotDetected:
        """One sentence for all attempts; the first handshake explains most."""
        decisive = next((result for attempt, result in self.made if attempt.kind == "initialize"), self.made[0][1])
        if len(self.made) == 1:
            return NotDetected(verdict_of(*self.made[0]), decisive)
        told: dict[str, list[str]] = {}
        for attempt, result in self.made:
            if attempt.kind != "manifest" or _looks_like_manifest(self.url):  # else it was only worth a try
                told.setdefault(verdict_of(attempt, result), []).append(_NAMES[attempt.kind])
        if len(told) == 1:
            verdict, names = next(iter(told.items()))
            return NotDetected(f"{verdict} That was so for {listed(names)}.", decisive)
        words = " ".join(f"{', '.join(names)}: {verdict}" for verdict, names in told.items())
        return NotDetected(f"No way to speak to this server was found. {words}{self._hint()}", decisive)

    def _hint(self) -> str:
        """What cannot be told from an answer: a tool stream refuses all that does not name a tool."""
        refused = all(result.status in (400, 422) for attempt, result in self.made if attempt.kind in POSTED)
        return " If it is a tool stream without a manifest, choose that transport by hand." if refused else ""

    def _try(
        self, kind: AttemptKind, transport: TransportName, revision: str | None = None
    ) -> Generator[Attempt, AttemptResult, AttemptResult]:
        attempt = Attempt(kind, transport, revision)
        result = yield attempt
        self.made.append((attempt, result))
        return result

    def _found(self) -> Detected:
        attempt, result = self.made[-1]
        return Detected(attempt.transport, _settled(attempt, result), _why(attempt, result))

    def _discover(self, revision: str, *, may_repeat: bool = True) -> _Steps:
        result = yield from self._try("discover", TransportName.STATELESS, revision)
        if _is_stateless_error(result):
            return Detected(TransportName.STATELESS, revision, _stateless_by_error(*self.made[-1]))
        if result.error_code == UNSUPPORTED_VERSION:
            return (yield from self._other_version(result, may_repeat=may_repeat))
        if not result.ok:
            _surface(result)
            return None
        if _settled(*self.made[-1]) is not None:
            return self._found()
        self._handshake = pick(result.supported_versions) or era.LATEST
        return None

    def _other_version(self, result: AttemptResult, *, may_repeat: bool) -> _Steps:
        """The server names the revisions it takes (-32022): ask once more, go over to the handshake, or give up."""
        supported = _supported(result)
        named = _mutual_stateless(result)
        if named is not None and may_repeat:
            return (yield from self._discover(named, may_repeat=False))
        handshake = pick(version for version in supported if era.has_handshake(version))
        if supported and handshake is None:
            raise self.failed()
        self._handshake = handshake or era.LATEST
        return None

    def _initialize(self) -> _Steps:
        result = yield from self._try("initialize", TransportName.STREAMABLE_HTTP, self._handshake)
        if result.ok:
            return self._found()
        if _is_stateless_error(result):
            if self.revision is not None:
                return None
            return Detected(TransportName.STATELESS, era.STATELESS, _stateless_by_error(*self.made[-1]))
        if result.error_code != UNSUPPORTED_VERSION:
            _surface(result)
            return None
        named = _mutual_stateless(result)
        if self.revision is None and (named is not None or not _supported(result)):
            return (yield from self._discover(named or era.STATELESS, may_repeat=False))
        return None

    def _may_go_on(self) -> bool:
        """Whether what came back from initialize leaves it open that this is no MCP over POST at all."""
        attempt, result = self.made[-1]
        if attempt.kind != "initialize" or _is_modern_error(result):
            return False
        status = result.status or 0
        refused = 400 <= status < 500 or status in (501, 505)
        return refused or (result.error_code is None and (result.is_stream or _looks_like_manifest(self.url)))

    def _get(self) -> _Steps:
        result = yield from self._try("http+sse", TransportName.HTTP_SSE, self.revision)
        if result.ok:
            return self._found()
        _surface(result)
        if result.error_code is not None:  # it answered on an endpoint of its own
            return None
        if result.kind_of_failure == "no-endpoint":
            result = yield from self._try("raw-sse", TransportName.RAW_SSE)
            if result.ok:
                return self._found()
            _surface(result)
        return (yield from self._manifest())

    def _manifest(self) -> _Steps:
        """Our own addition, so that a manifest behind credentials or none at all is no reason by itself."""
        result = yield from self._try("manifest", TransportName.TOOL_STREAM)
        if not result.ok:
            return None
        result = yield from self._try("tool-stream", TransportName.TOOL_STREAM)
        return self._found() if result.ok else None


def _surface(result: AttemptResult) -> None:
    """Raise what is no verdict on the era; a JSON-RPC error with status 500 is an answer all the same (R3)."""
    answered = result.status == 500 and result.error_code is not None
    by_status = "answer" if answered else kind_of_status(result.status or 200)
    if result.kind_of_failure in NO_VERDICT or by_status in NO_VERDICT:
        raise NotDetected(result.sentence, result)


def _is_stateless_error(result: AttemptResult) -> bool:
    """An error that only the stateless era has, which thereby says what the server speaks."""
    return not result.ok and result.error_code in (HEADER_MISMATCH, MISSING_CAPABILITY)


def _is_modern_error(result: AttemptResult) -> bool:
    return _is_stateless_error(result) or result.error_code == UNSUPPORTED_VERSION


def _supported(result: AttemptResult) -> tuple[str, ...]:
    """The revisions in the data of an UnsupportedProtocolVersion error (R3)."""
    data = result.error_data
    named = versions_in(data.get("supported")) if isinstance(data, dict) else ()
    return named or result.supported_versions


def _mutual_stateless(result: AttemptResult) -> str | None:
    return pick(version for version in _supported(result) if era.is_stateless(version))


def _settled(attempt: Attempt, result: AttemptResult) -> str | None:
    """The revision that an attempt settled; None if a server/discover names none that is stateless and ours."""
    versions = result.supported_versions
    if attempt.kind != "discover" or not result.ok:
        return versions[0] if versions and result.ok else attempt.revision
    if attempt.revision in versions:
        return attempt.revision
    return pick(version for version in versions if era.is_stateless(version))


def _why(attempt: Attempt, result: AttemptResult) -> str:
    """The sentence of a success, empty for a server/discover without a revision in common."""
    revision = _settled(attempt, result)
    if attempt.kind == "discover":
        reason = f"The server answered server/discover with revision {revision}, so it speaks the stateless era."
        return reason if revision else ""
    if attempt.kind == "initialize":
        return f"The server answered initialize with revision {revision}, so it speaks Streamable HTTP."
    if result.sentence:
        return result.sentence
    return {
        "http+sse": "The server opened an event stream that names its endpoint, so it speaks HTTP+SSE.",
        "raw-sse": "The address gives an event stream without an endpoint, so it is watched as a raw event stream.",
        "manifest": "A manifest names this address as a tool stream.",
        "tool-stream": "A manifest names this address as a tool stream, so every call is one POST with its own stream.",
    }[attempt.kind]


def _stateless_by_error(attempt: Attempt, result: AttemptResult) -> str:
    method, revision = "server/discover", attempt.revision
    if attempt.kind == "initialize":
        method, revision = "initialize", era.STATELESS
    return (
        f"The server refused {method} with {result.error_code}, an error that only the stateless era has, "
        f"so it speaks revision {revision}."
    )


def _no_common_version(versions: tuple[str, ...]) -> str:
    return (
        f"The server answered server/discover without a stateless revision that we speak. {_listed(versions)}".strip()
    )


def _listed(versions: tuple[str, ...]) -> str:
    if not versions:
        return ""
    more = ", …" if len(versions) > MAX_LISTED_VERSIONS else ""
    return f"It supports {', '.join(versions[:MAX_LISTED_VERSIONS])}{more}."


def _looks_like_manifest(url: str) -> bool:
    return urlsplit(url).path.endswith(".json")
