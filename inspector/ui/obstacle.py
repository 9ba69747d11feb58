"""What keeps the window from opening on this machine, in one sentence with the command that mends it.

Qt itself would end the process with an abort where a system library or the display is missing.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Sequence
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
    plugin = _plugin("libqxcb.so")
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return _explain(str(error), _not_found(plugin))
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


def _not_found(library: Path) -> list[str]:
    """All system libraries that this one lacks, so that one command can bring them; empty where nobody can tell."""
    try:
        listed = subprocess.run(["ldd", str(library)], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return re.findall(r"^\s*(\S+) => not found", listed, re.MULTILINE)


def _explain(error: str, others: Sequence[str] = ()) -> str:
    missing = _MISSING.search(error)
    if missing is None:
        return f"Qt cannot be loaded: {error}. Reinstall the program: pip install --force-reinstall PySide6-Essentials."
    libraries = list(dict.fromkeys((missing[1], *others)))
    packages = [PACKAGES[library] for library in libraries if library in PACKAGES]
    noun, verb = ("libraries", "are") if len(libraries) > 1 else ("library", "is")
    said = f"The system {noun} {', '.join(libraries)} {verb} missing, which Qt needs."
    if len(packages) < len(libraries):
        return f"{said} Install the packages that hold them."
    return f"{said} Install: sudo apt-get install {' '.join(packages)}"
