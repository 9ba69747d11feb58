"""Ties the parts of the window together: who acts on what. Nothing is decided here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PySide6.QtCore import QObject

from inspector.protocol.era import LATEST
from inspector.record.text import plain
from inspector.ui import main_menu
from inspector.ui.call_draft import call_facts
from inspector.ui.dialogs import link_consent, rules_dialog
from inspector.ui.export_source import of_live
from inspector.ui.laboratory_entry import LaboratoryEntry
from inspector.ui.listing import Listing, ListKind
from inspector.ui.probing import Probing
from inspector.ui.raw_templates import RawTarget, preset_of
from inspector.ui.recordings import KEPT_MINUTES
from inspector.ui.resending import Resending
from inspector.ui.settings import Header
from inspector.ui.sharing import Sharing

if TYPE_CHECKING:
    from inspector.session.session import Session
    from inspector.ui.catalog_requests import Outcome
    from inspector.ui.main_window import MainWindow

NOTE_MS = 20_000
_NAME_CHARS = 60
NOT_CONNECTED = "Connect to a server to call its tools."
CONNECTING = "The tools can be called once the connection stands."


def connect(window: MainWindow) -> None:
    """Connect the signals of all parts; to be called once, when they are there."""
    for part in (_Bar(window), _Offers(window), _Work(window), _Connection(window), _Menu(window)):
        part.connect_parts()


class _Tie(QObject):
    """Some slots that belong together; it lives as long as the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.controller = window.controller


class _Bar(_Tie):
    """The connection bar, the timeline and the detail."""

    def connect_parts(self) -> None:
        window, bar = self.window, self.window.bar
        bar.connect_requested.connect(window.connect_now)
        bar.disconnect_requested.connect(self.controller.disconnect_now)
        bar.settings_requested.connect(window.open_settings)
        bar.help_requested.connect(window.show_shortcuts)
        window.timeline.selected.connect(window.detail.show_event)
        window.timeline.noted.connect(self._show_note)
        window.timeline.demo_wanted.connect(window.start_demo)
        window.timeline.finding_wanted.connect(window.tabs.show_finding)
        window.folds.diagnosis.evidence_changed.connect(window.area.show_evidence)
        window.detail.jump.connect(window.go_to_event)
        window.tabs.jump.connect(window.go_to_event)
        self.controller.connecting.connect(self._show_activity)
        self.controller.disconnected.connect(self._show_activity)
        self.controller.noted.connect(self._show_note)

    def _show_activity(self) -> None:
        self.window.bar.set_active(self.controller.is_active)

    def _show_note(self, sentence: str) -> None:
        self.window.statusBar().showMessage(sentence, NOTE_MS)


class _Offers(_Tie):
    """What is chosen on the left is worked on below."""

    def connect_parts(self) -> None:
        offers, subject = self.window.offers, self.window.tabs.subject
        offers.tools.selected.connect(subject.show_tool)
        offers.tools.rejected.connect(subject.show_tool)
        offers.resource_chosen.connect(subject.show_resource)
        offers.template_chosen.connect(subject.show_template)
        offers.prompt_chosen.connect(subject.show_prompt)
        offers.picked.connect(self.window.tabs.show_subject)
        offers.activated.connect(self.window.tabs.work_on_subject)
        self.controller.catalog.tools_changed.connect(self._show_listing)
        for turn in (self.controller.connecting, self.controller.disconnected):
            turn.connect(self._look_again)
        self._look_again()

    def _look_again(self) -> None:
        self._show_listing(self.controller.catalog.listing(ListKind.TOOLS))

    def _show_listing(self, listing: Listing) -> None:
        """Why nothing can be called stands where it would be called."""
        if listing.items is None and listing.is_loading:
            return
        calls = self.window.calls
        nothing = CONNECTING if self.controller.is_active else NOT_CONNECTED
        why = "" if listing.items else listing.why or nothing
        calls.set_obstacle(why or _gone(listing, calls.tool_name()))


class _Work(_Tie):
    """Calls, requests by hand, and the log."""

    def connect_parts(self) -> None:
        caller, tabs, calls = self.controller.caller, self.window.tabs, self.window.calls
        calls.call_requested.connect(caller.call)
        calls.cancel_requested.connect(caller.cancel_calls)
        calls.latency_wanted.connect(tabs.show_latency)
        tabs.subject.link_clicked.connect(partial(link_consent.ask, self.window))
        tabs.raw_built.connect(self._tie_raw)
        tabs.log_built.connect(self._tie_log)
        caller.call_started.connect(self._on_call_started)
        caller.call_progressed.connect(calls.show_progress)
        caller.call_said.connect(calls.append_stream)
        caller.call_finished.connect(calls.call_finished)
        caller.answered.connect(self.window.show_answer)
        requests = self.controller.catalog.requests
        for finished in (requests.read_finished, requests.prompt_finished):
            finished.connect(self._show_answer)

    def _on_call_started(self, tool: str) -> None:
        self.window.tools.select(tool)
        self.window.calls.call_started()

    def _show_answer(self, outcome: Outcome) -> None:
        if outcome.answer_n is not None:
            self.window.show_answer(outcome.answer_n)

    def _tie_raw(self, pane: Any) -> None:
        sender = self.window.raw_sender
        pane.send_requested.connect(sender.send)
        pane.stop_requested.connect(sender.stop)
        pane.stream_wanted.connect(self.window.timeline.show_stream)
        sender.started.connect(pane.reply_started)
        sender.replied.connect(pane.show_reply)
        sender.failed.connect(pane.send_failed)

    def _tie_log(self, pane: Any) -> None:
        pane.show_level(self.window.settings.log_level or "")
        pane.level_wanted.connect(self.controller.set_log_level)


class _Menu(_Tie):
    """Recordings, and what else stands in no pane."""

    def connect_parts(self) -> None:
        window, recordings = self.window, self.window.recordings
        recordings.said.connect(self._say)
        recordings.failed.connect(self._say)
        window.closing.connect(recordings.close)
        files: tuple[main_menu.Entry, ...] = (
            ("openRecording", "Open recording…", "Ctrl+O", recordings.ask_to_open),
            ("importCapture", "Import capture…", "", recordings.ask_to_import),
        )
        keeping: tuple[main_menu.Entry, ...] = (
            ("saveRecording", "Save recording…", "Ctrl+S", recordings.ask_to_save),
            ("keepLast", f"Keep the last {KEPT_MINUTES} minutes…", "", recordings.ask_to_keep_last),
        )
        sharing = Sharing(window, lambda: of_live(window.recorder), window.timeline, "this session")
        sharing.said.connect(self._say)
        Resending(window)
        giving: tuple[main_menu.Entry, ...] = (
            ("exportSession", "Export…", "Ctrl+E", sharing.ask_to_export),
            ("compareWith", "Compare with…", "Ctrl+D", recordings.ask_to_compare),
            ("replaySession", "Replay this recording", "", sharing.ask_to_replay),
        )
        asking: tuple[main_menu.Entry, ...] = (
            ("checkServer", "Check this server…", "Ctrl+Shift+K", self._ask_to_check),
            ("showRules", "Rules of the diagnosis…", "Shift+F1", partial(rules_dialog.open_rules, window)),
        )
        laboratory = LaboratoryEntry(window)
        testing: tuple[main_menu.Entry, ...] = (
            ("openLaboratory", "Laboratory…", "Ctrl+Shift+L", laboratory.open),
            ("openSoak", "Soak…", "", laboratory.open_soak),
        )
        showing: tuple[main_menu.Entry, ...] = (
            ("toggleServer", "Show or hide the server", "Ctrl+B", partial(window.toggle_dock, "Server")),
            ("toggleDetail", "Show or hide the detail", "Ctrl+Shift+B", partial(window.toggle_dock, "Detail")),
            ("present", "Presentation", "F11", self._present),
        )
        window.bar.set_menu(main_menu.build(window, (files, keeping, giving, asking, testing, showing)))

    def _present(self) -> None:
        from inspector.ui import presentation  # noqa: PLC0415 - seldom wanted

        presentation.present(self.window)

    def _ask_to_check(self) -> None:
        from inspector.ui.dialogs.probe_dialog import ProbeDialog  # noqa: PLC0415 - seldom wanted

        window = self.window
        session = self.controller.session
        probing = Probing(
            lambda: self.controller.session, lambda: self.controller.caller.latest, self.controller.scope, window
        )
        url = session.options.url if session else ""
        dialog = ProbeDialog(probing, url, window.folds.engine.findings, window)
        dialog.destroyed.connect(probing.deleteLater)
        dialog.findings_wanted.connect(window.tabs.show_finding)
        dialog.show()

    def _say(self, sentence: str) -> None:
        self.window.statusBar().showMessage(sentence, NOTE_MS)


class _Connection(_Tie):
    """What the parts need to know of a connection that stands."""

    def connect_parts(self) -> None:
        self.controller.connecting.connect(self._forget_session)
        self.controller.connected.connect(self._show_session)
        self.controller.disconnected.connect(self._name_window)
        self.controller.notified.connect(self.window.questions.note)
        self.window.questions.question_asked.connect(self._say_question)
        self.window.questions.queue_changed.connect(self._count_questions)

    def _forget_session(self) -> None:
        """What asks before a session stands, as for a sign-in, must not bear the name of the server before."""
        self._show_verdict("")
        questions = self.window.questions
        questions.server, questions.is_stateless = "", False

    def _show_session(self) -> None:
        session = self.controller.session
        if session is None:
            return
        negotiated = session.negotiated
        self._show_verdict(session.detected.sentence if session.detected else "")
        questions = self.window.questions
        questions.server = negotiated.server_name if negotiated else ""
        questions.is_stateless = session.is_stateless
        self._name_window()
        self.window.calls.set_facts(partial(_facts, session))
        self.window.tabs.set_target(_target(session))

    def _name_window(self) -> None:
        """Several windows are told apart by their servers; what the server calls itself comes behind its address."""
        session = self.controller.session
        place = urlsplit(session.options.url).netloc.rpartition("@")[2] if session else ""
        name = plain(self.window.questions.server, _NAME_CHARS) if session else ""
        self.window.setWindowTitle(" — ".join(filter(None, (place, name, "SSE MCP Inspector"))))

    def _show_verdict(self, sentence: str) -> None:
        self.window.bar.show_verdict(sentence)
        self.window.statusBar().showMessage(sentence, NOTE_MS)

    def _say_question(self, kind: str, text: str) -> None:
        self.window.statusBar().showMessage(text, 10_000)

    def _count_questions(self, count: int) -> None:
        if not count:
            self.window.statusBar().clearMessage()


def _gone(listing: Listing, tool: str) -> str:
    """Why the tool that is on the desk cannot be called: it may be one of the server before."""
    if not tool or listing.is_loading or listing.has_more or listing.why:
        return ""
    is_listed = any(isinstance(entry, dict) and entry.get("name") == tool for entry in listing.items or ())
    return "" if is_listed else f"This server lists no {tool}: choose another tool."


def _facts(session: Session, tool: Any) -> Any:
    """What holds for a call of this tool."""
    negotiated = session.negotiated
    revision, capabilities = (negotiated.protocol_version, negotiated.capabilities) if negotiated else ("", {})
    return call_facts(tool, revision, capabilities, session.options.request_timeout_s)


def _target(session: Session) -> RawTarget:
    negotiated = session.negotiated
    from inspector.protocol.manifest import is_manifest_url  # noqa: PLC0415 - only once something is connected

    url, manifest = session.options.url, session.manifest
    return RawTarget(
        manifest.endpoint if manifest and manifest.endpoint and is_manifest_url(url) else url,
        tuple(Header(name, value) for name, value in session.options.headers),
        session.session_id,
        negotiated.protocol_version if negotiated else LATEST,
        preset_of(session.transport),
    )
