"""Skills over a real connection: listed, got, and read only where they are what was listed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

import inspector
from inspector.trace.river import River
from tests.end2end.river_check import violations
from tests.end2end.servers.faults import (
    JSON,
    Connection,
    FaultServer,
    Json,
    Request,
    StreamableMcp,
    initialize_result,
    result_of,
)

URI, FORMS = "skill://pdf/SKILL.md", "skill://pdf/forms.md"
FRONTMATTER = {"name": "pdf", "description": "Reads PDF."}
FILES = {URI: "---\nname: pdf\ndescription: Reads PDF.\n---\nBody\n", FORMS: "Forms"}


def entry() -> Json:
    resources = [
        {"uri": uri, "size": len(text), "digest": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}
        for uri, text in FILES.items()
    ]
    return {"uri": URI, "frontmatter": FRONTMATTER, "resources": resources}


class SkillServer:
    """What a server of skills does; `files` are what it serves, `asked` the files it was asked for."""

    def __init__(self, mcp: StreamableMcp) -> None:
        self.files = dict(FILES)
        self.entries: list[Any] = [entry()]
        self.asked: list[str] = []
        mcp.with_sessions = False
        extensions: Json = {"io.modelcontextprotocol/skills": {}}
        self.results = {
            "initialize": lambda params: initialize_result(resources={}, extensions=extensions),
            "skills/list": lambda params: {"skills": self.entries},
            "skills/get": lambda params: {"skill": self.entries[0]},
            "resources/read": self.read,
        }
        mcp.on.update(dict.fromkeys(self.results, self.answer))

    def read(self, params: Json) -> Json:
        self.asked.append(params["uri"])
        return {"contents": [{"uri": params["uri"], "text": self.files[params["uri"]]}]}

    async def answer(self, connection: Connection, request: Request, message: Json) -> None:
        result = self.results[message["method"]](message.get("params", {}))
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())


@pytest.fixture
def skills(mcp: StreamableMcp) -> SkillServer:
    return SkillServer(mcp)


async def test_a_skill_is_listed_and_read(server: FaultServer, skills: SkillServer) -> None:
    async with inspector.connect(server.url()) as session:
        offered = inspector.Skills(session)
        listed = await offered.list()
        [skill] = listed.skills
        assert skills.asked == []
        got = await offered.get(URI)
        body, forms = await offered.read(skill), await offered.read(skill, FORMS)
    assert (skill.name, skill.frontmatter) == ("pdf", FRONTMATTER)
    assert got.skills == (skill,)
    assert body.ok and body.content == FILES[URI].encode()
    assert forms.ok and forms.content == b"Forms"


async def test_a_changed_file_is_reported_and_kept_back(server: FaultServer, skills: SkillServer) -> None:
    river = River()
    skills.files[FORMS] = "Evil!"
    async with inspector.connect(server.url(), protocol_version="2025-11-25", river=river) as session:
        offered = inspector.Skills(session)
        [skill] = (await offered.list()).skills
        forms = await offered.read(skill, FORMS)
    assert not forms.ok and forms.content is None
    assert "it is not used" in forms.sentence
    assert violations(river) == ["skill-digest-mismatch"]


async def test_a_file_that_is_not_listed_is_not_asked_for(server: FaultServer, skills: SkillServer) -> None:
    async with inspector.connect(server.url()) as session:
        offered = inspector.Skills(session)
        [skill] = (await offered.list()).skills
        other = await offered.read(skill, "skill://pdf/other.md")
    assert not other.ok and other.sentence.startswith("skill://pdf/other.md is not among the listed files of pdf.")
    assert skills.asked == []


async def test_entries_that_no_host_may_load_are_reported(server: FaultServer, skills: SkillServer) -> None:
    river = River()
    skills.entries = ["nonsense", entry(), {"uri": "skill://x/SKILL.md", "frontmatter": FRONTMATTER}]
    async with inspector.connect(server.url(), protocol_version="2025-11-25", river=river) as session:
        listed = await inspector.Skills(session).list()
    assert [skill.uri for skill in listed.skills] == [URI]
    assert violations(river) == ["skill-entry-invalid"] * 2


async def test_a_server_without_skills_is_not_asked(server: FaultServer, mcp: StreamableMcp) -> None:
    async with inspector.connect(server.url()) as session:
        offered = inspector.Skills(session)
        listed, got = await offered.list(), await offered.get(URI)
    assert listed == got
    assert listed.skills == () and listed.answer is None
    assert "does not declare the extension" in listed.sentence
