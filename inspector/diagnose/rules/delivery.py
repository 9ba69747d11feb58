"""Rules about delivery: buffering, compression, caching."""

from __future__ import annotations

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.diagnose.rules.delivery_batches import Batches
from inspector.diagnose.rules.delivery_blocks import Blocks
from inspector.diagnose.rules.delivery_compression import Compression
from inspector.diagnose.rules.delivery_headers import Cached, Http10, Length, NoHint
from inspector.diagnose.rules.delivery_withheld import Withheld
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_NO_BUFFERING = (
    "set `proxy_buffering off; proxy_cache off; proxy_http_version 1.1; proxy_set_header Connection '';` "
    "in the location of the MCP endpoint."
)
_UNBUFFERED = {
    Product.NGINX: _NO_BUFFERING,
    Product.API_GATEWAY: "set the integration's response transfer mode to `STREAM`; the default collects the answer.",
    Product.APACHE: "set `flushpackets=on` on the `ProxyPass` of the MCP endpoint, and keep `mod_deflate` off it.",
    Product.CADDY: "set `flush_interval -1` in the `reverse_proxy` of the MCP endpoint.",
    Product.UVICORN: "do not wrap the app in `BaseHTTPMiddleware`; write pure ASGI middleware instead.",
    Product.VARNISH: "set `beresp.do_stream = true` and `pass` the MCP endpoint.",
}
_SPEC = "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http"

RULES: tuple[Rule, ...] = (
    Rule(
        id="stream-batched-at-end",
        group=Group.DELIVERY,
        title="Events are delivered in one batch at the end",
        severity=Severity.ERROR,
        symptom="Nothing comes for a while, then many events in one moment, with the answer or the end of the stream.",
        cause="A proxy collects the response before it passes it on, a middleware of the server collects the body, or "
        "a tool blocks the server's event loop so that nothing is sent before it is done.",
        fix="Switch response buffering off for the MCP endpoint, or let the server send `X-Accel-Buffering: no`; "
        "compare with a connection that goes around the proxy.",
        fixes=_UNBUFFERED,
        source="MCP 2026-07-28, Streamable HTTP: servers SHOULD send X-Accel-Buffering: no",
        link="https://github.com/cloudflare/cloudflared/issues/1449",
        explains=("headers-withheld-until-first-byte",),
        watch=Batches,
    ),
    Rule(
        id="proxy-buffer-quantised",
        group=Group.DELIVERY,
        title="A proxy releases the stream in fixed-size blocks",
        severity=Severity.WARN,
        symptom="The stream pauses in the middle of lines, each time behind a multiple of the same block size.",
        cause="A proxy or a compressor lets nothing through until a buffer of fixed size is full.",
        fix="Switch response buffering off for the MCP endpoint, or let the server send `X-Accel-Buffering: no`.",
        fixes=_UNBUFFERED,
        source="README of sse-starlette, on proxies that buffer",
        link="https://github.com/sysid/sse-starlette#readme",
        watch=Blocks,
    ),
    Rule(
        id="headers-withheld-until-first-byte",
        group=Group.DELIVERY,
        title="Response headers do not arrive until the first event",
        severity=Severity.WARN,
        symptom="A request for a stream has no answer at all for long; then headers and first event come together.",
        cause="The server writes its headers only with the first byte of the body, or a proxy waits for that byte.",
        fix="Write something right after the headers: a comment such as `: connected`, or a priming event with an "
        "`id:` and empty data; and flush the headers.",
        fixes={
            Product.CLOUDFLARE: "it holds the headers until the first byte: let the server write a comment at once.",
            Product.EXPRESS: "call `res.flushHeaders()` and then `res.write(': connected\\n\\n')`.",
            Product.NGINX: _NO_BUFFERING,
        },
        source="modelcontextprotocol/go-sdk issue 937",
        link="https://github.com/modelcontextprotocol/go-sdk/issues/937",
        watch=Withheld,
    ),
    Rule(
        id="gzip-stalls-stream",
        group=Group.DELIVERY,
        title="Compression keeps events back",
        severity=Severity.ERROR,
        symptom="The stream is compressed; its first bytes come early, but they decode to events only in the end.",
        cause="A compressor gathers its input until it has enough for a block, and is not flushed after each event.",
        fix="Exclude `text/event-stream` from compression, send `Cache-Control: no-transform`, or flush the compressor "
        "after each event.",
        fixes={
            Product.NGINX: "set `gzip off;` in the location of the MCP endpoint, or take `text/event-stream` out of "
            "`gzip_types`.",
            Product.EXPRESS: "let the filter of `compression()` skip `text/event-stream`, or send `Cache-Control: "
            "no-transform`, which it honours.",
            Product.UVICORN: "keep `GZipMiddleware` off the MCP routes.",
            Product.NEXT: "set `compress: false`, or send `Cache-Control: no-transform`.",
            Product.HAPROXY: "take `text/event-stream` out of `compression type`.",
        },
        source="tower-rs/tower-http issue 419",
        link="https://github.com/tower-rs/tower-http/issues/419",
        explains=(
            "sse-compressed",
            "stream-batched-at-end",
            "headers-withheld-until-first-byte",
            "endpoint-event-missing",
        ),
        watch=Compression,
    ),
    Rule(
        id="sse-compressed",
        group=Group.DELIVERY,
        title="Event stream is compressed",
        severity=Severity.NOTE,
        symptom="An event stream has a Content-Encoding.",
        cause="The server, or a proxy on the way, compresses whatever it serves.",
        fix="Exclude text/event-stream from compression, or flush after each event.",
        fixes={Product.NGINX: "take `text/event-stream` out of `gzip_types`."},
        source="RFC 9110 section 8.4",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-8.4",
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-content-length",
        group=Group.DELIVERY,
        title="Event stream has Content-Length",
        severity=Severity.WARN,
        symptom="An event stream says beforehand how long it is.",
        cause="A framework or a proxy has collected the whole body before it sent the first byte.",
        fix="Stream the response: no Content-Length, and a flush after each event.",
        fixes={
            Product.API_GATEWAY: "set the integration's response transfer mode to `STREAM`, and the function's to "
            "response streaming.",
        },
        source="RFC 9112 section 6.2",
        link="https://www.rfc-editor.org/rfc/rfc9112#section-6.2",
        explains=("stream-batched-at-end", "headers-withheld-until-first-byte"),
        watch=Length,
    ),
    Rule(
        id="http10-hop",
        group=Group.DELIVERY,
        title="HTTP/1.0 on the path",
        severity=Severity.WARN,
        symptom="The status line says HTTP/1.0, or Via names a hop that speaks it; the body ends with the connection.",
        cause="A proxy talks HTTP/1.0 to its upstream, or the server is a simple development server.",
        fix="Let every hop speak HTTP/1.1.",
        fixes={
            Product.NGINX: "set `proxy_http_version 1.1;` and `proxy_set_header Connection '';` in the location.",
            Product.HTTP_SERVER: "serve the application with uvicorn or another HTTP/1.1 server.",
        },
        source="RFC 9112 section 6.3",
        link="https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
        watch=Http10,
    ),
    Rule(
        id="sse-cached",
        group=Group.DELIVERY,
        title="A cache answered an event stream",
        severity=Severity.ERROR,
        symptom="Age, X-Cache or CF-Cache-Status say that the stream came from a cache, or a new stream brings the "
        "session of an old one.",
        cause="A cache on the way stores event streams as if they were files.",
        fix="Send `Cache-Control: no-store` with every event stream, and let the cache pass the MCP endpoint.",
        fixes={
            Product.CLOUDFLARE: "add a cache rule that bypasses the cache for the MCP endpoint.",
            Product.CLOUDFRONT: "use the managed policy `CachingDisabled` for the behaviour of the MCP endpoint.",
            Product.NGINX: "set `proxy_cache off;` in the location.",
            Product.VARNISH: "return `pass` in `vcl_recv` for the MCP endpoint.",
        },
        source="RFC 9111 section 5.2.2.5",
        link="https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.5",
        watch=Cached,
    ),
    Rule(
        id="anti-buffer-headers-missing",
        group=Group.DELIVERY,
        title="Nothing tells proxies not to buffer or transform",
        severity=Severity.NOTE,
        symptom="An event stream has neither `X-Accel-Buffering: no` nor `Cache-Control: no-transform`.",
        cause="The server leaves it to every proxy on the way whether to buffer or to compress.",
        fix="Send `X-Accel-Buffering: no` and `Cache-Control: no-cache, no-transform` with every event stream.",
        source="MCP 2026-07-28, Streamable HTTP: servers SHOULD send X-Accel-Buffering: no",
        link=_SPEC,
        watch=NoHint,
    ),
    Rule(
        id="quick-tunnel-no-sse",
        group=Group.DELIVERY,
        title="Cloudflare quick tunnel does not stream GET SSE",
        severity=Severity.ERROR,
        symptom="A GET stream through `*.trycloudflare.com` is held back, though POST works.",
        cause="Quick tunnels buffer event streams that are fetched with GET.",
        fix="Use a named tunnel, or Streamable HTTP, where calls are answered on the stream of their POST.",
        source="cloudflare/cloudflared issue 1449",
        link="https://github.com/cloudflare/cloudflared/issues/1449",
        explains=("stream-batched-at-end", "headers-withheld-until-first-byte"),
        watch=Withheld,
    ),
)
