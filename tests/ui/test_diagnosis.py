"""What the window knows of the findings: open or dismissed, and the events they rest on."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from inspector.diagnose.engine import Engine
from inspector.record.rows import ERROR, WARN
from inspector.trace.events import Severity, Violation
from inspector.ui.diagnosis import Diagnosis
from inspector.ui.dismissals import Dismissals
from inspector.ui.models.evidence import Held
from tests.support.rivers import Talk
from tests.ui.test_findings_pane import RULES, violate


def diagnosed(*names: str) -> Diagnosis:
    diagnosis = Diagnosis(Engine(rules=RULES))
    for about_n, name in enumerate(names):
        violate(diagnosis.engine, name, about_n=about_n)
    diagnosis.refresh()
    return diagnosis


def test_nothing_new_is_not_told(qtbot: QtBot) -> None:
    diagnosis = diagnosed("held-back")
    with qtbot.assertNotEmitted(diagnosis.changed, wait=10):
        diagnosis.refresh()
    violate(diagnosis.engine, "broken-json")
    with qtbot.waitSignal(diagnosis.changed):
        diagnosis.refresh()


def test_the_gravest_is_counted_with_what_is_explained() -> None:
    assert Diagnosis(Engine(rules=RULES)).gravest() is None
    assert diagnosed("held-back", "late-answer").gravest() == (Severity.WARN, 1)
    assert diagnosed("held-back", "broken-json", "broken-json").gravest() == (Severity.ERROR, 1)


def test_an_event_has_the_gravest_of_its_findings() -> None:
    diagnosis = Diagnosis(Engine(rules=RULES))
    violate(diagnosis.engine, "held-back", about_n=5)
    violate(diagnosis.engine, "broken-json", about_n=5)
    violate(diagnosis.engine, "held-back", about_n=6)
    diagnosis.refresh()
    both = Held(ERROR, "broken-json", ("Broken JSON", "Held back"))
    assert diagnosis.evidence.events == {5: both, 6: Held(WARN, "held-back", ("Held back",))}
    assert diagnosis.evidence.words(5) == "Evidence for: Broken JSON, Held back"
    assert diagnosis.evidence.words(7, before=6) == ""


def test_a_dismissed_cause_takes_what_it_explains_along() -> None:
    diagnosis = diagnosed("held-back", "late-answer", "broken-json")
    diagnosis.dismiss("held-back", "known")
    assert [finding.rule for finding in diagnosis.findings] == ["broken-json"]
    assert [finding.rule for finding in diagnosis.dismissed] == ["held-back"]
    assert list(diagnosis.evidence.events) == [2]
    diagnosis.restore("held-back")
    assert [finding.rule for finding in diagnosis.findings] == ["broken-json", "held-back"]


def test_a_consequence_alone_can_be_dismissed() -> None:
    diagnosis = diagnosed("held-back", "late-answer")
    diagnosis.dismiss("late-answer", "")
    (cause,) = diagnosis.findings
    assert cause.dependants == () and [finding.rule for finding in diagnosis.dismissed] == ["late-answer"]


def test_dismissals_are_those_of_the_server() -> None:
    diagnosis = diagnosed("held-back")
    dismissals = Dismissals()
    dismissals.dismiss("http://a", "held-back", "why")
    diagnosis.dismissals = dismissals
    diagnosis.refresh()
    assert not diagnosis.dismissed
    diagnosis.server = "http://a"
    diagnosis.refresh()
    assert diagnosis.reasons == {"held-back": "why"} and diagnosis.gravest() is None


def test_evidence_is_highlighted_once(qtbot: QtBot) -> None:
    diagnosis = diagnosed("held-back")
    (finding,) = diagnosis.findings
    with qtbot.waitSignal(diagnosis.evidence_changed) as changed:
        diagnosis.highlight(finding)
    assert changed.args == [diagnosis.evidence]
    with qtbot.assertNotEmitted(diagnosis.evidence_changed, wait=10):
        diagnosis.highlight(finding)
    assert diagnosis.evidence.highlighted == {0}


def test_a_violation_in_a_river_comes_through_the_folds(qtbot: QtBot) -> None:
    talk = Talk()
    talk.tell(Violation, rule="odd", severity=Severity.ERROR, text="Odd.", about_n=0)
    diagnosis = Diagnosis(talk.into(Engine(rules={})))
    diagnosis.refresh()
    assert [finding.rule for finding in diagnosis.findings] == ["odd"]
