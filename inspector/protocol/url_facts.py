"""What a user must see of an address before it is opened: where it really leads, and what is odd about it (R33, R50).

Nothing is resolved or fetched. An address that a browser and this program might read differently is not to be opened.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

OPENABLE_SCHEMES = ("http", "https")
MAX_URL_CHARS = 16_384
MAX_HOST_CHARS = 253
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_JAPANESE = {"CJK", "HIRAGANA", "KATAKANA", "LATIN"}
_KOREAN = {"CJK", "HANGUL", "LATIN"}
"""Scripts that names of these languages mix by rule (UTS 39, highly restrictive)."""
_UNREADABLE = "The address cannot be read as a web address, so it is not opened."
_AMBIGUOUS = "Browsers and other programs read this address differently, so it is not opened."


@dataclass(frozen=True, slots=True)
class UrlFacts:
    """`shown` is the address with invisible characters as escapes, `host_span` where the host stands in it.

    `host` is the host as written, `punycode` its ASCII form (the real name). `warnings` are sentences.
    """

    shown: str
    host: str = ""
    punycode: str = ""
    warnings: tuple[str, ...] = ()
    is_openable: bool = False
    host_span: tuple[int, int] = (0, 0)


def url_facts(url: object) -> UrlFacts:
    """The facts of an address as a server gave it; any value is taken."""
    if not isinstance(url, str) or not url.strip():
        return UrlFacts("" if not isinstance(url, str) else url, warnings=("The server gave no address.",))
    shown = "".join(map(_visible, url[:MAX_URL_CHARS]))
    refusal = _why_unreadable(url)
    if refusal:
        return UrlFacts(shown, warnings=(refusal,))
    parts = urlsplit(url)
    host = parts.hostname or ""
    punycode = _ascii(host)
    span = _host_span(shown, parts)
    if not punycode:
        return UrlFacts(shown, host, "", ("The host is no valid name, so the address is not opened.",), False, span)
    return UrlFacts(shown, host, punycode, tuple(_warnings(url, parts, host, punycode)), True, span)


def _why_unreadable(url: str) -> str:
    """Why nobody should open this; the first reason, or nothing."""
    if len(url) > MAX_URL_CHARS:
        return f"The address is longer than {MAX_URL_CHARS:,} characters, so it is not opened."
    if url != url.strip() or "\\" in url or any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in url):
        return _AMBIGUOUS
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _UNREADABLE
    if parts.scheme not in OPENABLE_SCHEMES:
        scheme = f"{parts.scheme}:" if parts.scheme else "no scheme"
        return f"Only http and https addresses are opened; this one has {scheme}."
    if not parts.hostname or port == 0:
        return _UNREADABLE
    if not url[len(parts.scheme) :].startswith("://") or "%" in parts.hostname or " " in parts.netloc:
        return _AMBIGUOUS
    if any(unicodedata.category(char) == "Cf" for char in parts.netloc):
        return _AMBIGUOUS
    return ""


def _warnings(url: str, parts: SplitResult, host: str, punycode: str) -> list[str]:
    found = []
    if parts.scheme == "http" and not _is_loopback(host):
        found.append("The address is http, not https: everybody on the way can read and change the page.")
    if "@" in parts.netloc:
        found.append(f"What stands before the @ is a user name, not the site; the site is {punycode}.")
    found += _name_warnings(host, punycode)
    if any(unicodedata.category(char) == "Cf" for char in url):
        found.append("The address holds invisible characters; they are shown as escapes.")
    return found


def _name_warnings(host: str, punycode: str) -> list[str]:
    """What makes a name look like another one."""
    found = []
    unicode_host = _unicode(punycode)
    if not host.isascii():
        found.append(f"The host has letters beyond ASCII, which can look like others; its real name is {punycode}.")
    elif unicode_host != host:
        found.append(f"The host is written in Punycode; a browser may show it as {unicode_host}.")
    mixed = next((label for label in unicode_host.split(".") if _mixes_scripts(label)), None)
    if mixed is not None:
        found.append(f"“{mixed}” mixes letters of several scripts, as names do that pass for another.")
    numbers = _numeric_host(host)
    if numbers:
        found.append(f"The host is a number; a browser reads it as {numbers}.")
    elif _is_private(host):
        found.append(f"{host} is an address of this machine or of a private network.")
    return found


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape", "replace").decode("ascii")


def _host_span(shown: str, parts: SplitResult) -> tuple[int, int]:
    """Where the host stands in the shown text, which differs from the address only behind it."""
    start = len(parts.scheme) + 3
    authority = shown[start : start + len(parts.netloc)]
    user = authority.rfind("@") + 1
    host = authority[user:]
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    return start + user, start + user + (end if end > 0 else len(host))


def _ascii(host: str) -> str:
    """The host in ASCII (RFC 3490); empty if it is no name."""
    if len(host) > MAX_HOST_CHARS:
        return ""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _unicode(punycode: str) -> str:
    try:
        return punycode.encode("ascii").decode("idna")
    except UnicodeError:
        return punycode


def _mixes_scripts(label: str) -> bool:
    scripts = {script for char in label if char.isalpha() and (script := _script(char))}
    return len(scripts) > 1 and not scripts <= _JAPANESE and not scripts <= _KOREAN


def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    return next((script for script in _SCRIPTS if name.startswith(script)), name.partition(" ")[0])


def _numeric_host(host: str) -> str:
    """The IPv4 address that browsers make of a host such as 2130706433 or 0x7f.1 (WHATWG URL 3.5)."""
    labels = host.rstrip(".").split(".")
    if not re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]) or _address(host) is not None:
        return ""
    try:
        *first, last = [_ipv4_number(label) for label in labels]
        if len(first) > 3 or max(first, default=0) > 255 or last >= 256 ** (4 - len(first)):
            return "no address at all"
        return str(ipaddress.IPv4Address(last + sum(number << 8 * (3 - place) for place, number in enumerate(first))))
    except ValueError:
        return "no address at all"


def _ipv4_number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8) if label.startswith("0") and label != "0" else int(label)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)


def _is_private(host: str) -> bool:
    address = _address(host)
    return _is_loopback(host) or (address is not None and (address.is_private or address.is_link_local))
