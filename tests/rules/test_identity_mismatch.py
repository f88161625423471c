"""Whether the build is the declared app."""

from __future__ import annotations

from auditor.rules import identity_mismatch
from tests.factories import build, declaration, signer
from tests.rules.cases import case, document, said

SHA = "ab" * 32


def says(declared: dict[str, object], **identity: object) -> dict[str, str]:
    return said(identity_mismatch, case(declared=declaration(**declared), of=build(**identity)))


def test_another_app_id_is_a_finding() -> None:
    assert says({"app_ids": ("com.other",)}) == {"com.example.shop": "medium high"}


def test_another_signer_is_a_finding() -> None:
    assert says({"signers": ("cd" * 32,)}) == {"signer": "medium high"}


def test_a_signature_that_could_not_be_read_accuses_nobody() -> None:
    assert says({"signers": (SHA,)}, signer=()) == {"signer": "medium low"}


def test_the_declared_app_is_quiet() -> None:
    assert says({"app_ids": ("com.example.shop", "com.example.shop.ios")}) == {}
    assert says({"signers": (SHA,)}, signer=(signer(sha256=SHA), signer(sha256="00" * 32, scheme="v1"))) == {}
    assert says({"app_ids": ("com.example.shop",), "signers": (SHA,)}) == {}


def test_a_certificate_anybody_can_copy_does_not_make_it_the_declared_app() -> None:
    forged = build(signer=(signer(sha256=SHA, verified=False),))
    (one,) = identity_mismatch.run(case(declared=declaration(signers=(SHA,)), of=forged))
    assert (one.subject, one.confidence.word) == ("signer", "high")
    assert "its owner did not sign" in one.message.en
    assert says({"signers": (SHA,)}, signer=(signer(sha256=SHA, verified=True),)) == {}


def test_nothing_declared_gives_a_note_with_what_a_person_needs() -> None:
    assert says({}) == {"identity": "info low"}
    (note,) = identity_mismatch.run(case(declared=declaration(app="特购", operator="某公司"), of=build(label="特购")))
    assert "某公司" in note.message.zh
    assert "com.example.shop" in note.message.zh


def test_another_name_is_said_where_no_id_is_declared() -> None:
    def words(label: str) -> str:
        (note,) = identity_mismatch.run(case(declared=declaration(app="特购"), of=build(label=label)))
        return note.message.en

    assert "different names" in words("Yosemite")
    assert says({"app": "特购"}, label="Yosemite") == {"identity": "low low"}
    assert says({"app": "特购"}, label="特购") == {"identity": "info low"}
    assert "different names" not in words("特购 ")


def test_a_document_alone_has_no_build_to_compare() -> None:
    assert said(identity_mismatch, document(declaration(app_ids=("com.other",)))) == {}
