"""The facts of a build as plain text."""

from __future__ import annotations

from dataclasses import replace

from auditor.model import Conduct, Language, SdkTier, Tool
from auditor.report.facts_text import render_facts
from tests.factories import build, sdk


def lines(*sdks: object) -> list[str]:
    conduct = replace(Conduct(), sdks=sdks)
    return render_facts(build(), conduct, Tool(version="1", knowledge="0" * 12), Language.EN).splitlines()


def test_an_sdk_stands_with_the_version_that_the_build_tells() -> None:
    told, silent = sdk("getui-push", version="4.3.5.0"), sdk("bugly", tier=SdkTier.NAMED)
    shown = lines(told, silent)
    assert [line for line in shown if line.endswith("  version 4.3.5.0")] == [
        next(line for line in shown if line.startswith("  getui-push  bundled  high"))
    ]
    assert "version" not in next(line for line in shown if line.startswith("  bugly  named"))
