"""Audit a mobile app build against the privacy policy its owner declared.

>>> from auditor import audit_build
>>> audit = audit_build(Path("app.apk"), Path("declarations/app.yaml"))  # doctest: +SKIP
>>> audit.verdict.value  # doctest: +SKIP
'contradicted'
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "audit_build", "check_declaration", "errors", "model", "read_build", "scan"]

_FRONT_DOOR = ("audit_build", "check_declaration", "read_build")


def __getattr__(name: str) -> object:
    """Load the pipeline on first use, so that ``auditor --help`` stays fast."""
    if name in _FRONT_DOOR:
        from auditor import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'auditor' has no attribute {name!r}")
