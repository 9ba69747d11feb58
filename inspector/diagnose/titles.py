"""Titles of rules that stand in no table."""

from __future__ import annotations

_WORDS = {
    "bom": "BOM",
    "get": "GET",
    "http": "HTTP",
    "id": "id",
    "json": "JSON",
    "jsonrpc": "JSON-RPC",
    "mcp": "MCP",
    "post": "POST",
    "h2": "HTTP/2",
    "sse": "SSE",
    "tcp": "TCP",
    "eol": "line end",
    "tls": "TLS",
    "url": "URL",
}


def title_of(rule: str) -> str:
    """A title for a rule that no table has, such as one of a recording of a later version: its name as words."""
    words = [_WORDS.get(word, word) for word in rule.replace("_", "-").replace(".", "-").split("-") if word]
    title = " ".join(words)
    return title[:1].upper() + title[1:]
