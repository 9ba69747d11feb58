"""Skills of a server: their entries, and their files once they are verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.protocol.skills import EXTENSION, Skill, content_of, is_served, read_skill, verify
from inspector.session.calls import Answer
from inspector.session.session import Session


@dataclass(frozen=True, slots=True)
class SkillList:
    """The skills that can be loaded; `sentence` says why there are none where the server did not answer."""

    skills: tuple[Skill, ...] = ()
    sentence: str = ""
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class SkillContent:
    """A file of a skill: `content` is there only if it is what the entry says, else `sentence` says why it is not."""

    uri: str
    content: bytes | None = None
    sentence: str = ""
    answer: Answer | None = None

    @property
    def ok(self) -> bool:
        return self.content is not None


class Skills:
    """The skills of the server of a session. Nothing is read before `read` asks for it (section "Lazy Retrieval")."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def are_served(self) -> bool:
        negotiated = self._session.negotiated
        return negotiated is not None and is_served(negotiated.capabilities)

    async def list(self) -> SkillList:
        """All pages of `skills/list`; entries that break the rules are reported, unusable ones left out."""
        if not self.are_served:
            return SkillList(sentence=_NOT_SERVED)
        answer = await self._session.list_all("skills/list", "skills")
        if not answer.ok:
            return SkillList(sentence=answer.sentence, answer=answer)
        skills = [self._read(entry, answer) for entry in answer.result["skills"]]
        return SkillList(tuple(skill for skill in skills if skill is not None), answer=answer)

    async def get(self, uri: str) -> SkillList:
        """The entry of one skill as it is now, whether listed or not."""
        if not self.are_served:
            return SkillList(sentence=_NOT_SERVED)
        answer = await self._session.request("skills/get", {"uri": uri})
        if not answer.ok:
            return SkillList(sentence=answer.sentence, answer=answer)
        skill = self._read(answer.result.get("skill") if isinstance(answer.result, dict) else None, answer)
        return SkillList((skill,) if skill else (), answer=answer)

    async def read(self, skill: Skill, uri: str | None = None) -> SkillContent:
        """A file of the skill, its SKILL.md if none is named. What is not as listed is reported and kept back.

        A file that the entry does not list is not even asked for.
        """
        uri = skill.uri if uri is None else uri
        if skill.files is not None and skill.file(uri) is None:
            sentence = f"{uri} is not among the listed files of {skill.name}. Get its entry again; it may have changed."
            return SkillContent(uri, sentence=sentence)
        answer = await self._session.read_resource(uri)
        if not answer.ok:
            return SkillContent(uri, sentence=answer.sentence, answer=answer)
        content = content_of(answer.result, uri)
        if content is None:
            return SkillContent(uri, sentence=f"The answer holds no content for {uri}.", answer=answer)
        breach = verify(skill, uri, content)
        if breach is None:
            return SkillContent(uri, content, answer=answer)
        self._session.link.report(breach, about_n=answer.answer_n)
        return SkillContent(uri, sentence=breach.text, answer=answer)

    def _read(self, entry: Any, answer: Answer) -> Skill | None:
        skill, breaches = read_skill(entry)
        for breach in breaches:
            self._session.link.report(breach, about_n=answer.answer_n)
        return skill


_NOT_SERVED = f"The server does not declare the extension {EXTENSION}, so it is not asked for skills."
