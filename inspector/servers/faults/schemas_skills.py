"""Faults of skills: entries that are not right, and files that are not what the entry says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from inspector.protocol.skills import EXTENSION, MAX_BYTES
from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Make, Visit
from inspector.servers.faults.honest import Honest, Line
from inspector.servers.http import HttpRequest

URI = "skill://pdf/SKILL.md"
FRONTMATTER: Json = {"name": "pdf", "description": "Reads PDF."}
TEXT = "---\nname: pdf\ndescription: Reads PDF.\n---\nBody\n"
VISIT = Visit(calls=(), skills=True)


class SkillServer(Honest):
    """Serves one skill of one file."""

    uri = URI
    text = TEXT

    def capabilities(self, version: str) -> Json:
        return {**super().capabilities(version), "resources": {}, "extensions": {EXTENSION: {}}}

    def file(self) -> Json:
        """The file as the entry lists it."""
        content = TEXT.encode()
        return {"uri": self.uri, "size": len(content), "digest": f"sha256:{hashlib.sha256(content).hexdigest()}"}

    def entry(self) -> Json:
        """The entry of the skill."""
        return {"uri": self.uri, "frontmatter": FRONTMATTER, "resources": [self.file()]}

    async def result(self, message: Json, line: Line, http: HttpRequest) -> Json:
        match message["method"]:
            case "skills/list":
                return {"skills": [self.entry()]}
            case "resources/read":
                return {"contents": [{"uri": self.uri, "text": self.text}]}
        return await super().result(message, line, http)


class Moved(SkillServer):
    """Stands in a folder of another name."""

    uri = "skill://documents/SKILL.md"


class Longer(SkillServer):
    """Serves more than it lists."""

    text = f"{TEXT}More.\n"


class Changed(SkillServer):
    """Serves another text of the same length."""

    text = TEXT.replace("Body", "Evil")


def with_entry(change: Callable[[Json], Json]) -> Make:
    """A server whose entry is changed."""

    class Other(SkillServer):
        def entry(self) -> Json:
            return {**super().entry(), **change(super().entry())}

    return Other


def _without_digest(entry: Json) -> Json:
    return {"resources": [{"uri": URI, "size": 1}]}


def _other_file(entry: Json) -> Json:
    return {"resources": [{**entry["resources"][0], "uri": "skill://pdf/forms.md"}]}


def _dynamic(entry: Json) -> Json:
    return {"resources": "dynamic"}


def _with_huge_file(entry: Json) -> Json:
    return {"resources": [*entry["resources"], {**entry["resources"][0], "uri": "skill://pdf/a", "size": MAX_BYTES}]}


def _other_words(entry: Json) -> Json:
    return {"frontmatter": {**FRONTMATTER, "description": "Writes PDF."}}


def _skill(rule: str, summary: str, hit: Make) -> Fault:
    return Fault(rule, summary, hit, SkillServer, VISIT)


SKILLS: tuple[Fault, ...] = (
    _skill("skill-entry-invalid", "Lists a file without a digest.", with_entry(_without_digest)),
    _skill("skill-manifest-incomplete", "Lists a skill without its SKILL.md.", with_entry(_other_file)),
    _skill("skill-uri", "Has the skill pdf in the folder documents.", Moved),
    _skill("skill-dynamic", "Makes the files of a skill as they are read.", with_entry(_dynamic)),
    _skill("skill-too-large", "Lists a file larger than hosts take.", with_entry(_with_huge_file)),
    _skill("skill-size-mismatch", "Serves a file that is longer than listed.", Longer),
    _skill("skill-digest-mismatch", "Serves a file that is not the one listed.", Changed),
    _skill("skill-frontmatter-mismatch", "Lists another description than SKILL.md has.", with_entry(_other_words)),
)
