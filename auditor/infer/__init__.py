"""From facts to meaning: (Build, Knowledge) -> Conduct."""

from __future__ import annotations

from auditor.infer.packed import find_packing
from auditor.infer.sdks import find_sdks
from auditor.knowledge.schema import Knowledge
from auditor.model import Build, Conduct

__all__ = ["infer"]


def infer(build: Build, knowledge: Knowledge) -> Conduct:
    """Say which SDKs are in a build, and what hides its code."""
    return Conduct(sdks=find_sdks(build, knowledge), gaps=find_packing(build, knowledge))
