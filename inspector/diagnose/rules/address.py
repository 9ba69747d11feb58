"""Rules about the URL, the endpoint event, hosts and redirects."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules.address_connecting import Connecting, Nobody
from inspector.diagnose.rules.address_redirects import Redirects
from inspector.diagnose.rules.address_refusals import AnyOrigin, RefusedNames
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_LEGACY = frozenset({Era.HTTP_SSE})
_SSE_SPEC = "https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse"
_SECURITY_SPEC = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning"
_FORWARDED = (
    "let the proxy send `X-Forwarded-Proto` and run it with `--proxy-headers --forwarded-allow-ips='*'` "
    "(or FORWARDED_ALLOW_IPS)."
)

RULES: tuple[Rule, ...] = (
    Rule(
        id="endpoint-event-missing",
        group=Group.ADDRESS,
        title="No `endpoint` event",
        severity=Severity.ERROR,
        symptom="The GET stream of HTTP+SSE opens and does not begin with `event: endpoint`.",
        cause="The server speaks another transport, a proxy holds the first event back, or its name was lost.",
        fix="Send `event: endpoint` with the path for POSTs first of all; or connect over Streamable HTTP.",
        source="MCP 2024-11-05, HTTP with SSE",
        link=_SSE_SPEC,
        eras=_LEGACY,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="endpoint-origin-mismatch",
        group=Group.ADDRESS,
        title="Endpoint points to another host or port",
        severity=Severity.ERROR,
        symptom="The endpoint event names another host or port than the stream came from. It is not followed.",
        cause="The server puts its own address there (0.0.0.0, the name of a pod, an inner port) instead of a path.",
        fix="Send a relative path, or set the server's public base URL. We do not follow it: it could leak tokens.",
        source="MCP 2024-11-05, HTTP with SSE",
        link="https://github.com/wundergraph/cosmo/issues/1841",
        eras=_LEGACY,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="endpoint-scheme-downgrade",
        group=Group.ADDRESS,
        title="Endpoint is http:// behind TLS",
        severity=Severity.ERROR,
        symptom="The stream came over https and the endpoint event names http on the same host. It is not followed.",
        cause="A proxy ends TLS, and the server behind it does not know that the outside is https.",
        fix="Send a relative path, or trust X-Forwarded-Proto behind the proxy. We do not follow it unencrypted.",
        fixes={Product.UVICORN: _FORWARDED},
        source="MCP 2024-11-05, HTTP with SSE",
        link="https://github.com/chainguard-dev/edu/issues/3704",
        eras=_LEGACY,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="endpoint-prefix-lost",
        group=Group.ADDRESS,
        title="Proxy path prefix missing in endpoint",
        severity=Severity.ERROR,
        symptom="The stream is below a path prefix, the endpoint is not, and there is nothing at the endpoint.",
        cause="A proxy or a mount adds a prefix that the server does not know of.",
        fix="Tell the server its prefix (root_path, mount path, X-Forwarded-Prefix), or send a relative path.",
        fixes={
            Product.UVICORN: "run it with `--root-path /prefix`.",
            Product.NGINX: "pass the prefix on with `proxy_set_header X-Forwarded-Prefix /prefix;`.",
        },
        source="github.com/modelcontextprotocol/python-sdk issue 412",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/412",
        eras=_LEGACY,
        explains=("not-an-mcp-endpoint",),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="endpoint-url-mangled",
        group=Group.ADDRESS,
        title="Endpoint data unusable",
        severity=Severity.ERROR,
        symptom="The data of the endpoint event is empty, quoted, percent-encoded as a whole, or has white space.",
        cause="The server encodes the address once too often, or serialises it as JSON.",
        fix="Send the plain relative path, such as /messages?session_id=..., without quotes or encoding.",
        source="MCP 2024-11-05, HTTP with SSE",
        link=_SSE_SPEC,
        eras=_LEGACY,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="invalid-host-header",
        group=Group.ADDRESS,
        title="Host not on the server's allow-list",
        severity=Severity.ERROR,
        symptom='Every request is answered with 421 or 403 and the words "Invalid Host header".',
        cause="The server protects itself against DNS rebinding and does not know the name it is reached by.",
        fix="Put the exact host, and `host:*` for any port, on the allow-list; or let the proxy rewrite Host.",
        fixes={
            Product.PYTHON_SDK: (
                'pass `TransportSecuritySettings(allowed_hosts=["example.com", "example.com:*"])` with your own name.'
            ),
            Product.NGINX: "set `proxy_set_header Host localhost:$server_port;`, a name that the Python SDK allows; "
            "with a port, for `localhost:*` does not cover the name alone.",
        },
        source="github.com/modelcontextprotocol/python-sdk issue 1798",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/1798",
        explains=("not-an-mcp-endpoint", "wrong-transport-for-url", "get-404-or-401-instead-of-405"),
        watch=RefusedNames,
    ),
    Rule(
        id="origin-rejected",
        group=Group.ADDRESS,
        title="403 Invalid Origin (browser only)",
        severity=Severity.WARN,
        symptom='Requests with an Origin header are answered with 403 and "Invalid Origin header".',
        cause="The page is not on the server's list of allowed origins; only browsers send this header.",
        fix="Put the origin of the page on the list of allowed origins.",
        fixes={Product.PYTHON_SDK: 'pass `TransportSecuritySettings(allowed_origins=["https://app.example.com"])`.'},
        source="MCP 2025-11-25, transports, security warning",
        link=_SECURITY_SPEC,
        watch=RefusedNames,
    ),
    Rule(
        id="origin-not-validated",
        group=Group.ADDRESS,
        title="Any website may drive this local server",
        severity=Severity.WARN,
        symptom="A server on this machine or a private network takes requests of a foreign Origin.",
        cause="The server looks at neither Origin nor Host, so any page in the user's browser can use its tools.",
        fix="Answer 403 to an Origin, and 421 to a Host, that is not allowed; listen on 127.0.0.1 only.",
        fixes={Product.PYTHON_SDK: "pass `TransportSecuritySettings(enable_dns_rebinding_protection=True, ...)`."},
        source="MCP 2025-11-25, transports, security warning: servers MUST validate Origin",
        link=_SECURITY_SPEC,
        seen_by=SeenBy.PROBE,
        watch=AnyOrigin,
    ),
    Rule(
        id="redirect-trailing-slash",
        group=Group.ADDRESS,
        title="307/308 on /mcp <-> /mcp/",
        severity=Severity.WARN,
        symptom="Each request is redirected to the same address with a slash more or less at its end.",
        cause="The framework knows one of both paths and redirects from the other.",
        fix="Connect to the address that the redirect names. On the server, register both paths.",
        fixes={
            Product.UVICORN: "set `redirect_slashes=False` in Starlette or FastAPI, and register both paths.",
            Product.PYTHON_SDK: "mount `streamable_http_app()` at `/`: its route has the path `/mcp` already.",
        },
        source="github.com/modelcontextprotocol/python-sdk issue 732",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/732",
        watch=Redirects,
    ),
    Rule(
        id="redirect-turns-post-into-get",
        group=Group.ADDRESS,
        title="301/302/303 on POST",
        severity=Severity.ERROR,
        symptom="A POST is answered with 301, 302 or 303. Clients follow with a GET and lose the message.",
        cause="A redirect from http to https, to a login page, or to another path, made for browsers.",
        fix="Connect to the final address (https). On the server, redirect with 308, which keeps method and body.",
        fixes={Product.NGINX: "use `return 308 https://$host$request_uri;` instead of 301."},
        source="RFC 9110 section 15.4",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-15.4",
        explains=("not-an-mcp-endpoint",),
        watch=Redirects,
    ),
    Rule(
        id="redirect-leaks-or-drops-auth",
        group=Group.ADDRESS,
        title="Redirect changes scheme/host",
        severity=Severity.ERROR,
        symptom="A redirect leads from https to http, or to another host or port.",
        cause="A proxy ends TLS and the server does not know it, or the address is no longer the right one.",
        fix=(
            "Let the server make its redirects for the outside address (X-Forwarded-Proto and -Host, trusted). "
            "Clients drop Authorization on such a redirect, or send the token where it does not belong."
        ),
        fixes={Product.UVICORN: _FORWARDED},
        source="RFC 9110 section 15.4",
        link="https://github.com/chainguard-dev/edu/issues/3704",
        explains=("redirect-trailing-slash", "redirect-turns-post-into-get", "not-an-mcp-endpoint"),
        watch=Redirects,
    ),
    Rule(
        id="wrong-transport-for-url",
        group=Group.ADDRESS,
        title="URL speaks the other transport",
        severity=Severity.ERROR,
        symptom="POST is refused where only the GET stream of HTTP+SSE is, or GET where only Streamable HTTP is.",
        cause="The transport that was chosen is not the one of this address.",
        fix="Let the transport be found out, or choose the other: /mcp is mostly Streamable HTTP, /sse is HTTP+SSE.",
        source="MCP 2025-11-25, transports, backwards compatibility",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/1051",
        explains=("get-405-is-fine",),
        watch=Connecting,
    ),
    Rule(
        id="not-an-mcp-endpoint",
        group=Group.ADDRESS,
        title="HTML/SPA/login page answered",
        severity=Severity.ERROR,
        symptom="A web page comes where JSON or an event stream should.",
        cause="A wrong path, a firewall or bot check, a single sign-on, or a web application that answers any path.",
        fix="Connect to the path of MCP: usual ones are /mcp and /sse.",
        fixes={
            Product.CLOUDFLARE: "add a WAF custom rule that skips bot and managed rules for the path of MCP.",
            Product.VERCEL: "switch Deployment Protection off for this deployment, or use its bypass header.",
        },
        source="github.com/anthropics/claude-ai-mcp issue 63",
        link="https://github.com/anthropics/claude-ai-mcp/issues/63",
        watch=Connecting,
    ),
    Rule(
        id="nothing-listening",
        group=Group.ADDRESS,
        title="Connection refused / wrong address family / container loopback",
        severity=Severity.ERROR,
        symptom="No TCP connection can be made: it is refused, times out, or the name is not known.",
        cause=(
            "The server is not running, listens on another port or on one address family only, or listens on the "
            "loopback of its container. For a server on this machine a system proxy may stand between."
        ),
        fix=(
            "Start the server and check the port. In a container listen on 0.0.0.0 and publish the port. "
            "With a system proxy set `NO_PROXY=localhost,127.0.0.1`."
        ),
        source="RFC 9293 section 3.10.7.1",
        link="https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.1",
        watch=Nobody,
    ),
    Rule(
        id="mounted-app-lifespan-missing",
        group=Group.ADDRESS,
        title="500 on every MCP request",
        severity=Severity.ERROR,
        symptom="Every POST is answered with 500 and the plain text Internal Server Error.",
        cause=(
            "The MCP application is mounted in another one whose lifespan does not run its session manager; the log "
            "then says: Task group is not initialized. Make sure to use run()."
        ),
        fix="Enter `session_manager.run()` in the lifespan of the host application, or pass on the mounted one's.",
        source="github.com/modelcontextprotocol/python-sdk, docs/troubleshooting.md",
        link="https://github.com/modelcontextprotocol/python-sdk/blob/main/docs/troubleshooting.md",
        watch=Connecting,
    ),
)
