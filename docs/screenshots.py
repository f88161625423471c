"""Take the pictures of the HTML report that the documents show: ``python docs/screenshots.py`` (Playwright and Chromium).

Pixels depend on the fonts of the machine, so no test compares them; take them again when the report looks different.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from auditor.model import Language
from auditor.pipeline import audit_build
from auditor.report.html import render

DOCS = Path(__file__).parent
ROOT = DOCS.parent


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of the top of a report, or of the first element that a selector names."""

    file: str
    sample: str
    language: Language
    scheme: str
    width: int
    height: int
    selector: str = ""


SHOTS = (
    Shot("report.png", "tego-drifted.apk", Language.ZH, "light", 1160, 960),
    Shot("report-finding.png", "tego-drifted.apk", Language.EN, "dark", 1160, 1400, "#f9"),
    Shot("report-pictures.png", "tego-drifted.apk", Language.ZH, "light", 1160, 1400, "section:has(> #pictures)"),
    Shot("report-gaps.png", "tego-packed.apk", Language.EN, "light", 1160, 620),
    Shot("report-phone.png", "tego-drifted.ipa", Language.ZH, "dark", 390, 1100),
)


def main() -> None:
    """Take every picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            audit = audit_build(ROOT / "sample_apks" / shot.sample, ROOT / "declarations" / "tego.yaml", shown_as="declarations/tego.yaml")
            report = Path(folder) / f"{shot.sample}.html"
            report.write_text(render([audit], shot.language), "utf-8")
            size = {"width": shot.width, "height": shot.height}
            page = browser.new_page(viewport=size, color_scheme="dark" if shot.scheme == "dark" else "light")  # type: ignore[arg-type]
            page.goto(report.as_uri())
            if shot.selector:
                page.locator(shot.selector).first.screenshot(path=DOCS / shot.file)
            else:
                page.screenshot(path=DOCS / shot.file)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
