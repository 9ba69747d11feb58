"""The YAML frontmatter of a Markdown file, and whether it says the same as a JSON object (Skills extension).

Read as YAML 1.2 (core schema): what looks like a date or like `yes` is a text, as it is for whoever renders it as JSON.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from inspector.protocol.jsonrpc import json_type

if TYPE_CHECKING:
    import yaml

MAX_CHARACTERS = 65_536
"""More than any author writes; reading YAML takes its time."""

_BLOCK = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"(?:true|True|TRUE|false|False|FALSE)", [*"tTfF"]),
    ("tag:yaml.org,2002:int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", [*"-+0123456789"]),
    ("tag:yaml.org,2002:float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
)


def read_frontmatter(text: str) -> tuple[dict[Any, Any] | None, str]:
    """The fields at the head of the text, or None and a sentence that says why there are none."""
    block = _BLOCK.match(text)
    if block is None:
        return None, "The file does not begin with frontmatter between two lines of ---."
    source = block["yaml"]
    if len(source) > MAX_CHARACTERS:
        return None, f"The frontmatter is longer than {MAX_CHARACTERS} characters."
    import yaml  # noqa: PLC0415 - only for those who read skills

    try:
        fields = yaml.load(source, _loader())  # noqa: S506 - a loader of plain values, see below
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, f"The frontmatter is no YAML: {' '.join(str(error).split())}."
    if not isinstance(fields, dict):
        return None, f"The frontmatter must be a mapping, not {json_type(fields)}."
    return fields, ""


def differing_fields(listed: dict[str, Any], written: dict[Any, Any]) -> list[str]:
    """The names of the fields that do not say the same in both; `written` is what YAML gave."""
    found = _named(written)
    names = [*listed, *(name for name in found if name not in listed)]
    missing = object()
    return [name for name in names if not _is_same(listed.get(name, missing), found.get(name, missing))]


def _is_same(listed: Any, written: Any) -> bool:
    """Only as deep as the JSON goes, so that no knot of YAML aliases costs more than what the peer wrote out."""
    if isinstance(listed, dict):
        return isinstance(written, dict) and not differing_fields(listed, written)
    if isinstance(listed, list):
        both = isinstance(written, list) and len(listed) == len(written)
        return both and all(map(_is_same, listed, written))
    if isinstance(listed, bool) or isinstance(written, bool):
        return listed is written
    return isinstance(written, str | int | float | None) and bool(listed == written)


def _named(fields: dict[Any, Any]) -> dict[str, Any]:
    """The keys as JSON has them: texts."""
    words = {"True": "true", "False": "false", "None": "null"}
    return {key if isinstance(key, str) else words.get(str(key), str(key)): value for key, value in fields.items()}


@cache
def _loader() -> type[yaml.SafeLoader]:
    """YAML 1.2 on top of PyYAML, which knows YAML 1.1: other words for booleans, octal numbers, dates."""
    import yaml  # noqa: PLC0415 - only for those who read skills

    class CoreLoader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML has it

    for tag, pattern, starts in _CORE_SCHEMA:
        CoreLoader.add_implicit_resolver(tag, re.compile(rf"{pattern}\Z"), starts)
    CoreLoader.add_constructor("tag:yaml.org,2002:int", _integer)
    return CoreLoader


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
