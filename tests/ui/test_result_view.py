"""Every part of a result is shown, nothing is fetched or opened, and no shape raises."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPlainTextEdit, QScrollArea, QTextBrowser
from pytestqt.qtbot import QtBot

from inspector.ui.views.content import Block, BlockKind, blocks
from inspector.ui.views.picture import decode_image
from inspector.ui.views.result_view import ResultView
from inspector.ui.views.text_view import FIRST_LENGTH, TextView

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def view(qtbot: QtBot) -> ResultView:
    made = ResultView()
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    return made


def labels(view: ResultView) -> str:
    return "\n".join(label.text() for label in view.findChildren(QLabel))


def sentence(view: ResultView) -> str:
    label = view.findChild(QLabel, "resultSentence")
    assert isinstance(label, QLabel)
    return label.text()


def text_views(view: ResultView) -> list[TextView]:
    return view.findChildren(TextView)


def shown(view: ResultView, n: int = 0) -> str:
    return text_views(view)[n].shown_text()


def text_result(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def wav(seconds: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(16_000 * seconds))
    return out.getvalue()


def test_it_starts_empty(view: ResultView) -> None:
    assert "No result yet." in labels(view)


def test_plain_text_is_shown_as_it_is(view: ResultView) -> None:
    view.show_result(text_result("Hello <b>there</b>"))
    assert shown(view) == "Hello <b>there</b>"
    assert sentence(view) == "✓ Result"


def test_json_text_is_indented_with_exact_integers_and_copied_as_it_came(view: ResultView) -> None:
    raw = '{"id":12345678901234567890123,"list":[1]}'
    view.show_result(text_result(raw))
    assert '  "id": 12345678901234567890123,' in shown(view)
    copy = next(button for button in text_views(view)[0].findChildren(QAbstractButton) if button.text() == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == raw


def test_markdown_is_rendered_and_can_be_read_as_text(view: ResultView) -> None:
    view.show_result(text_result("# Report\n\nAll **good**."))
    assert shown(view) == "Report\nAll good."
    box = text_views(view)[0].findChildren(QComboBox)[0]
    box.setCurrentText("Text")
    box.activated.emit(box.currentIndex())
    assert shown(view).startswith("# Report")


def test_markdown_loads_nothing_and_follows_no_link(qtbot: QtBot, view: ResultView) -> None:
    view.show_result(text_result("# A\n![x](file:///etc/hostname) [go](https://example.com/)"))
    browser = view.findChildren(QTextBrowser)[0]
    assert browser.loadResource(2, QUrl("file:///etc/hostname")) is None
    assert not browser.openLinks()
    with qtbot.waitSignal(view.link_clicked) as clicked:
        browser.anchorClicked.emit(QUrl("https://example.com/"))
    assert clicked.args == ["https://example.com/"]


def test_a_tool_error_is_a_sentence(view: ResultView) -> None:
    view.show_result({"content": [{"type": "text", "text": "no such file"}], "isError": True})
    assert sentence(view) == "✗ The tool reports an error (isError)."
    assert shown(view) == "no such file"


def test_a_json_rpc_error_shows_code_message_and_data(view: ResultView) -> None:
    view.show_error({"code": -32602, "message": "Unknown tool", "data": {"tool": "x"}})
    assert sentence(view) == "✗ Error -32602: Unknown tool"
    assert '"tool": "x"' in shown(view)
    view.show_error("The connection was reset before the answer.")
    assert sentence(view) == "✗ The connection was reset before the answer."


def test_structured_content_and_metadata_and_unknown_fields_are_shown(view: ResultView) -> None:
    view.show_result({"content": [], "structuredContent": {"n": 2**70}, "_meta": {"k": "v"}, "ttlMs": 5})
    assert str(2**70) in shown(view, 0)
    assert '"k": "v"' in shown(view, 1)
    assert '"ttlMs": 5' in shown(view, 2)


def test_an_image_is_decoded(view: ResultView) -> None:
    view.show_result({"content": [{"type": "image", "mimeType": "image/png", "data": encoded(png(40, 20))}]})
    assert "image · image/png · 40×20" in labels(view)
    assert any(not label.pixmap().isNull() for label in view.findChildren(QLabel))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("!!!", "not valid base64"),
        (encoded(b"no image at all"), "is not shown"),
        (encoded(b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/x.png'/></svg>"), "not drawn"),
        (encoded(png(40, 20)[:60]), "cannot be decoded"),
        (encoded(png(9_000, 1)), "too large to be shown"),
        ("A" * 45_000_000, "over the limit of 32 MB"),
    ],
    ids=["base64", "text", "svg", "cut", "wide", "huge"],
)
@pytest.mark.qt_log_ignore("libpng|propagateSizeHints")
def test_an_image_that_cannot_be_shown_is_a_sentence(view: ResultView, data: str, words: str) -> None:
    view.show_result({"content": [{"type": "image", "mimeType": "image/png", "data": data}]})
    assert words in labels(view)


def test_a_large_image_is_scaled_to_fit() -> None:
    image, words = decode_image(png(2_000, 1_000))
    assert image is not None
    assert (image.width(), image.height(), words) == (640, 320, "2000×1000")


def test_audio_is_described(view: ResultView) -> None:
    view.show_result({"content": [{"type": "audio", "mimeType": "audio/wav", "data": encoded(wav(2))}]})
    assert "audio · audio/wav · 32.0 kB" in labels(view)
    assert "WAV, 2.0 s, 8,000 Hz, 1 channel" in labels(view)
    view.show_result({"content": [{"type": "audio", "mimeType": "audio/wav", "data": encoded(wav(2)[:20])}]})
    assert "The WAV header cannot be read." in labels(view)


def test_a_resource_link_asks_before_it_reads(qtbot: QtBot, view: ResultView) -> None:
    link = {
        "type": "resource_link",
        "uri": "file:///notes.txt",
        "name": "notes",
        "mimeType": "text/plain",
        "size": 2048,
    }
    view.show_result({"content": [link]})
    assert "resource link · notes · text/plain · 2.0 kB" in labels(view)
    button = view.findChild(QAbstractButton, "readResource")
    assert isinstance(button, QAbstractButton)
    with qtbot.waitSignal(view.resource_requested) as requested:
        button.click()
    assert requested.args == ["file:///notes.txt"]


def test_embedded_resources_are_text_or_data(view: ResultView) -> None:
    text = {"uri": "demo://a", "mimeType": "text/plain", "text": "inside"}
    blob = {"uri": "demo://b", "mimeType": "application/pdf", "blob": encoded(b"%PDF")}
    view.show_result({"content": [{"type": "resource", "resource": text}, {"type": "resource", "resource": blob}]})
    assert shown(view) == "inside"
    assert "resource · demo://b · application/pdf · 4 B" in labels(view)


def test_the_first_part_of_a_large_text_is_shown_and_the_rest_on_request(view: ResultView) -> None:
    text = "line of text\n" * 50_000
    view.show_result(text_result(text))
    assert len(shown(view)) == FIRST_LENGTH
    more = next(button for button in view.findChildren(QAbstractButton) if button.text().startswith("Show all"))
    assert more.text() == "Show all (650.0 kB)"
    more.click()
    assert shown(view) == text
    assert not more.isVisible()


def test_a_line_without_end_is_folded(view: ResultView) -> None:
    view.show_result(text_result("x" * 100_000))
    assert max(len(line) for line in shown(view).split("\n")) <= 4_096
    assert "Long lines are folded here" in labels(view)


def test_many_parts_are_shown_on_request(view: ResultView) -> None:
    view.show_result({"content": [{"type": "text", "text": str(n)} for n in range(100)]})
    assert len(text_views(view)) == 30
    button = view.findChild(QAbstractButton, "showAllParts")
    assert isinstance(button, QAbstractButton)
    button.click()
    assert [part.shown_text() for part in text_views(view)][-1] == "99"


def test_the_whole_result_can_be_copied(view: ResultView) -> None:
    view.show_result({"content": [], "structuredContent": {"n": 2**70}})
    button = view.findChild(QAbstractButton, "copyResult")
    assert isinstance(button, QAbstractButton)
    button.click()
    assert str(2**70) in QGuiApplication.clipboard().text()


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (None, "The result is not an object."),
        ([1], "The result is not an object."),
        ({"content": "x"}, "content is not an array."),
        ({"content": [5]}, "This content item is not an object."),
        ({"content": [{"type": "video"}]}, "Unknown content type."),
        ({"content": [{"type": ["text"]}]}, "Unknown content type."),
        ({"content": [{"type": "text", "text": 5}]}, "The fields do not fit this content type."),
        ({"content": [{"type": "resource", "resource": []}]}, "The fields do not fit this content type."),
    ],
    ids=str,
)
def test_a_shape_nobody_expects_is_shown_as_json(view: ResultView, result: Any, note: str) -> None:
    view.show_result(result)
    assert note in labels(view)
    assert shown(view)


def test_an_empty_result_says_so(view: ResultView) -> None:
    view.show_result({})
    assert "The result is empty." in labels(view)


def test_annotations_of_an_item_are_said() -> None:
    item = {"type": "text", "text": "a", "annotations": {"audience": ["user"]}}
    assert next(blocks({"content": [item]})) == Block(
        BlockKind.TEXT, "text", "a", 'annotations: {"audience": ["user"]}'
    )


@pytest.mark.parametrize("size", [-1, 10**400, 1.5, True, "2048"], ids=["negative", "huge", "float", "bool", "text"])
def test_a_size_that_is_none_is_not_said(view: ResultView, size: Any) -> None:
    view.show_result({"content": [{"type": "resource_link", "uri": "a:b", "name": "n", "size": size}]})
    assert "resource link · n" in [label.text() for label in view.findChildren(QLabel)]


def test_a_rendered_markdown_is_as_high_as_it_needs(qtbot: QtBot, view: ResultView) -> None:
    view.resize(360, 500)
    view.show_result({"content": [{"type": "text", "text": "### Three\n\n" + "- **a**: `b`\n" * 5}]})
    browser = view.findChild(QTextBrowser)
    assert isinstance(browser, QTextBrowser)
    qtbot.waitUntil(lambda: browser.verticalScrollBar().maximum() == 0)
    assert browser.viewport().height() >= browser.document().size().height()


def test_a_narrow_view_needs_no_sideways_scrolling(view: ResultView) -> None:
    view.resize(300, 400)
    view.show_result({"content": [], "structuredContent": {"a_rather_long_name": "x" * 500}})
    scroll = view.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    page = scroll.widget()
    assert page is not None
    assert page.minimumSizeHint().width() <= scroll.viewport().width()


TYPES = st.sampled_from(["text", "image", "audio", "resource", "resource_link", "x", None, 5])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"type": TYPES},
            optional=dict.fromkeys(
                ("text", "data", "resource", "uri", "blob", "mimeType", "annotations", "size"), inner
            ),
        )
    ),
    max_leaves=10,
)
RESULTS = ANY_JSON | st.fixed_dictionaries(
    {"content": ANY_JSON}, optional={"isError": ANY_JSON, "structuredContent": ANY_JSON, "_meta": ANY_JSON}
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RESULTS)
def test_no_result_and_no_error_raises(view: ResultView, result: Any) -> None:
    view.show_result(result)
    assert sentence(view)
    view.show_error(result)
    assert sentence(view).startswith("✗")


def test_a_task_and_missing_input_are_said_in_words(view: ResultView) -> None:
    view.show_result({"task": {"taskId": "t-1", "status": "working"}, "_meta": {"a": 1}})
    assert "Task t-1: working." in labels(view)
    assert shown(view) == '{\n  "a": 1\n}'
    view.show_result({"resultType": "input_required", "inputRequests": {"k": {"method": "roots/list"}}}, ["Round 2."])
    assert "Round 2.\nThe server wants more before it answers: roots/list (k)." in labels(view)


def test_the_usual_kind_of_result_is_no_news(view: ResultView) -> None:
    view.show_result({"resultType": "complete", **text_result("hi")})
    assert [part.shown_text() for part in text_views(view)] == ["hi"]


@pytest.mark.parametrize("text", ["many short words " * 12, "one\ntwo", "x" * 300, '{"a": {"b": 1}}'])
def test_a_short_text_is_whole_on_the_screen_however_its_lines_break(qtbot: QtBot, view: ResultView, text: str) -> None:
    view.resize(260, 500)
    view.show_result(text_result(text))
    (edit,) = (part for part in view.findChildren(QPlainTextEdit) if part.isVisible())
    qtbot.waitUntil(lambda: edit.verticalScrollBar().maximum() == 0)
    lines = edit.document().size().height() * edit.fontMetrics().lineSpacing()
    assert edit.height() < lines + 3 * edit.fontMetrics().lineSpacing()


def test_a_long_markdown_text_is_shown_from_its_beginning(qtbot: QtBot, view: ResultView) -> None:
    view.show_result(text_result("# Title\n\n" + "- an entry of a list\n" * 60))
    (browser,) = view.findChildren(QTextBrowser)
    qtbot.waitUntil(lambda: browser.verticalScrollBar().maximum() > 0)
    assert browser.verticalScrollBar().value() == 0
