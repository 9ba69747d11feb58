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

TITLES = {
    "manifest-unclear": "The manifest leaves something open",
    "manifest-unreadable": "The manifest cannot be used",
    "tool-stream-after-end": "A step came after the end of its run",
    "tool-stream-ended-twice": "A run ended twice",
    "tool-stream-invalid-json": "The data of a step is no JSON",
    "tool-stream-json-rpc": "A tool stream answers in JSON-RPC",
    "tool-stream-no-end": "A run was never completed",
    "tool-stream-not-started": "A run was never started",
    "tool-stream-started-twice": "A run was started twice",
    "tool-stream-two-names": "A step is named twice, and differently",
    "tool-stream-unknown-type": "A step has a type of its own",
    "tool-stream-wrong-tool": "A step names another tool",
    "stateless-session-id": "Session id in a revision without sessions",
    "subscription-not-acknowledged": "Subscription stream breaks its rules",
    "task-invalid": "A task is described incompletely",
    "task-transition-invalid": "A task went on after its end",
    "log-not-asked-for": "Log messages that nobody asked for",
    "notification-misplaced": "A notification on a stream where it does not belong",
}
"""Titles where the words of a rule's name are none, or say too little."""


def title_of(rule: str) -> str:
    """A title for a rule that no table has, such as one of a recording of a later version: its name as words."""
    if rule in TITLES:
        return TITLES[rule]
    words = [_WORDS.get(word, word) for word in rule.replace("_", "-").replace(".", "-").split("-") if word]
    title = " ".join(words)
    return title[:1].upper() + title[1:]
