"""Colours that everybody can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from inspector.ui import theme
from inspector.ui.delegates.timeline_delegate import MARK_ROLE, faint
from inspector.ui.theme import DARK, LIGHT, Colors

TEXT_ROLES = ["text", "muted", "good", "note", "warn", "bad", "inbound", "outbound", "heartbeat", "http", "lifecycle"]
READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3."""


def luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", ["window", "base", "raised", "selection"])
@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_text_can_be_read_on_every_background(scheme: Colors, background: str) -> None:
    ratios = {role: contrast(getattr(scheme, role), getattr(scheme, background)) for role in TEXT_ROLES}
    assert {role: ratio for role, ratio in ratios.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_style_sheet_names_only_what_there_is(scheme: Colors, application: QApplication) -> None:
    theme.apply(application, scheme)
    pictures = re.findall(r"url\((.+?)\)", application.styleSheet())
    assert len(set(pictures)) == 4
    assert all(Path(picture).is_file() for picture in pictures)
    assert "@" not in application.styleSheet()


@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_words_of_the_main_button_can_be_read(scheme: Colors) -> None:
    assert contrast(scheme.on_accent, scheme.accent) >= READABLE


def over(ground: QColor, base: str) -> str:
    """What one sees of a ground that lets its base through."""
    below, alpha = QColor(base), ground.alphaF()
    parts = zip(
        (ground.redF(), ground.greenF(), ground.blueF()), (below.redF(), below.greenF(), below.blueF()), strict=True
    )
    return QColor.fromRgbF(*(alpha * above + (1 - alpha) * under for above, under in parts)).name()


@pytest.mark.parametrize("role", ["warn", "bad", MARK_ROLE])
@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_rows_with_a_ground_of_their_own_stand_out_and_can_be_read(
    qapp: QApplication, scheme: Colors, role: str
) -> None:
    theme.apply(qapp, scheme)
    ground = over(faint(theme.color(role)), scheme.base)
    assert contrast(ground, scheme.base) >= 1.1
    ratios = {text: contrast(getattr(scheme, text), ground) for text in TEXT_ROLES}
    assert {text: ratio for text, ratio in ratios.items() if ratio < READABLE} == {}
