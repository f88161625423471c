"""What findings call an SDK of the policy."""

from __future__ import annotations

from auditor.model import DeclaredSdk, Text

__all__ = ["called"]


def called(row: DeclaredSdk) -> Text:
    """Return the words the policy has for an SDK: its name, and its package where it gives both."""
    if row.name and row.package:
        return Text(zh=f"“{row.name}”（{row.package}）", en=f"“{row.name}” ({row.package})")
    return Text(zh=f"“{row.written}”", en=f"“{row.written}”")
