"""Rules about silence, lifetimes and heartbeats."""

from __future__ import annotations

from inspector.diagnose.rule import Group, Rule
from inspector.diagnose.rules.lifetime_calls import FunctionKilled, GatewayTimeout
from inspector.diagnose.rules.lifetime_ends import PeriodicCuts
from inspector.diagnose.rules.lifetime_heartbeat import EventHeartbeat, Heartbeats
from inspector.diagnose.stack import Product
from inspector.diagnose.timeouts import CADENCE
from inspector.trace.events import Severity

_BROKEN = ("cut-mid-response", "tcp-reset", "h2-reset-or-goaway")

RULES: tuple[Rule, ...] = (
    Rule(
        id="idle-timeout-periodic",
        group=Group.LIFETIME,
        title="Idle streams are cut after T seconds",
        severity=Severity.WARN,
        symptom="Streams end without a final answer, always after the same silence, however old they are.",
        cause="Something between us and the server closes connections on which no byte has come for that long.",
        fix="Send comments (`:` and an empty line) well within that time, at least every 15 s, and raise the idle "
        "time of what stands before the server.",
        fixes={
            Product.NGINX: "set `proxy_read_timeout 1h;` in the location of the MCP endpoint.",
            Product.AWS_ALB: "raise the attribute `idle_timeout.timeout_seconds` (up to 4000).",
            Product.CLOUDFLARE: "only heartbeats help; `proxy_read_timeout` can be changed on Enterprise alone.",
            Product.HEROKU: "no setting: after the first byte, one must follow within 55 s each time.",
            Product.ENVOY: "raise `stream_idle_timeout` of the connection manager, or `idle_timeout` of the route.",
            Product.AZURE: "raise the idle timeout of the load balancer (4 to 100 min); App Service stays at 230 s.",
            Product.HAPROXY: "raise `timeout server` and `timeout tunnel`.",
            Product.CLOUDFRONT: "raise the origin response timeout (30 s by default, up to 120).",
            Product.RAILWAY: "only heartbeats help; its edge ends what is silent for 300 s.",
        },
        source="WHATWG HTML 9.2.7: a comment line every 15 seconds or so",
        link="https://github.com/modelcontextprotocol/java-sdk/issues/414",
        explains=(*_BROKEN, "heartbeat-missing", "reconnect-storm"),
        watch=PeriodicCuts,
    ),
    Rule(
        id="lifetime-cap-periodic",
        group=Group.LIFETIME,
        title="Streams are cut at a fixed age although data flows",
        severity=Severity.WARN,
        symptom="Streams end at the same age, whether or not something had just come.",
        cause="A limit on the whole request, which heartbeats do not lengthen.",
        fix="Raise the limit; else end streams yourself before it, with `retry:`, and let clients resume them.",
        fixes={
            Product.GOOGLE: "set `--timeout 3600` on Cloud Run, `timeoutSec` on a load balancer's backend service.",
            Product.VERCEL: "raise `maxDuration` of the function.",
            Product.API_GATEWAY: "set `response_transfer_mode=STREAM` on the integration (up to 900 s).",
            Product.ENVOY: "set `timeout: 0s` on the route.",
        },
        source="Cloud Run: request timeout; Vercel: maxDuration",
        link="https://github.com/vercel/mcp-handler/issues/40",
        explains=_BROKEN,
        watch=PeriodicCuts,
    ),
    Rule(
        id="heartbeat-missing",
        group=Group.LIFETIME,
        title="No heartbeat: this stream will not survive common proxies or Node clients",
        severity=Severity.WARN,
        symptom="An open stream brings no byte at all for 20 s and more.",
        cause="The server sends something only when it has something to say. Proxies cut such streams, and clients on "
        "Node, such as Cursor and VS Code, log `TypeError: terminated` after 300 s.",
        fix=f"Send {CADENCE}.",
        fixes={
            Product.UVICORN: "with sse-starlette pass `ping=15` to EventSourceResponse.",
            Product.TYPESCRIPT_SDK: "set `keepAliveMs` of the transport.",
            Product.SPRING: "set `spring.ai.mcp.server.keep-alive-interval`.",
        },
        source="WHATWG HTML 9.2.7: a comment line every 15 seconds or so",
        link="https://github.com/modelcontextprotocol/typescript-sdk/issues/1211",
        watch=Heartbeats,
    ),
    Rule(
        id="heartbeat-not-a-comment",
        group=Group.LIFETIME,
        title="Heartbeat is sent as an event, not as a comment",
        severity=Severity.WARN,
        symptom="The same event comes at a steady pace and carries no message.",
        cause="The heartbeat is written as an event, so that every client must know and drop it; some fail on it.",
        fix="Write a comment instead: a line that begins with a colon (`: ping`), and an empty line.",
        source="WHATWG HTML 9.2.7",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/1146",
        explains=("sse-unknown-event-name", "jsonrpc-invalid-json", "jsonrpc-envelope-invalid"),
        watch=EventHeartbeat,
    ),
    Rule(
        id="half-open-silence",
        group=Group.LIFETIME,
        title="Heartbeats stopped but the connection looks open",
        severity=Severity.ERROR,
        symptom="Heartbeats came at a steady pace, then no byte more, and no end of the connection either.",
        cause="A NAT, firewall or load balancer has forgotten the connection (an AWS NLB after 350 s), or the network "
        "has changed; nobody tells either side.",
        fix="Reconnect when three heartbeats are missed; switch on TCP keep-alive, and TCP reset on the load balancer.",
        fixes={Product.AZURE: "switch on TCP reset on idle timeout for the rule of the load balancer."},
        source="Azure load balancer: TCP reset on idle",
        link="https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset",
        watch=Heartbeats,
    ),
    Rule(
        id="gateway-timeout-on-call",
        group=Group.LIFETIME,
        title="A gateway gave up waiting for the tool",
        severity=Severity.ERROR,
        symptom="A POST is answered with 502, 503, 504 or 524 and a page of a gateway, after as long as gateways wait.",
        cause="The server sends its answer in one piece at the end, and the tool takes longer than the gateway waits.",
        fix="Answer as an event stream, with a comment at once and progress meanwhile; else raise the gateway's time.",
        fixes={
            Product.NGINX: "set `proxy_read_timeout 1h;` in the location of the MCP endpoint.",
            Product.HEROKU: "send the first byte within 30 s (H12).",
            Product.API_GATEWAY: "set `response_transfer_mode=STREAM` on the integration.",
            Product.CLOUDFLARE: "send the first byte within 100 s; only Enterprise can raise `proxy_read_timeout`.",
            Product.AWS_ALB: "raise the attribute `idle_timeout.timeout_seconds` (60 s by default).",
            Product.ENVOY: "raise `timeout` of the route (15 s by default).",
            Product.HAPROXY: "raise `timeout server`.",
            Product.GOOGLE: "set `--timeout 3600` on Cloud Run, `timeoutSec` on a load balancer's backend service.",
        },
        source="RFC 9110 section 15.6.5",
        link="https://devcenter.heroku.com/articles/request-timeout",
        watch=GatewayTimeout,
    ),
    Rule(
        id="serverless-function-killed",
        group=Group.LIFETIME,
        title="Function duration limit ended the stream",
        severity=Severity.ERROR,
        symptom="The platform says FUNCTION_INVOCATION_TIMEOUT, or its streams end at one of its limits.",
        cause="A serverless function may run only so long, and a stream counts as running.",
        fix="Raise the limit, and use Streamable HTTP without sessions; HTTP+SSE needs a long-lived server.",
        fixes={Product.VERCEL: "raise `maxDuration`; HTTP+SSE also needs Redis there."},
        source="Vercel: FUNCTION_INVOCATION_TIMEOUT",
        link="https://github.com/vercel/mcp-handler/issues/40",
        explains=("lifetime-cap-periodic", "gateway-timeout-on-call"),
        watch=FunctionKilled,
    ),
)
