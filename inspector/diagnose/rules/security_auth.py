"""What the sign-in reports: the server's challenge, its metadata, and the use of a token."""

from __future__ import annotations

from functools import partial

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_auth = partial(Rule, group=Group.SECURITY, severity=Severity.ERROR, seen_by=SeenBy.PROTOCOL)
_SPEC = "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization"
_RFC = "https://www.rfc-editor.org/rfc/"
_GITHUB = "https://github.com/"

RULES: tuple[Rule, ...] = (
    _auth(
        id="auth-401-no-challenge",
        title="401 without a usable challenge",
        symptom="A 401 comes without WWW-Authenticate, or with one that does not name resource_metadata.",
        cause="The check of the token refuses without saying what it wants, so clients cannot find out where to sign "
        "in. A server that only knows fixed API keys is right to publish no metadata; it still owes a challenge.",
        fix='Answer 401 with `WWW-Authenticate: Bearer resource_metadata="https://HOST/.well-known/'
        'oauth-protected-resource/PATH", scope="..."`.',
        fixes={
            Product.PYTHON_SDK: "pass `AuthSettings(..., resource_server_url=...)` to the server: it adds the header.",
            Product.EXPRESS: "pass `resourceMetadataUrl` to `requireBearerAuth`.",
        },
        source="RFC 9110 section 11.6.1, RFC 9728 section 5.1; agent-nodejs#1558, n8n#34571",
        link=f"{_RFC}rfc9728#section-5.1",
    ),
    _auth(
        id="auth-prm-broken",
        title="Protected resource metadata missing or broken",
        symptom="The address in resource_metadata gives 404, HTML or something without authorization_servers.",
        cause="The document is not served below the path that the challenge names, a fallback page of the web server "
        "answers in its place, or it lacks the members that a client needs.",
        fix="Serve the JSON of RFC 9728 at the well-known address with the path of the server and at the one without, "
        "with absolute https URLs in `resource` and `authorization_servers`.",
        fixes={Product.NGINX: "pass `/.well-known/oauth-protected-resource` on to the MCP server as well."},
        source="RFC 9728 section 3; mcp-server-cloudflare#257, ai-dial-core#1498",
        link=f"{_GITHUB}cloudflare/mcp-server-cloudflare/issues/257",
    ),
    _auth(
        id="auth-prm-resource-mismatch",
        title="Metadata names another resource",
        symptom="The member `resource` of the metadata is not the URL that we are connected to.",
        cause="Scheme, host, path or the slash at the end differ: behind TLS termination the server thinks that it is "
        "http, or the URL was typed into a setting by hand. Clients must not ask for a token for another resource.",
        fix="Publish the URL that users type, without a slash at the end, and make the server trust "
        "`X-Forwarded-Proto` and `X-Forwarded-Host` of its proxy.",
        fixes={Product.UVICORN: "start it with `--proxy-headers --forwarded-allow-ips='*'` behind a proxy you trust."},
        source="RFC 9728 section 3.3; claude-code#52871",
        link=f"{_GITHUB}anthropics/claude-code/issues/52871",
    ),
    _auth(
        id="auth-audience-mismatch",
        title="Token was issued for another audience",
        symptom="The server refuses a token that was issued for it a moment ago.",
        cause="The token names another audience than the server accepts, most often because the authorization server "
        "ignores the `resource` parameter; or its times do not fit the server's clock.",
        fix="Let the authorization server honour `resource` (RFC 8707), and let the server accept exactly its "
        "canonical URI as audience.",
        source="RFC 8707; n8n#30054, mcp-context-forge#4384",
        link=f"{_GITHUB}n8n-io/n8n/issues/30054",
    ),
    _auth(
        id="auth-insufficient-scope",
        title="Token lacks scope",
        symptom='A request is refused with `error="insufficient_scope"`, or with a 401 or 403 that means it.',
        cause="The token does not reach far enough. Where the wanted scopes alternate, each sign-in drops what the one "
        "before was for; where it stays refused, the user may not have the scope at all.",
        fix='Answer 403 with `error="insufficient_scope"` and all the scopes that the operation needs; clients ask for '
        "the union of those and what they have. A refresh alone does not widen a token.",
        source="RFC 6750 section 3.1; typescript-sdk#1582, modelcontextprotocol#2349",
        link=f"{_GITHUB}modelcontextprotocol/typescript-sdk/issues/1582",
    ),
    _auth(
        id="auth-dpop-nonce",
        title="A DPoP nonce is asked for in vain",
        symptom="The server answers `use_dpop_nonce` again and again.",
        cause="It does not accept the nonce that it gave, such as where each worker makes its own; or it asks for one "
        "although the token is bound to no key.",
        fix="Share the nonces of all workers, accept the previous one for a while, and ask only for tokens of the "
        "scheme DPoP.",
        source="RFC 9449 section 9",
        link=f"{_RFC}rfc9449#section-9",
    ),
    _auth(
        id="auth-server-changed",
        title="The authorization server changed",
        severity=Severity.NOTE,
        symptom="The metadata names another authorization server than before.",
        cause="The server has moved to another one, or its metadata differs from worker to worker. Registrations and "
        "tokens of the old one are worthless at the new one and are not shown to it.",
        fix="Nothing if it was meant; enter the new client id where one was entered by hand.",
        source="MCP authorization: authorization server binding",
        link=_SPEC,
    ),
    _auth(
        id="auth-settings-incomplete",
        title="The sign-in settings do not suffice",
        symptom="A sign-in was not begun, because something is missing or wrong in its settings.",
        cause="The chosen way of signing in needs a client id, a secret, a key or an address that is not there.",
        fix="Enter in the sign-in settings of the connection what the finding names.",
        source="MCP authorization",
        link=_SPEC,
    ),
    _auth(
        id="auth-refresh-failed",
        title="The access token could not be refreshed",
        severity=Severity.WARN,
        symptom="The authorization server refused the refresh token, and a new sign-in was needed.",
        cause="The refresh token has expired, was revoked, or was used twice where each may be used once.",
        fix="Give a new refresh token with each answer and keep the old one valid for a moment; a client that shares "
        "its tokens between processes has to refresh in one of them only.",
        source="RFC 6749 section 6",
        link=f"{_RFC}rfc6749#section-6",
    ),
)
