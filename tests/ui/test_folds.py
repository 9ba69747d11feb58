"""The folds of the window: time passes for a live river, and not for a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from inspector.diagnose.engine import Engine
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.topics import Topic
from inspector.record.recorder import Recorder
from inspector.trace.events import RequestSent, Severity
from inspector.ui import folds as folds_module
from inspector.ui.folds import Folds
from inspector.ui.user_data import UserData
from tests.support.rivers import Talk


class Silence(Watch):
    """Ten seconds after a request."""

    rules = ("silent",)

    def reactions(self) -> Mapping[Topic, Any]:
        return {Topic.HTTP_REQUEST: self._on_request}

    def _on_request(self, event: RequestSent) -> None:
        self.context.timers.after(event, 10.0, lambda: self.found("Silent.", (event.n,)))


RULES = {
    "silent": Rule(
        id="silent",
        group=Group.LIFETIME,
        title="Silent",
        severity=Severity.WARN,
        symptom="",
        cause="",
        fix="",
        watch=Silence,
    )
}


@pytest.fixture
def own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds_module, "Engine", lambda: Engine(rules=RULES))


@pytest.mark.usefixtures("own_rules")
def test_a_silence_is_found_while_it_lasts(qtbot: QtBot) -> None:
    talk = Talk()
    folds = Folds(talk)
    talk.send(1)
    folds.pull()
    talk.wait(10_400)
    folds.pull()
    assert folds.engine.count == 0  # what happened just now may not have been told yet
    talk.wait(200)
    folds.pull()
    assert folds.engine.count == 1


@pytest.mark.usefixtures("own_rules")
def test_a_recording_ends_with_its_last_event(qtbot: QtBot) -> None:
    talk = Talk()
    talk.send(1)
    folds = Folds(talk, recorder=Recorder(talk))
    folds.catch_up()
    talk.wait(60_000)
    folds.pull()
    assert folds.engine.count == 0


def test_the_first_request_of_a_connection_names_the_server(qtbot: QtBot) -> None:
    UserData().set_dismissed({"http://h/mcp": {"odd": "known"}})
    talk = Talk()
    folds = Folds(talk)
    talk.send(1, url="http://u:p@h/mcp?key=1")
    talk.send(2, url="http://h/messages")
    folds.pull()
    assert folds.diagnosis.server == "http://h/mcp"
    assert folds.diagnosis.dismissals.reasons("http://h/mcp") == {"odd": "known"}
    talk.send(3, url="http://other/", connection=2)
    folds.pull()
    assert folds.diagnosis.server == "http://other/"
