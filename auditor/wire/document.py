"""How every document is called and printed."""

from __future__ import annotations

import json
import re

from auditor.unseen import UNSEEN

__all__ = ["AUDIT", "COMPARISON", "FACTS", "dumps"]

AUDIT = "auditor/audit/1"
FACTS = "auditor/facts/1"
COMPARISON = "auditor/comparison/1"
_SURROGATE = re.compile("[\ud800-\udfff]")
# JSON leaves these as they are; a terminal obeys some of them and an editor shows others in a false order.
_UNSEEN = re.compile(f"[{UNSEEN}]")


def dumps(obj: object) -> str:
    """Return ``obj`` as JSON text: indented by two, a newline at the end, encodable as UTF-8.

    Invisible and direction-changing characters are written as JSON escapes; a lone surrogate becomes U+FFFD.
    """
    text = json.dumps(obj, ensure_ascii=False, indent=2, allow_nan=False)
    text = _SURROGATE.sub("\ufffd", text)
    return _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n"
