"""Audits as a PDF: the HTML report as it is printed, in one language."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, NoReturn

from auditor.errors import OutputError
from auditor.model import Audit, Language
from auditor.report import html

__all__ = ["check", "render"]

_ZOOM = 0.75
"""How large the page is on paper: its type is made for screens."""
_PAPER = f"@page {{ size: {210 / _ZOOM}mm {297 / _ZOOM}mm }}"
"""What becomes A4 by that."""
_FONTS = "install Pango and a font with Chinese characters (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk)"


def check() -> None:
    """Raise OutputError where what WeasyPrint takes from the system is not there: Pango, or any font with Chinese characters."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        raise OutputError(f"the format pdf takes Pango, which cannot be loaded ({str(error).splitlines()[0]})", _FONTS) from None
    if (lister := shutil.which("fc-list")) is not None:
        found = subprocess.run([lister, ":lang=zh", "file"], capture_output=True, check=False)  # noqa: S603 - fontconfig's own
        if found.returncode == 0 and not found.stdout.strip():
            raise OutputError("the format pdf takes a font with Chinese characters, and none is installed", _FONTS)


def render(audits: Sequence[Audit], language: Language) -> bytes:
    """Return ``audits`` as a PDF. It holds no time; the fonts of the machine are part of it, so it may differ on another one."""
    import weasyprint

    # it tells of every property it does not know, of which a page made for browsers has many
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    page = weasyprint.HTML(string=html.render(audits, language), url_fetcher=_nothing)
    pdf: bytes = page.write_pdf(stylesheets=[weasyprint.CSS(string=_PAPER)], zoom=_ZOOM, pdf_identifier=b"auditor")
    return pdf


def _nothing(url: str, *_: Any, **__: Any) -> NoReturn:
    raise ValueError(f"a report holds all it shows; {url} is none of it")
