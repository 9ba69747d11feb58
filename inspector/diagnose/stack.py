"""What stands between us and the server, and what the server is made of: recognised by headers and words of errors."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable

from inspector.trace.events import BodyReceived, HeadersReceived


class Product(enum.StrEnum):
    """A product that gives itself away and has settings of its own."""

    NGINX = "nginx"
    CLOUDFLARE = "Cloudflare"
    AWS_ALB = "AWS ALB"
    API_GATEWAY = "AWS API Gateway"
    CLOUDFRONT = "Amazon CloudFront"
    VERCEL = "Vercel"
    NETLIFY = "Netlify"
    HEROKU = "Heroku"
    GOOGLE = "Google Front End"
    ENVOY = "Envoy"
    RAILWAY = "Railway"
    AZURE = "Azure"
    HAPROXY = "HAProxy"
    APACHE = "Apache"
    CADDY = "Caddy"
    VARNISH = "Varnish"
    UVICORN = "uvicorn"
    PYTHON_SDK = "the Python SDK"
    TYPESCRIPT_SDK = "the TypeScript SDK"
    EXPRESS = "Express"
    NEXT = "Next.js"
    NODE = "Node"
    KESTREL = "ASP.NET Core"
    SPRING = "Spring"
    HTTP_SERVER = "http.server"
    WERKZEUG = "Werkzeug"


PROXIES = frozenset(
    {
        Product.NGINX,
        Product.CLOUDFLARE,
        Product.AWS_ALB,
        Product.API_GATEWAY,
        Product.CLOUDFRONT,
        Product.VERCEL,
        Product.NETLIFY,
        Product.HEROKU,
        Product.GOOGLE,
        Product.ENVOY,
        Product.RAILWAY,
        Product.AZURE,
        Product.HAPROXY,
        Product.APACHE,
        Product.CADDY,
        Product.VARNISH,
    }
)
"""What passes on rather than answers."""

_HEADERS: tuple[tuple[str, str, Product], ...] = (
    ("server", "nginx", Product.NGINX),
    ("server", "cloudflare", Product.CLOUDFLARE),
    ("cf-ray", "", Product.CLOUDFLARE),
    ("server", "awselb", Product.AWS_ALB),
    ("x-amzn-requestid", "", Product.API_GATEWAY),
    ("x-amz-apigw-id", "", Product.API_GATEWAY),
    ("x-amz-cf-id", "", Product.CLOUDFRONT),
    ("x-vercel-id", "", Product.VERCEL),
    ("server", "vercel", Product.VERCEL),
    ("x-nf-request-id", "", Product.NETLIFY),
    ("via", "vegur", Product.HEROKU),
    ("via", "heroku", Product.HEROKU),
    ("server", "google frontend", Product.GOOGLE),
    ("via", "google", Product.GOOGLE),
    ("server", "envoy", Product.ENVOY),
    ("x-envoy-upstream-service-time", "", Product.ENVOY),
    ("server", "railway", Product.RAILWAY),
    ("x-azure-ref", "", Product.AZURE),
    ("x-haproxy", "", Product.HAPROXY),
    ("server", "haproxy", Product.HAPROXY),
    ("server", "apache", Product.APACHE),
    ("server", "caddy", Product.CADDY),
    ("via", "varnish", Product.VARNISH),
    ("server", "uvicorn", Product.UVICORN),
    ("x-powered-by", "express", Product.EXPRESS),
    ("x-powered-by", "next.js", Product.NEXT),
    ("server", "kestrel", Product.KESTREL),
    ("server", "basehttp", Product.HTTP_SERVER),
    ("server", "simplehttp", Product.HTTP_SERVER),
    ("server", "werkzeug", Product.WERKZEUG),
)
"""Header, the beginning of a word in its value (any if empty), and whose it is."""

_BODIES: tuple[tuple[bytes, Product], ...] = (
    (b"Could not find session", Product.PYTHON_SDK),
    (b"session_id is required", Product.PYTHON_SDK),
    (b'"code":-32600,"message":"Session not found"', Product.PYTHON_SDK),
    (b"Invalid Host header", Product.PYTHON_SDK),
    (b"Invalid Origin header", Product.PYTHON_SDK),
    (b'"code":-32001,"message":"Session not found"', Product.TYPESCRIPT_SDK),
    (b"Bad Request: Server not initialized", Product.TYPESCRIPT_SDK),
    (b"Mcp-Session-Id header is required", Product.TYPESCRIPT_SDK),
    (b"<center>nginx", Product.NGINX),
    (b"cf-error-details", Product.CLOUDFLARE),
    (b"FUNCTION_INVOCATION_TIMEOUT", Product.VERCEL),
)
_BODY_BYTES = 4_096


class Stack:
    """The products recognised so far, each with the number of the event that gave it away."""

    def __init__(self) -> None:
        self.products: dict[Product, int] = {}

    def __contains__(self, product: Product) -> bool:
        return product in self.products

    @property
    def proxies(self) -> list[Product]:
        """Those that stand before the server."""
        return [product for product in self.products if product in PROXIES]

    def on_headers(self, event: HeadersReceived) -> None:
        for name, value in event.headers:
            for test in _BY_NAME.get(name.lower(), ()):
                product = test(value.lower())
                if product is not None:
                    self.products.setdefault(product, event.n)

    def on_body(self, event: BodyReceived) -> None:
        head = event.raw[:_BODY_BYTES]
        for words, product in _BODIES:
            if words in head:
                self.products.setdefault(product, event.n)


def _tester(word: str, product: Product) -> Callable[[str], Product | None]:
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}") if word else None
    return lambda value: product if pattern is None or pattern.search(value) else None


_BY_NAME: dict[str, list[Callable[[str], Product | None]]] = {}
for _name, _word, _product in _HEADERS:
    _BY_NAME.setdefault(_name, []).append(_tester(_word, _product))
