"""Which characters the machine's fonts can draw; the others are named, never printed as an empty box.

A box would be taken for what hides a name or a number. The fonts are those fontconfig offers, as for the PDF itself.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import unicodedata
from functools import lru_cache

from django.utils.translation import gettext as _

FAMILIES = b"Noto Serif CJK SC,Noto Sans CJK SC,serif:lang=zh-cn"
LIBRARIES = ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll")
UNSEEN = {"Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"}
"""Categories that no font needs a glyph for: spaces, joiners, marks and selectors that follow another character."""


def lacking(text: str) -> list[str]:
    """Characters of ``text`` that no font here draws, each once, in their order."""
    wanted = (character for character in dict.fromkeys(text) if ord(character) > 0x7F)
    return [each for each in wanted if unicodedata.category(each) not in UNSEEN and not is_drawn(each)]


@lru_cache(maxsize=8192)
def is_drawn(character: str) -> bool:
    """True as well where the fonts cannot be asked: then nothing is known to be missing."""
    found = _charset()
    return found is None or bool(found[0].FcCharSetHasChar(found[1], ord(character)))


def named(text: str, missing: list[str]) -> str:
    """``text`` with each of ``missing`` replaced by its number: 〔字库缺：U+3158E〕."""
    said = {ord(character): _("〔字库缺：%(code)s〕") % {"code": f"U+{ord(character):04X}"} for character in missing}
    return text.translate(said)


@lru_cache(maxsize=1)
def _charset() -> tuple[ctypes.CDLL, ctypes.c_void_p] | None:
    """All characters of all fonts that would be tried for a sheet; kept for the life of the process."""
    library = _library()
    if library is None:
        return None
    for name in ("FcNameParse", "FcFontSort"):
        getattr(library, name).restype = ctypes.c_void_p
    pattern = ctypes.c_void_p(library.FcNameParse(FAMILIES))
    library.FcConfigSubstitute(None, pattern, 0)
    library.FcDefaultSubstitute(pattern)
    union, result = ctypes.c_void_p(), ctypes.c_int()
    library.FcFontSort(None, pattern, 1, ctypes.byref(union), ctypes.byref(result))
    return (library, union) if union else None


def _library() -> ctypes.CDLL | None:
    for name in (*LIBRARIES, ctypes.util.find_library("fontconfig")):
        try:
            return ctypes.CDLL(name) if name else None
        except OSError:
            continue
    return None
