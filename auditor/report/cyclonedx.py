"""Audits as a CycloneDX 1.6 bill of materials: the third-party SDKs of a build, with versions, suppliers and evidence.

Sources: OWASP CycloneDX 1.6 (ECMA-424); written by cyclonedx-python-lib. The serial number is made of all the rest of the document, and
there is no time in it, so equal audits give equal bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from auditor.model import Audit, Confidence, Fact, FactKind, Identity, Language, Row, Supplier, Table
from auditor.report.plain import one_line
from auditor.report.words import Words

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.component_evidence import ComponentEvidence

__all__ = ["render"]

CONFIDENCES = {Confidence.HIGH: Decimal("0.9"), Confidence.MEDIUM: Decimal("0.6"), Confidence.LOW: Decimal("0.3")}
"""What the auditor's three words are as the number between 0 and 1 that CycloneDX asks for: an order, no measured likelihood."""

_BY_NAME = frozenset({FactKind.ASSET, FactKind.NATIVE_LIBRARY, FactKind.FRAMEWORK, FactKind.BUNDLE})
"""Evidence that is the name of a file."""
_BY_MANIFEST = frozenset(
    {
        *(FactKind.COMPONENT, FactKind.META_DATA, FactKind.PERMISSION, FactKind.QUERY),
        *(FactKind.URL_SCHEME, FactKind.QUERY_SCHEME, FactKind.VERSION),
    }
)
"""Evidence that a manifest or a file beside the code states."""


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as one bill of materials in JSON; of several, each build is a component that holds its SDKs."""
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    def written(serial: uuid.UUID) -> str:
        bom = _bom(audits, language, serial)
        return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2).rstrip("\n") + "\n"

    return written(uuid.uuid5(uuid.NAMESPACE_URL, "urn:auditor:cyclonedx:" + written(uuid.UUID(int=0))))


def _bom(audits: Sequence[Audit], language: Language, serial: uuid.UUID) -> Bom:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository

    words = Words(language)
    seen: set[str] = set()
    apps = [(audit, _app(audit, number, seen)) for number, audit in enumerate(audits, 1)]
    versions = sorted({one.tool.version for one in audits})
    tools = [Component(name="auditor", type=ComponentType.APPLICATION, version=version) for version in versions]
    metadata = BomMetaData(
        tools=ToolRepository(components=tools),
        component=apps[0][1] if len(apps) == 1 else None,
        properties=[
            Property(name="auditor:notice", value=words("disclaimer")),
            Property(name="auditor:verdict", value=", ".join(sorted({one.verdict.value for one in audits}))),
            *(
                Property(name="auditor:not-read", value=one_line(f"{gap.location}: {gap.reason.in_(language)}"))
                for audit in audits
                for gap in audit.gaps
                if Table.SDKS in gap.hides
            ),
        ],
    )
    metadata.timestamp = None  # type: ignore[assignment]  # the schema has it optional
    bom = Bom(serial_number=serial, metadata=metadata)
    for number, (audit, app) in enumerate(apps, 1):
        sdks = [_sdk(row, audit, f"{number}:" if len(apps) > 1 else "", language) for row in audit.table(Table.SDKS) if row.sdk]
        if len(apps) == 1:
            bom.components.update(sdks)
            bom.register_dependency(app, sdks)
        else:
            app.components.update(sdks)
            bom.components.add(app)
    return bom


def _app(audit: Audit, number: int, seen: set[str]) -> Component:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType

    identity: Identity = audit.identity
    ref = f"build:{identity.sha256 or number}"
    if ref in seen:
        ref = f"{ref}:{number}"
    seen.add(ref)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=identity.sha256)] if len(identity.sha256) == 64 else []
    return Component(
        name=one_line(identity.app_id or identity.label) or "unnamed",
        type=ComponentType.APPLICATION,
        bom_ref=ref,
        version=one_line(identity.version) or None,
        description=one_line(identity.label) or None,
        hashes=hashes,
        properties=[
            Property(name="auditor:platform", value=identity.platform.value),
            Property(name="auditor:version-code", value=one_line(identity.version_code)),
        ],
    )


def _sdk(row: Row, audit: Audit, prefix: str, language: Language) -> Component:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, Property, XsUri
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalEntity

    sdk = row.sdk
    assert sdk is not None  # noqa: S101 - only those found are asked for
    known: Supplier | None = next((one for one in audit.suppliers if one.sdk == sdk.id), None)
    ref, links = f"{prefix}sdk:{one_line(sdk.id)}", []
    if known and known.url.startswith(("https://", "http://")):
        links = [ExternalReference(type=ExternalReferenceType.OTHER, url=XsUri(known.url), comment="privacy policy")]
    return Component(
        name=one_line(audit.name_of(sdk.id, language) or sdk.id),
        type=ComponentType.LIBRARY,
        bom_ref=ref,
        version=one_line(sdk.version) if sdk.version else None,
        supplier=OrganizationalEntity(name=one_line(known.vendor.in_(language))) if known else None,
        external_references=links,
        properties=[
            Property(name="auditor:id", value=one_line(sdk.id)),
            Property(name="auditor:tier", value=sdk.tier.word),
            Property(name="auditor:confidence", value=sdk.confidence.word),
            Property(name="auditor:declared", value=row.state.value),
        ],
        evidence=_evidence(row, ref),
    )


def _evidence(row: Row, ref: str) -> ComponentEvidence:
    from cyclonedx.model.component_evidence import (
        AnalysisTechnique,
        ComponentEvidence,
        Identity,
        IdentityField,
        Method,
        Occurrence,
    )

    sdk = row.sdk
    assert sdk is not None  # noqa: S101
    facts = tuple(dict.fromkeys((*row.found, *sdk.evidence)))

    def technique(fact: Fact) -> AnalysisTechnique:
        if fact.kind in _BY_NAME:
            return AnalysisTechnique.FILENAME
        return AnalysisTechnique.MANIFEST_ANALYSIS if fact.kind in _BY_MANIFEST else AnalysisTechnique.BINARY_ANALYSIS

    confidence = CONFIDENCES[sdk.confidence]
    return ComponentEvidence(
        identity=[
            Identity(
                field=IdentityField.NAME,
                confidence=confidence,
                methods=[
                    Method(technique=technique(fact), confidence=confidence, value=one_line(f"{fact.kind.value} {fact.name}"))
                    for fact in facts
                ],
            )
        ],
        occurrences=[
            Occurrence(
                bom_ref=f"{ref}:{number}",  # without one the library makes one up, and sorts by it
                location=one_line(str(fact.location)),
                symbol=one_line(fact.name),
                additional_context=fact.kind.value,
            )
            for number, fact in enumerate(facts, 1)
        ],
    )
