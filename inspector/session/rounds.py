"""Answers that ask back: the input a server requires before it goes on (R48), and links it wants opened (R33)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from inspector.protocol import error_codes, input_required, jsonrpc
from inspector.session.asked import Asked
from inspector.session.asks import Asks
from inspector.session.calls import Answer
from inspector.session.link import Link
from inspector.session.options import Refused
from inspector.trace.events import Outcome

MAX_WORDS = 200
"""How many characters of an error stand in a sentence of ours."""


class Rounds:
    """Puts the server's questions to the user's side and says how the request goes on."""

    def __init__(self, link: Link, asks: Asks) -> None:
        self._link = link
        self._asks = asks

    async def after_input_required(self, asked: Asked, answer: Answer, declared: dict[str, Any]) -> Answer | Asked:
        """The same request again with all that was asked for; a failed `Answer` where the user refuses (R48).

        `declared` are the capabilities that went along with the request.
        """
        required = input_required.read(answer.result)
        if required is not None:
            for breach in input_required.breaches(required, asked.method, declared):
                self._link.report(breach, about_n=answer.answer_n)
        if required is None or not (required.requests or required.request_state is not None):
            return failed(answer, f"{asked.method} wants input, but does not say which. The server has to be mended.")
        if asked.round >= input_required.MAX_ROUNDS:
            text = f"{asked.method} wanted input {asked.round + 1} times; we stop after {input_required.MAX_ROUNDS}."
            return failed(answer, text)
        try:
            responses = {key: await self._asks.ask(*question) for key, question in required.requests.items()}
        except Refused as refused:
            return failed(answer, f"{asked.method} was not asked again: {refused.sentence}", Outcome.CANCELLED)
        except Exception as error:  # a callback is the user's code: its failure ends this request only
            text = f"{asked.method} was not asked again: the input failed{words_of(error)}"
            return failed(answer, text, Outcome.CANCELLED)
        if not responses:
            await asyncio.sleep(input_required.pause_s(asked.round + 1))
        params = input_required.retry_params(asked.params or {}, responses, required.request_state)
        return replace(asked, params=params, round=asked.round + 1)

    async def after_url_required(self, asked: Asked, answer: Answer) -> Answer | Asked:
        """-32042 of 2025-11-25: every link needs the user's consent, then the request is sent once more (R33)."""
        links = _links(answer.error)
        if asked.is_repeat or not links:
            return answer
        try:
            for link in links:
                said = await self._asks.ask("elicitation/create", link)
                if said.get("action") != "accept":
                    return answer
        except Refused:
            return answer
        except Exception as error:  # a callback is the user's code
            return replace(answer, sentence=f"{answer.sentence} The consent failed{words_of(error)}")
        return replace(asked, is_repeat=True)


def _links(error: Any) -> tuple[dict[str, Any], ...]:
    is_wanted = jsonrpc.code_in(error) == error_codes.URL_ELICITATION_REQUIRED
    return error_codes.url_elicitations(error.get("data")) if is_wanted else ()


def words_of(error: Exception) -> str:
    """How a callback failed, as the end of a sentence."""
    if isinstance(error, TimeoutError):
        return ", as nobody answered in time."
    said = " ".join(str(error).split())[:MAX_WORDS].rstrip(". ")
    return f" with {type(error).__name__}{f': {said}' if said else ''}."


def failed(answer: Answer, sentence: str, outcome: Outcome = Outcome.REFUSED) -> Answer:
    """The answer of a request that was answered, but not with what was asked for."""
    return replace(answer, ok=False, sentence=sentence, result=None, error=None, outcome=outcome)
