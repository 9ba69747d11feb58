"""Lists that come in pages (R5)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Any

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.session.calls import Answer
from inspector.session.link import Link

PAGINATION, LISTING = "MCP, utilities: pagination", "MCP, server features: results of lists"
MAX_PAGES = 1000
MANY_PAGES = 100
"""So many are worth a word: most clients read lists to their end before they begin."""


class Lists(ABC):
    """Reads lists to their end, or page by page, over any way to send a request."""

    link: Link

    @abstractmethod
    async def request(self, method: str, params: dict[str, Any] | None = None) -> Answer:
        """Send any request."""

    async def list_all(self, method: str, key: str) -> Answer:
        """All pages of a list (R5): `result[key]` holds the items of every page.

        A cursor that comes back, or more than 1000 pages, ends the loop with a finding; what came until then is kept.
        A cursor that the server no longer takes (-32602) leads back to the first page, once.
        """
        items: list[Any] = []
        last: Answer | None = None
        may_restart = True
        pages = self.list_pages(method, key)
        while (answer := await anext(pages, None)) is not None:
            if may_restart and last is not None and _is_stale_cursor(answer):
                items, last, may_restart, pages = [], None, False, self.list_pages(method, key)
                continue
            if not answer.ok or not isinstance(answer.result, dict):
                return answer
            last = answer
            page = answer.result.get(key)
            items.extend(page if isinstance(page, list) else [])
        assert last is not None  # noqa: S101 - there is always a first page
        return _with_items(last, key, items)

    async def list_pages(self, method: str, key: str) -> AsyncIterator[Answer]:
        """The pages of a list as they come; the one that is no page, if any, is the last."""
        cursors: set[str] = set()
        params: dict[str, Any] | None = None
        while True:
            answer = await self.request(method, params)
            for breach in _unreadable(method, key, answer) if answer.ok else ():
                self.link.report(breach, about_n=answer.answer_n)
            yield answer
            cursor = answer.result.get("nextCursor") if answer.ok and isinstance(answer.result, dict) else None
            if not isinstance(cursor, str):
                return
            if cursor in cursors or len(cursors) >= MAX_PAGES:
                self._report_loop(method, cursor, cursors, answer)
                return
            cursors.add(cursor)
            if len(cursors) == MANY_PAGES:
                self._report_many(method, answer)
            params = {"cursor": cursor}

    def _report_loop(self, method: str, cursor: str, cursors: set[str], answer: Answer) -> None:
        why = f"more than {MAX_PAGES} pages" if len(cursors) >= MAX_PAGES else f"the cursor {shown(cursor)} twice"
        text = f"{method} gave {why}; we stopped asking."
        if not cursor:
            text += " The empty string is a cursor, too, and means that there is more."
        breach = Breach("pagination-loop", Severity.ERROR, text, "Omit nextCursor on the last page.", PAGINATION)
        self.link.report(breach, about_n=answer.answer_n)

    def _report_many(self, method: str, answer: Answer) -> None:
        text = f"{method} has more than {MANY_PAGES} pages, each with a cursor of its own; we go on asking."
        fix = "Send more items on each page, and omit nextCursor on the last one."
        self.link.report(Breach("pagination-loop", Severity.WARN, text, fix, PAGINATION), about_n=answer.answer_n)


def _is_stale_cursor(answer: Answer) -> bool:
    return isinstance(answer.error, dict) and answer.error.get("code") == jsonrpc.INVALID_PARAMS


def _with_items(answer: Answer, key: str, items: list[Any]) -> Answer:
    """The last page's answer with the items of all pages."""
    result = {**answer.result, key: items}
    result.pop("nextCursor", None)
    return Answer(
        True, answer.method, result, rtt_ms=answer.rtt_ms, request_n=answer.request_n, answer_n=answer.answer_n
    )


def _unreadable(method: str, key: str, answer: Answer) -> Iterator[Breach]:
    """What is left out of a page because it cannot be read."""
    result = answer.result if isinstance(answer.result, dict) else {}
    for name, kind, is_right in (
        (key, "a list", isinstance(result.get(key), list)),
        ("nextCursor", "a string", isinstance(result.get("nextCursor"), str | None)),
    ):
        if not is_right:
            text = f"`{name}` in the result of {method} must be {kind}, not {jsonrpc.json_type(result.get(name))}."
            fix = "Send every page with its list, and nextCursor as a string or not at all."
            yield Breach("list-result-invalid", Severity.ERROR, text, fix, LISTING)
