"""One file per rule, and the explicit list of them."""

from __future__ import annotations

from auditor.model import Finding, Gap, Location, Table, Text
from auditor.rules._rule import Rule
from auditor.rules.beyond_necessary_information import beyond_necessary_information
from auditor.rules.collection_before_consent import collection_before_consent
from auditor.rules.declared_not_found import declared_not_found
from auditor.rules.denied_data import denied_data
from auditor.rules.empty_usage_string import empty_usage_string
from auditor.rules.identity_mismatch import identity_mismatch
from auditor.rules.incomplete_sdk_row import incomplete_sdk_row
from auditor.rules.missing_usage_key import missing_usage_key
from auditor.rules.misspelt_declared_package import misspelt_declared_package
from auditor.rules.overseas_host import overseas_host
from auditor.rules.permission_unused import permission_unused
from auditor.rules.permission_without_purpose import permission_without_purpose
from auditor.rules.permission_without_reason import permission_without_reason
from auditor.rules.privacy_manifest_mismatch import privacy_manifest_mismatch
from auditor.rules.purpose_differs import purpose_differs
from auditor.rules.required_reason_undeclared import required_reason_undeclared
from auditor.rules.sdk_exceeds_declaration import sdk_exceeds_declaration
from auditor.rules.sdk_exceeds_vendor import sdk_exceeds_vendor
from auditor.rules.sdk_without_privacy_manifest import sdk_without_privacy_manifest
from auditor.rules.signature_invalid import signature_invalid
from auditor.rules.statement_contradicted import statement_contradicted
from auditor.rules.tampered_archive import tampered_archive
from auditor.rules.tracking_without_att import tracking_without_att
from auditor.rules.undeclared_data import undeclared_data
from auditor.rules.undeclared_permission import undeclared_permission
from auditor.rules.undeclared_sdk import undeclared_sdk
from auditor.rules.undeclared_usage_key import undeclared_usage_key
from auditor.rules.unresolved_declared_sdk import unresolved_declared_sdk
from auditor.rules.usage_string_vague import usage_string_vague
from auditor.tables import Case

__all__ = ["RULES", "run_rules"]

RULES: tuple[Rule, ...] = (
    undeclared_permission,
    undeclared_usage_key,
    undeclared_sdk,
    undeclared_data,
    denied_data,
    sdk_exceeds_declaration,
    collection_before_consent,
    statement_contradicted,
    empty_usage_string,
    usage_string_vague,
    permission_without_reason,
    purpose_differs,
    declared_not_found,
    identity_mismatch,
    signature_invalid,
    tampered_archive,
    unresolved_declared_sdk,
    misspelt_declared_package,
    incomplete_sdk_row,
    permission_without_purpose,
    sdk_exceeds_vendor,
    permission_unused,
    beyond_necessary_information,
    missing_usage_key,
    tracking_without_att,
    privacy_manifest_mismatch,
    required_reason_undeclared,
    sdk_without_privacy_manifest,
    overseas_host,
)


def run_rules(case: Case, rules: tuple[Rule, ...] = RULES) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Return the findings of every rule on a case, gravest first, and a gap for each rule that failed."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for rule in rules:
        if case.build is None and not rule.document:
            continue
        try:
            findings += rule.run(case)
        except Exception as error:  # noqa: BLE001 - a broken rule must not take the others' findings with it
            gaps.append(
                Gap(
                    location=Location(file="auditor", at=f"rule {rule.info.id}"),
                    reason=Text(
                        zh=f"规则 {rule.info.id} 运行出错（{type(error).__name__}），其结论缺失；请报告此问题",
                        en=f"the rule {rule.info.id} failed ({type(error).__name__}), so its findings are missing; please report it",
                    ),
                    hides=frozenset(Table),
                )
            )
    return tuple(sorted(findings, key=lambda finding: finding.key)), tuple(gaps)
