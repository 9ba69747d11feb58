"""What the sign-in reports of the authorization server: its metadata, registration, authorization and tokens."""

from __future__ import annotations

from functools import partial

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.trace.events import Severity

_oauth = partial(Rule, group=Group.SECURITY, severity=Severity.ERROR, seen_by=SeenBy.PROTOCOL)
_SPEC = "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization"
_RFC = "https://www.rfc-editor.org/rfc/"

_DISCOVERY: tuple[Rule, ...] = (
    _oauth(
        id="auth-server-metadata-broken",
        title="Authorization server metadata missing or broken",
        symptom="No well-known address of the issuer has a usable document, or it lacks an endpoint.",
        cause="The issuer is spelled wrong in authorization_servers, the document stands where neither RFC 8414 nor "
        "OpenID Connect puts it, or a page for people answers in its place.",
        fix="Serve the metadata at `/.well-known/oauth-authorization-server` followed by the path of the issuer, with "
        "authorization_endpoint, token_endpoint and what else is used.",
        source="RFC 8414 section 3, OpenID Connect Discovery 1.0",
        link=f"{_RFC}rfc8414#section-3",
    ),
    _oauth(
        id="auth-issuer-mismatch",
        title="Authorization server metadata of another issuer",
        symptom="The issuer in the metadata is not the one that it was asked for.",
        cause="A slash at the end, another host or the internal name of the server; a client must not trust a document "
        "that speaks for somebody else.",
        fix="Make `issuer` the same text as the entry in authorization_servers, character by character.",
        source="RFC 8414 section 3.3",
        link=f"{_RFC}rfc8414#section-3.3",
    ),
    _oauth(
        id="auth-endpoint-insecure",
        title="An OAuth endpoint without https",
        symptom="An issuer or one of its endpoints is an http address on another machine.",
        cause="The server does not know that its proxy ends TLS, or was set up for tests.",
        fix="Publish https addresses only; http is for this very machine.",
        source="RFC 6749 section 3.1, MCP authorization: communication security",
        link=_SPEC,
    ),
    _oauth(
        id="auth-pkce-not-advertised",
        title="The authorization server does not announce PKCE",
        symptom="code_challenge_methods_supported is missing, or does not list S256.",
        cause="The server may know PKCE without saying so; a client cannot tell and must refuse to go on.",
        fix='Add `"code_challenge_methods_supported": ["S256"]` to the metadata.',
        source="MCP authorization: authorization code protection",
        link=_SPEC,
    ),
    _oauth(
        id="auth-iss-not-supported",
        title="The authorization server does not name itself in its responses",
        severity=Severity.NOTE,
        symptom="The metadata does not announce `iss` in authorization responses, or it is sent unannounced.",
        cause="The server does not implement RFC 9207, which protects clients of several authorization servers from "
        "mixing them up.",
        fix="Send `iss` and announce it by `authorization_response_iss_parameter_supported`.",
        source="RFC 9207, MCP authorization 2026-07-28",
        link=f"{_RFC}rfc9207",
    ),
    _oauth(
        id="auth-registration-missing",
        title="The authorization server registers no clients",
        symptom="There is no registration endpoint, and no client id was entered.",
        cause="The server knows only clients that were registered by hand, which an MCP client of an unknown user "
        "cannot be.",
        fix="Support client id metadata documents or dynamic registration; or register this program by hand and "
        "enter its client id.",
        source="RFC 7591, MCP authorization: client registration",
        link=_SPEC,
    ),
    _oauth(
        id="auth-registration-rejected",
        title="Client registration failed",
        symptom="The registration endpoint refused, or answered without what a client needs.",
        cause="The server does not allow loopback redirect URIs, wants a token for registering, or answers in a form "
        "of its own.",
        fix="Allow `http://127.0.0.1` redirect URIs with any port (RFC 8252) and answer by RFC 7591; or register this "
        "program by hand.",
        source="RFC 7591 section 3.2",
        link=f"{_RFC}rfc7591#section-3.2",
    ),
    _oauth(
        id="auth-registration-status",
        title="Client registration answered with the wrong status",
        severity=Severity.NOTE,
        symptom="A registration that succeeded was answered with another status than 201.",
        cause="The endpoint uses the default status of its framework.",
        fix="Answer 201 Created.",
        source="RFC 7591 section 3.2.1",
        link=f"{_RFC}rfc7591#section-3.2.1",
    ),
    _oauth(
        id="auth-server-failed",
        title="The authorization server failed",
        symptom="One of its endpoints answered with a status from 500 on, or with 429.",
        cause="The server has an error of its own, is overloaded, or limits how often it is asked.",
        fix="Look into its log at this second.",
        source="RFC 9110 section 15.6",
        link=f"{_RFC}rfc9110#section-15.6",
    ),
    _oauth(
        id="auth-unreachable",
        title="An OAuth endpoint cannot be reached",
        symptom="No answer came from a metadata address or an endpoint.",
        cause="It names a host that only the server's own network knows, or a port that nobody listens on.",
        fix="Publish addresses that the client's machine can reach.",
        source="RFC 8414 section 2",
        link=f"{_RFC}rfc8414#section-2",
    ),
)

_GRANT: tuple[Rule, ...] = (
    _oauth(
        id="auth-denied",
        title="The authorization server did not authorize us",
        symptom="The browser came back with an error in place of a code.",
        cause="The user refused, or the client, its redirect URI or the scope is not allowed there.",
        fix="Read the error that came back; allow client, redirect URI and scope at the authorization server.",
        source="RFC 6749 section 4.1.2.1",
        link=f"{_RFC}rfc6749#section-4.1.2.1",
    ),
    _oauth(
        id="auth-callback-invalid",
        title="The browser came back with an unusable answer",
        symptom="The redirect carries no code, or cannot be read.",
        cause="The page of the authorization server loses the parameters, or something else called the address.",
        fix="Redirect to the redirect URI with code and state in the query.",
        source="RFC 6749 section 4.1.2",
        link=f"{_RFC}rfc6749#section-4.1.2",
    ),
    _oauth(
        id="auth-state-mismatch",
        title="The authorization response answers another request",
        symptom="The browser came back with another `state` than was sent.",
        cause="Two sign-ins were under way at once, the server changes or drops `state`, or somebody forged the call.",
        fix="Return `state` exactly as it was sent; sign in in one window only.",
        source="RFC 6749 section 10.12",
        link=f"{_RFC}rfc6749#section-10.12",
    ),
    _oauth(
        id="auth-iss-mismatch",
        title="The authorization response is another server's",
        symptom="`iss` in the redirect is not the issuer that was asked, or is missing although it was promised.",
        cause="The issuer is spelled differently in the two places, or the answer really is another server's.",
        fix="Send in `iss` the very text of `issuer` in the metadata.",
        source="RFC 9207 section 2.4",
        link=f"{_RFC}rfc9207#section-2.4",
    ),
    _oauth(
        id="auth-token-refused",
        title="The authorization server gave no token",
        symptom="The token endpoint answered with an error.",
        cause="The client does not prove itself as it was registered, the code has expired, or grant, scope or "
        "resource are not allowed.",
        fix="Compare the token request in the timeline with what the authorization server expects.",
        source="RFC 6749 section 5.2",
        link=f"{_RFC}rfc6749#section-5.2",
    ),
    _oauth(
        id="auth-token-response-invalid",
        title="Unusable answer of the token endpoint",
        symptom="The token endpoint answered 200 without a usable access token.",
        cause="access_token or token_type is missing or of a type that the client did not ask for.",
        fix="Answer with access_token, token_type and expires_in as JSON.",
        source="RFC 6749 section 5.1",
        link=f"{_RFC}rfc6749#section-5.1",
    ),
    _oauth(
        id="auth-dpop-ignored",
        title="The authorization server ignores DPoP",
        symptom="A token request proved a key, and a plain Bearer token came back.",
        cause="The authorization server does not know DPoP, or has it switched off for this client.",
        fix="Bind the token to the key and answer with token_type DPoP, or switch DPoP off in the settings.",
        source="RFC 9449 section 5",
        link=f"{_RFC}rfc9449#section-5",
    ),
)

RULES: tuple[Rule, ...] = (*_DISCOVERY, *_GRANT)
