"""What keeps the window from opening on this machine, in one sentence with the command that mends it.

Qt itself would end the process with an abort where a system library or the display is missing.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from pathlib import Path

PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
}
"""Debian's package for each system library that Qt needs and a bare machine may lack."""

_MISSING = re.compile(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file")


def find(*, may_be_offscreen: bool) -> str | None:
    """The obstacle, or None. Without a display, a run that ends by itself is switched to drawing offscreen."""
    if not sys.platform.startswith("linux"):
        return _missing_library()
    if not os.environ.get("QT_QPA_PLATFORM") and not _has_display():
        if not may_be_offscreen:
            return (
                "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Use a desktop session, "
                "a headless command (probe, call, watch), or QT_QPA_PLATFORM=offscreen."
            )
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return _missing_library() or _x_trouble()


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _missing_library() -> str | None:
    try:
        import PySide6.QtWidgets  # noqa: F401, PLC0415 - the import is the check
    except ImportError as error:
        return _explain(str(error))
    return None


def _x_trouble() -> str | None:
    """What the X11 plug-in of Qt would abort over: a missing library of its own, or a display that does not answer."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform.partition(":")[0] not in ("", "xcb") or not os.environ.get("DISPLAY"):
        return None
    if not platform and os.environ.get("WAYLAND_DISPLAY"):
        return None
    try:
        ctypes.CDLL(str(_plugin("libqxcb.so")))
    except OSError as error:
        return _explain(str(error))
    return _display_trouble(os.environ["DISPLAY"])


def _display_trouble(name: str) -> str | None:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    broken = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"The display {name!r} does not answer. Set DISPLAY to a running one, or unset it." if broken else None


def _plugin(name: str) -> Path:
    spec = importlib.util.find_spec("PySide6")
    places = (spec.submodule_search_locations if spec else None) or [""]
    return Path(places[0]) / "Qt" / "plugins" / "platforms" / name


def _explain(error: str) -> str:
    missing = _MISSING.search(error)
    if missing is None:
        return f"Qt cannot be loaded: {error}. Reinstall the program: pip install --force-reinstall PySide6-Essentials."
    library = missing[1]
    package = PACKAGES.get(library)
    if package is None:
        return f"The system library {library} is missing, which Qt needs. Install the package that holds it."
    return f"The system library {library} is missing, which Qt needs. Install it: sudo apt-get install {package}"
