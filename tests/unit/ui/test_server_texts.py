"""Texts by server: kept, forgotten when empty, and not more of them than enough."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.ui.server_texts import MAX_SERVERS, ServerTexts


class Kept:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.written = 0

    def expectations(self) -> dict[str, str]:
        return dict(self.texts)

    def set_expectations(self, texts: Mapping[str, str]) -> None:
        self.texts, self.written = dict(texts), self.written + 1


def test_another_window_reads_it() -> None:
    kept = Kept()
    one, other = ServerTexts(kept), ServerTexts(kept)
    one.keep("http://a", "no drops")
    other.keep("http://b", "no errors")
    assert (other.text("http://a"), one.text("http://b"), one.text("http://c")) == ("no drops", "no errors", "")


def test_only_what_changes_is_written_and_empty_texts_are_forgotten() -> None:
    kept = Kept()
    texts = ServerTexts(kept)
    texts.keep("http://a", "no drops")
    texts.keep("http://a", "no drops")
    assert kept.written == 1
    texts.keep("http://a", " \n")
    assert kept.texts == {} and kept.written == 2


def test_the_servers_changed_last_are_kept() -> None:
    texts = ServerTexts()
    for number in range(MAX_SERVERS + 2):
        texts.keep(f"http://{number}", "no drops")
    assert (texts.text("http://1"), texts.text("http://2")) == ("", "no drops")
