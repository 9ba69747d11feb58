"""What cannot work in the settings for a sign-in, found before a connection fails over it. No Qt here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

MAX_KEY_BYTES = 1_000_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
"""RFC 6749, 3.3."""


def first_problem(grant: str | None, texts: Mapping[str, str]) -> tuple[str, str] | None:
    """The name of the first field that cannot work and why, in one sentence; None if all can.

    `texts` holds the fields of this grant, stripped.
    """
    for name, sentence in _missing(grant, texts):
        return name, sentence
    for name, check in _CHECKS.items():
        text = texts.get(name, "")
        sentence = check(text) if text else ""
        if sentence:
            return name, sentence
    return None


def _missing(grant: str | None, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a grant cannot do without."""
    if grant == "client_credentials" and not texts["client_id"]:
        return [("client_id", "The client’s own credentials begin with its client ID.")]
    if grant == "client_credentials" and not (texts["client_secret"] or texts["key_file"]):
        return [("client_secret", "Give the client a secret or a private key.")]
    if grant == "jwt_bearer" and not texts["assertion"]:
        return [("assertion", "Paste the JWT of the workload.")]
    if grant == "enterprise" and not (texts["idp_issuer"] or texts["idp_token_endpoint"]):
        return [("idp_issuer", "Name the identity provider, or its token endpoint.")]
    if grant == "enterprise" and not texts["idp_id_token"]:
        return [("idp_id_token", "Paste an ID token of the identity provider.")]
    return []


def url_problem(text: str) -> str:
    """Authorization servers are spoken to over https, except on this machine (R70)."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return f"{text[:60]!r} cannot be read as an address."
    if parts.scheme == "https" and host:
        return ""
    if parts.scheme == "http" and host in LOOPBACK:
        return ""
    return f"{text[:60]!r} is no https address."


def metadata_url_problem(text: str) -> str:
    """A client metadata URL is https and has a path (R65)."""
    found = url_problem(text)
    if found:
        return found
    return "" if urlsplit(text).path not in ("", "/") else "The client metadata URL needs a path behind the host."


def port_problem(text: str) -> str:
    is_port = text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65_536
    return "" if is_port else f"{text[:20]!r} is no port between 1 and 65535."


def scope_problem(text: str) -> str:
    return "" if _SCOPE.fullmatch(text) else "Scopes are separated by one space and hold no quotes or backslashes."


def jwt_problem(text: str) -> str:
    is_jwt = text.isascii() and text.isprintable() and " " not in text and text.count(".") == 2
    return "" if is_jwt else "This is no JWT: it has three parts with a dot between them."


def key_problem(typed: str) -> str:
    """Whether the file holds a private key in PEM form that needs no password."""
    path = Path(typed).expanduser()
    try:
        if not path.is_file():
            return f"There is no file {typed!r}; choose another key."
        if path.stat().st_size > MAX_KEY_BYTES:
            return f"{typed!r} is too large to be a key."
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        return f"{typed!r} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}."
    if "ENCRYPTED" in text:
        return f"The key in {typed!r} is encrypted; store it without a password."
    return "" if "PRIVATE KEY-----" in text else f"{typed!r} holds no private key in PEM form."


_CHECKS = {
    "client_metadata_url": metadata_url_problem,
    "key_file": key_problem,
    "scope": scope_problem,
    "authorization_server": url_problem,
    "callback_port": port_problem,
    "assertion": jwt_problem,
    "idp_issuer": url_problem,
    "idp_token_endpoint": url_problem,
    "idp_id_token": jwt_problem,
}
