"""Builds whose signature does not hold."""

from __future__ import annotations

from auditor.model import FactKind, Text
from auditor.rules import signature_invalid
from tests.factories import build, declaration, fact, signer
from tests.rules.cases import case, document, said

FAULT = Text(zh="内容被改动", en="the contents were changed")


def says(**identity: object) -> dict[str, str]:
    return said(signature_invalid, case(of=build(**identity)))


def test_a_signature_that_does_not_hold_is_grave() -> None:
    assert says(signer=(signer(verified=False, reason=FAULT),), signature_faults=(FAULT,)) == {"signature": "high high"}
    assert says(signer=(signer(verified=True), signer(verified=False, scheme="v3")), signature_faults=(FAULT,)) == {
        "signature": "high high"
    }


def test_a_signature_that_cannot_be_read_names_nobody_and_is_grave() -> None:
    assert says(signer=(), signature_faults=(FAULT,)) == {"signature": "high high"}


def test_a_build_devices_refuse_for_another_reason_is_less_so() -> None:
    assert says(signer=(signer(verified=True),), signature_faults=(FAULT,)) == {"signature": "medium high"}


def test_what_could_not_be_checked_is_less_sure() -> None:
    assert says(signer=(signer(verified=None),), signature_faults=(FAULT,)) == {"signature": "medium medium"}


def test_sound_and_unsigned_builds_are_quiet() -> None:
    assert says(signer=(signer(verified=True),)) == {}
    assert says(signer=()) == {}
    assert says(signer=(signer(verified=True), signer(scheme="v1", verified=None))) == {}


def test_a_document_alone_has_no_signature() -> None:
    assert said(signature_invalid, document(declaration())) == {}


def test_every_fault_is_told_with_its_evidence() -> None:
    scheme = fact(FactKind.SIGNING, "scheme", "v2", file="APK Signing Block", verified="false")
    other = Text(zh="只有 v1", en="v1 alone")
    (one,) = signature_invalid.run(case(of=build(scheme, signer=(signer(verified=False),), signature_faults=(FAULT, other))))
    assert "the contents were changed; v1 alone" in one.message.en
    assert "内容被改动；只有 v1" in one.message.zh
    assert one.evidence == (scheme,)
