"""Protected resource metadata: which authorization servers a server trusts (R61, RFC 9728)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.protocol.auth import urls, words
from inspector.protocol.auth.challenge import AuthChallenge
from inspector.protocol.auth.document import (
    Report,
    get_request,
    read_object,
    shown,
    stop_where_it_fails,
    text_of,
    texts_of,
)
from inspector.protocol.auth.steps import AuthError, Fetched, Steps, fetch

NAME = "oauth-protected-resource"
PURPOSE = "oauth: protected resource metadata"
WHAT = "The protected resource metadata"
SECTION = "MCP authorization: protected resource metadata, RFC 9728"
HEADER_FIX = (
    'Answer 401 with `WWW-Authenticate: Bearer resource_metadata="https://HOST/.well-known/oauth-protected-resource/'
    'PATH", scope="..."`.'
)


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """What the document says; `resource` is sent as published, `scopes` is None where it lists none."""

    resource: str
    servers: tuple[str, ...]
    scopes: str | None = None
    wants_dpop: bool = False


def discover_resource(
    url: str, challenge: AuthChallenge, revision: str, report: Report
) -> Steps[ProtectedResource | None]:
    """Find and check the metadata; None if the server has none anywhere, which is how 2025-03-26 was (R63).

    The address in the challenge is the only one tried where there is one. Raises `AuthError`.
    """
    if challenge.resource_metadata is not None:
        return (yield from _read_named(url, challenge.resource_metadata, revision, report))
    for candidate in candidates(url):
        answer = yield from fetch(get_request(candidate, revision, PURPOSE))
        stop_where_it_fails(answer, candidate, WHAT)
        document = read_object(answer) if answer.status == 200 else None
        if isinstance(document, dict):
            _report_challenge(challenge, candidate, report)
            return _read(document, url, report)
        if document is not None:
            report(words.warning("auth-prm-broken", f"{WHAT} at {candidate} is unusable. {document}", "", SECTION))
    _report_challenge(challenge, "", report)
    return None


def candidates(url: str) -> tuple[str, ...]:
    """The well-known addresses: with the path of the server, then without (RFC 9728 section 3.1)."""
    return tuple(dict.fromkeys((urls.well_known(url, NAME), urls.well_known(url, NAME, path=""))))


def _read_named(url: str, address: str, revision: str, report: Report) -> Steps[ProtectedResource]:
    if not urls.is_secure(address) and urls.origin(address) != urls.origin(url):
        raise AuthError(
            f"The server names {shown(address)} for its metadata, which is no https address. "
            "Correct resource_metadata in its WWW-Authenticate header.",
            "auth-prm-broken",
        )
    answer = yield from fetch(get_request(address, revision, PURPOSE))
    stop_where_it_fails(answer, address, WHAT)
    document = _document_at(answer)
    if isinstance(document, str):
        raise AuthError(
            f"{WHAT} is not at {address}, where the server's challenge says it is. {document} "
            "Serve the JSON of RFC 9728 there, or correct resource_metadata.",
            "auth-prm-broken",
        )
    return _read(document, url, report)


def _document_at(answer: Fetched) -> dict[str, Any] | str:
    return read_object(answer) if answer.status == 200 else f"The server answered with status {answer.status}."


def _read(document: dict[str, Any], url: str, report: Report) -> ProtectedResource:
    scopes = texts_of(document, "scopes_supported")
    return ProtectedResource(
        resource=_resource(document, url, report),
        servers=_servers(document, url, report),
        scopes=" ".join(scopes) or None if scopes is not None else None,
        wants_dpop=document.get("dpop_bound_access_tokens_required") is True,
    )


def _resource(document: dict[str, Any], url: str, report: Report) -> str:
    """The resource as published, which must be this server or a parent of it: else a token would be for another."""
    resource = text_of(document, "resource")
    if not resource:
        text = f"{WHAT} does not say which resource it is about."
        report(words.error("auth-prm-broken", text, f'Add "resource": "{urls.canonical(url)}".', SECTION))
        return urls.canonical(url)
    if not urls.covers(resource, url):
        raise AuthError(
            f"{WHAT} is about {shown(resource)}, but we are connected to {shown(url)}. No sign-in was begun. "
            "Publish the URL that users type, or connect to the published one.",
            "auth-prm-resource-mismatch",
        )
    if resource not in (url, urls.canonical(url)):
        text = f"{WHAT} is about {shown(resource)}, which covers this server without being its exact URL."
        fix = f"RFC 9728 section 3.3 wants them identical: publish {shown(urls.canonical(url))}."
        report(words.note("auth-prm-resource-mismatch", text, fix, SECTION))
    return resource


def _servers(document: dict[str, Any], url: str, report: Report) -> tuple[str, ...]:
    servers = texts_of(document, "authorization_servers")
    if servers:
        return servers
    text = f"{WHAT} names no authorization server; we try the server's own origin."
    fix = "List at least one issuer in authorization_servers."
    report(words.error("auth-prm-broken", text, fix, SECTION))
    return (urls.origin(url),)


def _report_challenge(challenge: AuthChallenge, found_at: str, report: Report) -> None:
    """What the 401 lacks, once it is known whether metadata exists all the same."""
    where = (
        f"The metadata is at {found_at}." if found_at else "There is no metadata at the well-known addresses either."
    )
    if not challenge.has_challenge:
        text = f"The server answered 401 without a WWW-Authenticate challenge. {where}"
        make = words.error if found_at else words.note
        report(make("auth-401-no-challenge", text, HEADER_FIX, "RFC 9110 section 11.6.1, RFC 9728 section 5.1"))
    else:
        text = f"The challenge does not say where the protected resource metadata is. {where}"
        report(words.note("auth-401-no-challenge", text, HEADER_FIX, "RFC 9728 section 5.1"))
