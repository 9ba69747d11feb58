"""What the user wrote is there in the next run."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.protocol.roots import Root
from inspector.record.redaction import RedactionRules
from inspector.ui.user_data import MAX_ANSWERS, UserData

ANSWER = {"role": "assistant", "content": {"type": "text", "text": 'a, "b"\nä; =%'}, "model": "m"}


def test_roots_and_answers_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "user.ini"
    data = UserData(path)
    assert (data.roots(), data.answers()) == ((), {})
    roots = (Root("file:///srv/b", "b, with; signs"), Root("file:///a%20b"))
    data.set_roots(roots)
    data.set_answers({"polite": ANSWER})
    again = UserData(path)
    assert again.roots() == roots
    assert again.answers() == {"polite": ANSWER}


@pytest.mark.parametrize(
    "text", ["", "[General]\nroots=nonsense\nanswers=[1]", "[General]\nroots=1, 2\nanswers=@Invalid()"]
)
def test_a_file_that_somebody_edited_is_as_good_as_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "user.ini"
    path.write_text(text)
    assert UserData(path).roots() == ()
    assert UserData(path).answers() == {}


def test_there_is_a_limit_to_the_answers(tmp_path: Path) -> None:
    data = UserData(tmp_path / "user.ini")
    data.set_answers({str(number): ANSWER for number in range(MAX_ANSWERS + 1)})
    assert len(data.answers()) == MAX_ANSWERS
    assert "0" not in data.answers()


def test_it_lies_in_the_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    UserData().set_roots((Root("file:///srv"),))
    assert (tmp_path / "sse-mcp-inspector" / "user.ini").is_file()


def test_what_is_masked_is_kept_and_only_what_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "user.ini"
    assert UserData(path).redaction() == RedactionRules()
    UserData(path).set_redaction(RedactionRules(patterns=("a;b, \\d", "(", "x"), session_ids=True, is_on=False))
    assert UserData(path).redaction() == RedactionRules(patterns=("a;b, \\d", "x"), session_ids=True)
    path.write_text('[General]\nredaction="{\\"patterns\\":[1,\\"ok\\"],\\"session_ids\\":1}"')
    assert UserData(path).redaction() == RedactionRules(patterns=("ok",))


def test_dismissed_findings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "user.ini"
    assert UserData(path).dismissed() == {}
    dismissed = {"http://h:1/mcp": {"sse-bom": "known; see #7", "other": ""}}
    UserData(path).set_dismissed(dismissed)
    assert UserData(path).dismissed() == dismissed
    path.write_text('[General]\ndismissed="{\\"a\\": 1, \\"b\\": {\\"x\\": 2}}"', encoding="utf-8")
    assert UserData(path).dismissed() == {"b": {}}


def test_expectations_are_kept_by_server(tmp_path: Path) -> None:
    path = tmp_path / "user.ini"
    assert UserData(path).expectations() == {}
    texts = {"http://h:1/mcp": 'no drops\nanswer under 2s of "a, b"  # ; \\n\n'}
    UserData(path).set_expectations(texts)
    assert UserData(path).expectations() == texts
    path.write_text('[General]\nexpectations="{\\"a\\": 1, \\"b\\": \\"no drops\\"}"', encoding="utf-8")
    assert UserData(path).expectations() == {"b": "no drops"}
