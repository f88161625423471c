"""What a policy document leaves out or leaves open, told from its text alone: one file per lint, and the list of them."""

from __future__ import annotations

from auditor.model import Declaration, Finding, Text
from auditor.policy.document import Document
from auditor.policy.lint._lint import Lint, Paper
from auditor.policy.lint.bundled_consent import bundled_consent
from auditor.policy.lint.dangling_reference import dangling_reference
from auditor.policy.lint.document_not_supplied import document_not_supplied
from auditor.policy.lint.missing_section import MISSING
from auditor.policy.lint.no_contact import no_contact
from auditor.policy.lint.no_operator import no_operator
from auditor.policy.lint.no_sensitive_notice import no_sensitive_notice
from auditor.policy.lint.policy_undated import policy_undated
from auditor.policy.lint.section_gap import section_gap
from auditor.policy.lint.vague_enumeration import vague_enumeration

__all__ = ["LINTS", "Lint", "lint_document"]

LINTS: tuple[Lint, ...] = (
    policy_undated,
    no_operator,
    no_contact,
    *MISSING,
    no_sensitive_notice,
    bundled_consent,
    vague_enumeration,
    dangling_reference,
    section_gap,
    document_not_supplied,
)

_PART = Text(
    zh="本文件是清单或政策的一部分，不是完整的隐私政策；针对完整政策的检查未进行",
    en="this is a list or a part of a policy and no whole one; what holds for whole policies was not looked at",
)


def lint_document(document: Document, declaration: Declaration) -> tuple[tuple[Finding, ...], Text | None]:
    """Return what the lints find in a document, gravest first, and a note where only part of them apply.

    ``declaration`` is what was read from the document by machine.
    """
    paper = Paper(document, declaration)
    findings = [finding for lint in LINTS for finding in lint.run(paper)]
    return tuple(sorted(findings, key=lambda finding: finding.key)), None if paper.whole else _PART
