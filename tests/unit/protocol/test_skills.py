"""Entries of skills, and files that are or are not what was listed."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from inspector.protocol.skills import MAX_BYTES, Skill, SkillFile, content_of, is_served, read_skill, verify

URI = "skill://pdf/SKILL.md"
TEXT = "---\nname: pdf\ndescription: Reads PDF.\n---\nBody\n"
BODY = TEXT.encode()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def file(content: bytes, uri: str = URI) -> dict[str, Any]:
    return {"uri": uri, "digest": digest(content), "size": len(content)}


def entry(**changes: Any) -> dict[str, Any]:
    frontmatter = {"name": "pdf", "description": "Reads PDF."}
    return {"uri": URI, "frontmatter": frontmatter, "resources": [file(BODY)], **changes}


def skill(**changes: Any) -> Skill:
    read, breaches = read_skill(entry(**changes))
    assert read is not None, breaches
    return read


def test_an_entry() -> None:
    read, breaches = read_skill(entry())
    assert breaches == []
    assert read == Skill(URI, "pdf", "Reads PDF.", entry()["frontmatter"], (SkillFile(URI, digest(BODY), len(BODY)),))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        entry(uri=1),
        entry(frontmatter=None),
        entry(frontmatter={"name": "pdf"}),
        entry(frontmatter={"name": 1, "description": ""}),
        entry(resources=None),
        entry(resources="static"),
        entry(resources=[None]),
        entry(resources=[{**file(BODY), "digest": "sha256:ABC"}]),
        entry(resources=[{**file(BODY), "size": "9"}]),
        entry(resources=[{**file(BODY), "size": True}]),
        entry(resources=[{**file(BODY), "size": -1}]),
    ],
)
def test_an_entry_that_no_host_may_load(value: Any) -> None:
    read, [breach] = read_skill(value)
    assert read is None
    assert breach.rule == "skill-entry-invalid"
    assert breach.text.endswith(".")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"uri": "skill://other/SKILL.md", "resources": [file(BODY, "skill://other/SKILL.md")]}, "skill-uri"),
        ({"resources": "dynamic"}, "skill-dynamic"),
        ({"resources": []}, "skill-manifest-incomplete"),
        ({"resources": [{**file(BODY), "size": MAX_BYTES + 1}]}, "skill-too-large"),
        ({"resources": [file(BODY), *(file(b"", f"skill://pdf/{n}") for n in range(512))]}, "skill-too-large"),
    ],
)
def test_an_entry_that_breaks_a_rule_can_be_loaded(changes: dict[str, Any], rule: str) -> None:
    read, [breach] = read_skill(entry(**changes))
    assert read is not None
    assert breach.rule == rule


def test_a_file_as_listed() -> None:
    assert verify(skill(), URI, BODY) is None


def test_a_supporting_file_needs_no_frontmatter() -> None:
    forms = "skill://pdf/forms.md"
    assert verify(skill(resources=[file(BODY), file(b"Forms", forms)]), forms, b"Forms") is None


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (BODY + b"more", "skill-size-mismatch"),
        (BODY.replace(b"Body", b"Evil"), "skill-digest-mismatch"),
    ],
)
def test_another_file_than_listed(content: bytes, rule: str) -> None:
    breach = verify(skill(), URI, content)
    assert breach is not None and breach.rule == rule


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("content", [BODY.replace(b"Reads", b"Sends"), b"Body", b"---\na: [\n---\n", b"\xff"])
def test_another_frontmatter_than_listed(content: bytes, dynamic: bool) -> None:
    breach = verify(skill(resources="dynamic" if dynamic else [file(content)]), URI, content)
    assert breach is not None and breach.rule == "skill-frontmatter-mismatch"


def test_a_file_that_is_not_listed() -> None:
    breach = verify(skill(), "skill://pdf/other.md", b"")
    assert breach is not None and breach.rule == "skill-file-unlisted"


def test_a_dynamic_skill_can_only_be_measured() -> None:
    read = skill(resources="dynamic")
    assert verify(read, "skill://pdf/any", b"anything") is None
    breach = verify(read, "skill://pdf/any", bytes(MAX_BYTES + 1))
    assert breach is not None and breach.rule == "skill-too-large"


@pytest.mark.parametrize(
    ("item", "content"),
    [
        ({"uri": URI, "text": "é"}, "é".encode()),
        ({"uri": URI, "text": "\ud800"}, b"\xed\xa0\x80"),
        ({"uri": URI, "blob": base64.b64encode(b"\x00\xff").decode()}, b"\x00\xff"),
        ({"uri": URI, "blob": "no base64"}, None),
        ({"uri": URI}, None),
        ({"uri": "skill://other", "text": "x"}, None),
        (None, None),
    ],
)
def test_the_content_of_a_read(item: Any, content: bytes | None) -> None:
    assert content_of({"contents": [item]}, URI) == content


@pytest.mark.parametrize("result", [None, {}, {"contents": None}, []])
def test_a_read_without_contents(result: Any) -> None:
    assert content_of(result, URI) is None


@pytest.mark.parametrize(
    ("capabilities", "served"),
    [
        ({"extensions": {"io.modelcontextprotocol/skills": {}}}, True),
        ({"extensions": {}}, False),
        ({"extensions": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_server_declares_its_skills(capabilities: Any, served: bool) -> None:
    assert is_served(capabilities) is served
