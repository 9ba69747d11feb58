"""Web pages in place of answers: what kind of page it is, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,200})", re.IGNORECASE)
_WALL = re.compile(rb"just a moment\.\.\.|you have been blocked|attention required|cf-chl|incapsula", re.IGNORECASE)
_REFUSAL = re.compile(rb"ray id|captcha|access denied|request blocked|web application firewall", re.IGNORECASE)
"""Words that any page may have, but on one that refuses a request they tell who refused it."""
_LOGIN = re.compile(r"(?:sign|log)[ -]?in\b|single sign-on|\bsso\b", re.IGNORECASE)
_PASSWORD = re.compile(rb"type=[\"']?password", re.IGNORECASE)


def is_page(content_type: str, body: bytes) -> bool:
    """Whether a body is a web page, whatever it says that it is."""
    if content_type in ("text/html", "application/xhtml+xml"):
        return True
    start = body[:200].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its status and its body; `is_challenge` says that a header named it a bot check."""

    status: int
    body: bytes
    is_challenge: bool = False

    @property
    def is_wall(self) -> bool:
        """A firewall or a bot check stands before the server."""
        says_so = _WALL.search(self.body) or (self.status >= 400 and _REFUSAL.search(self.body))
        return self.is_challenge or bool(says_so)

    @property
    def is_login(self) -> bool:
        return bool(_LOGIN.search(self.title) or _PASSWORD.search(self.body))

    @property
    def title(self) -> str:
        match = _TITLE.search(self.body)
        return " ".join(match[1].decode("utf-8", "replace").split())[:100] if match else ""

    @property
    def described(self) -> str:
        """What came, as the rest of a sentence."""
        if self.is_wall:
            kind = "the page of a firewall or bot check"
        elif self.is_login:
            kind = "a login page"
        else:
            kind = "a web page"
        return f"{kind} ({self.status}{f', {self.title!r}' if self.title else ''})"

    @property
    def fix(self) -> str:
        """What to do about a page of this kind."""
        if self.is_wall:
            return (
                "Let the firewall skip its bot and content rules for the path of MCP: no client can solve a challenge."
            )
        if self.is_login:
            return "Take the path of MCP out of the single sign-on; MCP signs in by OAuth and a 401 with a challenge."
        if self.status == 200:
            return (
                "Check the path: this looks like the page that a web application gives for any path it does not know."
            )
        return "Check the path."
