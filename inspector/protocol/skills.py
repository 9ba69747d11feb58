"""Skills that a server serves (extension io.modelcontextprotocol/skills): entries, and files compared with them.

An entry lists every file of a skill with its size and digest; a file that is not what the entry says must not be used.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.frontmatter import differing_fields, read_frontmatter
from inspector.protocol.jsonrpc import json_type, shown

EXTENSION = "io.modelcontextprotocol/skills"
MAX_FILES = 512
MAX_BYTES = 16 * 1024 * 1024
"""What every host takes; servers should not serve a larger skill (section "Limits")."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SPECIFICATION = "Skills extension"


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A file of a skill: its `size` in bytes, and their SHA-256 as `sha256:` and 64 hexadecimal digits."""

    uri: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Skill:
    """An entry of `skills/list` or `skills/get`; `files` is None for a skill whose files are made as they are read."""

    uri: str
    name: str
    description: str
    frontmatter: dict[str, Any]
    files: tuple[SkillFile, ...] | None

    def file(self, uri: str) -> SkillFile | None:
        return next((file for file in self.files or () if file.uri == uri), None)


def is_served(capabilities: Any) -> bool:
    """Whether a server's capabilities declare the extension."""
    extensions = capabilities.get("extensions") if isinstance(capabilities, dict) else None
    return isinstance(extensions, dict) and EXTENSION in extensions


def read_skill(entry: Any) -> tuple[Skill | None, list[Breach]]:
    """An entry as it came; None where no host may load it."""
    fatal = _why_no_skill(entry)
    if fatal:
        return None, [_breach("skill-entry-invalid", Severity.ERROR, fatal, "Send entries as the extension has them.")]
    frontmatter, resources = entry["frontmatter"], entry["resources"]
    files = None if resources == "dynamic" else tuple(map(_file, resources))
    skill = Skill(entry["uri"], frontmatter["name"], frontmatter["description"], frontmatter, files)
    return skill, list(_breaches(skill))


def content_of(result: Any, uri: str) -> bytes | None:
    """The bytes of a file in a result of `resources/read`; None where it is not there or cannot be decoded."""
    contents = result.get("contents") if isinstance(result, dict) else None
    for item in contents if isinstance(contents, list) else ():
        if not isinstance(item, dict) or item.get("uri") != uri:
            continue
        if isinstance(item.get("text"), str):
            return str(item["text"]).encode("utf-8", "surrogatepass")
        if isinstance(item.get("blob"), str):
            return _decoded(item["blob"])
    return None


def verify(skill: Skill, uri: str, content: bytes) -> Breach | None:
    """Why these bytes are not the file of the skill that was listed, None if they are.

    Where `files` is None only the frontmatter can be verified, and that no more is read than hosts take.
    """
    if skill.files is None:
        return _too_large(uri, content) or _frontmatter_breach(skill, uri, content)
    file = skill.file(uri)
    if file is None:
        text = f"{shown(uri)} is no file of the skill {shown(skill.name)} as it was listed."
        return _breach("skill-file-unlisted", Severity.ERROR, text, "Read the entry again with skills/get.")
    return _size_breach(file, content) or _digest_breach(file, content) or _frontmatter_breach(skill, uri, content)


def _why_no_skill(entry: Any) -> str:
    """The sentence on what makes an entry unusable; empty for a usable one."""
    if not isinstance(entry, dict):
        return f"A skill must be an object, not {json_type(entry)}."
    frontmatter, resources = entry.get("frontmatter"), entry.get("resources")
    if not isinstance(entry.get("uri"), str):
        return f"The uri of a skill must be a string, not {json_type(entry.get('uri'))}."
    where = f"The skill {shown(entry['uri'])}"
    if not isinstance(frontmatter, dict):
        return f"{where} has no frontmatter object."
    for name in ("name", "description"):
        if not isinstance(frontmatter.get(name), str):
            return f"{where} has no {name} in its frontmatter."
    if resources == "dynamic":
        return ""
    if not isinstance(resources, list):
        return f'{where} must list its resources, or say "dynamic"; it has {json_type(resources)} instead.'
    return next((f"{where} lists a file that is {words}." for words in map(_why_no_file, resources) if words), "")


def _why_no_file(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("uri"), str):
        return "no object with a uri"
    digest, size = value.get("digest"), value.get("size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return f"without a digest of the form sha256:hex: {shown(value['uri'])}"
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return f"without its size in bytes: {shown(value['uri'])}"
    return ""


def _file(value: dict[str, Any]) -> SkillFile:
    return SkillFile(value["uri"], value["digest"], value["size"])


def _breaches(skill: Skill) -> Iterator[Breach]:
    """What a server should not do, though the skill can be loaded."""
    parts = skill.uri.split("/")
    where = f"The skill {shown(skill.uri)}"
    if parts[-1] != "SKILL.md" or len(parts) < 2 or parts[-2] != skill.name:
        text = f"{where} must stand at a path that ends with its name: {skill.name}/SKILL.md."
        yield _breach("skill-uri", Severity.WARN, text, "Name the folder after the skill.")
    if skill.files is None:
        text = f"{where} is dynamic: nothing can tell whether its files are the ones that were approved."
        yield _breach("skill-dynamic", Severity.NOTE, text, "List the files with their digests if they are stable.")
        return
    if skill.file(skill.uri) is None:
        text = f"{where} does not list its own SKILL.md, so it cannot be loaded."
        yield _breach("skill-manifest-incomplete", Severity.ERROR, text, "List every file, SKILL.md first.")
    size = sum(file.size for file in skill.files)
    if len(skill.files) > MAX_FILES or size > MAX_BYTES:
        text = (
            f"{where} has {len(skill.files)} files with {size} bytes; hosts need to take {MAX_FILES} and {MAX_BYTES}."
        )
        yield _breach("skill-too-large", Severity.WARN, text, "Split the skill.")


def _decoded(blob: str) -> bytes | None:
    try:
        return base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return None


def _size_breach(file: SkillFile, content: bytes) -> Breach | None:
    if len(content) == file.size:
        return None
    text = f"{shown(file.uri)} has {len(content)} bytes, but {file.size} were listed; it is not used."
    return _breach("skill-size-mismatch", Severity.ERROR, text, "List the size of the raw bytes that are served.")


def _digest_breach(file: SkillFile, content: bytes) -> Breach | None:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if digest == file.digest:
        return None
    text = f"{shown(file.uri)} has the digest {digest}, but {file.digest} was listed; it is not used."
    return _breach("skill-digest-mismatch", Severity.ERROR, text, "List the SHA-256 of the raw bytes that are served.")


def _frontmatter_breach(skill: Skill, uri: str, content: bytes) -> Breach | None:
    if uri != skill.uri:
        return None
    written, text = read_frontmatter(content.decode("utf-8", "replace"))
    if written is not None:
        different = differing_fields(skill.frontmatter, written)
        if not different:
            return None
        text = f"These fields of the frontmatter differ from what was listed: {', '.join(map(shown, different[:5]))}."
    text = f"{shown(uri)} is not used. {text}"
    return _breach("skill-frontmatter-mismatch", Severity.ERROR, text, "List the frontmatter word for word.")


def _too_large(uri: str, content: bytes) -> Breach | None:
    if len(content) <= MAX_BYTES:
        return None
    text = f"{shown(uri)} has {len(content)} bytes, more than the {MAX_BYTES} of a whole skill; it is not used."
    return _breach("skill-too-large", Severity.WARN, text, "Split the skill.")


def _breach(rule: str, severity: Severity, text: str, fix: str) -> Breach:
    return Breach(rule, severity, text, fix, _SPECIFICATION)
