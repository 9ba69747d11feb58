"""URI templates of resources (RFC 6570): which variables one has, and the URI it becomes with their values.

The template comes from the server, so nothing here raises: what cannot be read is a sentence in `error`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

MAX_TEMPLATE_CHARS = 8_192
MAX_VARIABLES = 50
_RESERVED = ":/?#[]@!$&'()*+,;="
_KEEPS_RESERVED = "+#"
_EXPRESSION = re.compile(r"\{([^{}]*)\}")
_NAME = r"(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*"
_VARIABLE = re.compile(rf"({_NAME})(\*|:[1-9][0-9]{{0,3}})?", re.ASCII)
_TRIPLET = re.compile(r"(%[0-9A-Fa-f]{2})")

Value = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template; `is_list` says that it takes several values (the explode modifier `*`)."""

    name: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """What was read from a template; `error` is a sentence, empty where the template is sound."""

    text: str
    variables: tuple[Variable, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The URI, or in `error` a sentence why there is none."""

    uri: str
    error: str = ""


def variables(template: str) -> Template:
    """The variables of a template in their order, each once."""
    if len(template) > MAX_TEMPLATE_CHARS:
        return Template(template, error=f"The template is longer than {MAX_TEMPLATE_CHARS:,} characters.")
    rest = _EXPRESSION.sub("", template)
    if "{" in rest or "}" in rest:
        return Template(template, error="The template has a brace without its partner (RFC 6570, section 2).")
    found: dict[str, Variable] = {}
    for expression in _EXPRESSION.findall(template):
        read = _read_expression(expression)
        if isinstance(read, str):
            return Template(template, error=read)
        for variable in read:
            before = found.get(variable.name, variable)
            found[variable.name] = Variable(variable.name, before.is_list or variable.is_list)
    if len(found) > MAX_VARIABLES:
        return Template(template, error=f"The template has more than {MAX_VARIABLES} variables.")
    return Template(template, tuple(found.values()))


def expand(template: str, values: Mapping[str, Value]) -> Expansion:
    """The template with these values; a variable without one leaves no trace (RFC 6570, section 3.2.1)."""
    read = variables(template)
    if read.error:
        return Expansion("", read.error)
    pieces = _EXPRESSION.split(template)  # literals at even places, expressions at odd ones
    try:
        made = [_expression(piece, values) if n % 2 else _quoted(piece) for n, piece in enumerate(pieces)]
    except UnicodeEncodeError:
        return Expansion("", "A value has half a surrogate pair in it, which no URI can carry.")
    return Expansion("".join(made))


def _read_expression(expression: str) -> list[Variable] | str:
    """The variables of what stands between two braces, or a sentence."""
    text = expression
    if text[:1] in tuple("=,!@|"):
        return f"The operator {text[0]!r} in {{{text[:40]}}} is reserved by RFC 6570 and means nothing yet."
    text = text[1:] if text[:1] in tuple("+#./;?&") else text
    found = []
    for part in text.split(","):
        match = _VARIABLE.fullmatch(part)
        if match is None:
            return f"{{{expression[:40]}}} is not an expression of RFC 6570."
        found.append(Variable(match[1], match[2] == "*"))
    return found


def _expression(expression: str, values: Mapping[str, Value]) -> str:
    from uritemplate import expand as expand_expression  # noqa: PLC0415 - loaded with the first template

    given: dict[str, Any] = {name: value if isinstance(value, str) else list(value) for name, value in values.items()}
    if expression[:1] in tuple(_KEEPS_RESERVED) and ":" not in expression:
        # With one %-triplet in it, the library would leave the whole value as it is, blanks and all.
        given = {
            name: _quoted(value) if isinstance(value, str) else [_quoted(item) for item in value]
            for name, value in given.items()
        }
    return expand_expression(f"{{{expression}}}", given)


def _quoted(text: str) -> str:
    """What a URI may not contain as %-triplets; reserved characters and triplets stay (RFC 6570, section 3.2.3)."""
    parts = _TRIPLET.split(text)
    return "".join(part if n % 2 else quote(part, _RESERVED) for n, part in enumerate(parts))
