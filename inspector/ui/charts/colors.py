"""What the charts are drawn in: the palette of Okabe and Ito, which the colour-blind tell apart too.

On a light ground some of it is darkened, as a line needs three times the luminance of what it is drawn on. Whatever
has a colour of its own has a shape or a dash of its own as well.
"""

from __future__ import annotations

from inspector.ui import theme

_DARK = {
    "first": "#56b4e9",
    "second": "#e69f00",
    "third": "#009e73",
    "fourth": "#cc79a7",
    "failure": "#ec6f2d",
}
_LIGHT = {
    "first": "#0072b2",
    "second": "#a66f00",
    "third": "#007a59",
    "fourth": "#a3527d",
    "failure": "#c24e00",
}


def chart_color(role: str) -> str:
    """The colour of a chart's role in the palette in force, else that of the theme."""
    found = (_DARK if theme.colors() is theme.DARK else _LIGHT).get(role)
    return found or str(getattr(theme.colors(), role))
