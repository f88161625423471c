"""Signatures verified: what holds, what does not, why, and what devices make of it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.archive import Archive
from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.android import jar_signature
from auditor.extract.android.signer import Levels, Signatures, read_signers
from auditor.extract.collector import Collector
from tests.forge.apk import Apk, manifest
from tests.forge.archive import DEFLATED, Entry, write_zip
from tests.forge.conftest import Peer
from tests.forge.conftest import peer as peer
from tests.forge.schemes import ANY, LINEAGE, ROTATION, STRIPPED, Key, Signed, key, lineage, sign_with
from tests.forge.sign import CERTIFICATE_SHA256, sign_apk

FILES = [Entry(name="AndroidManifest.xml", data=b"manifest"), Entry(name="classes.dex", data=b"code" * 300, method=DEFLATED)]
NEW = Levels(28, 34)
Verify = Callable[..., Signatures]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Return what the signatures of an archive show."""

    def run(data: bytes, levels: Levels | None = NEW) -> Signatures:
        path = tmp_path / "build.apk"
        path.write_bytes(data)
        with Archive.open(path) as archive:
            return read_signers(archive, Collector(), levels)

    return run


def told(found: Signatures) -> dict[str, tuple[bool | None, str]]:
    """Return scheme -> (verified, why not)."""
    for one in found.signers:
        assert (one.reason is None) == (one.verified is True)
        assert one.reason is None or re.search("[\u4e00-\u9fff]", one.reason.zh)
    return {one.scheme: (one.verified, one.reason.en if one.reason else "") for one in found.signers}


def number(value: int) -> bytes:
    return struct.pack("<I", value)


# -- what holds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        *(("rsa", number) for number in (0x0101, 0x0102, 0x0103, 0x0104, 0x0421)),
        *(("ec", number) for number in (0x0201, 0x0202, 0x0423)),
        *(("dsa", number) for number in (0x0301, 0x0425)),
    ],
)
@pytest.mark.parametrize("scheme", ["v2", "v3"])
def test_every_algorithm_verifies(verify: Verify, scheme: str, kind: str, algorithm: int) -> None:
    signer = key("first", kind)
    # verity is known from API level 28 on: a v2 signature needs another beside it
    beside = {"rsa": 0x0103, "ec": 0x0201, "dsa": 0x0301}[kind]
    algorithms = (beside, algorithm) if scheme == "v2" and algorithm >= 0x0400 else (algorithm,)
    found = verify(sign_with(FILES, [Signed(scheme=scheme, by=signer, algorithms=algorithms)]))
    assert told(found) == {scheme: (True, "")}
    assert [(one.sha256, one.certificate) for one in found.signers] == [(signer.sha256, signer.certificate)]
    assert found.faults == ()


@pytest.mark.parametrize("algorithm", [0x0201, 0x0202, 0x0423])
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, (1 << 20) - 3, (1 << 20) + 3, 3 << 20])
def test_contents_of_any_size_verify_and_a_changed_byte_does_not(verify: Verify, size: int, algorithm: int) -> None:
    data = sign_with([*FILES, Entry(name="assets/big", data=bytes(size))], [Signed(scheme="v3", by=key(), algorithms=(algorithm,))])
    assert told(verify(data)) == {"v3": (True, "")}
    changed = bytearray(data)
    changed[data.index(b"manifest")] ^= 1
    (verified, why) = told(verify(bytes(changed)))["v3"]
    assert verified is False
    assert "contents are not those that were signed" in why


def test_digests_of_pages_need_a_block_on_pages(verify: Verify) -> None:
    signer = Signed(scheme="v3", by=key(), algorithms=(0x0201, 0x0423))
    assert told(verify(sign_with(FILES, [signer]))) == {"v3": (True, "")}
    assert "pages of 4096 bytes" in told(verify(sign_with(FILES, [signer], aligned=False)))["v3"][1]


@pytest.mark.parametrize("comment", [b"x", b"PK\x05\x06" * 9, bytes(0xFFFF)])
def test_a_comment_at_the_end_is_signed_too(verify: Verify, comment: bytes) -> None:
    data = sign_with(FILES, [Signed(scheme="v2", by=key())], comment=comment)
    assert told(verify(data)) == {"v2": (True, "")}


def test_unknown_algorithms_pairs_and_attributes_are_passed_over(verify: Verify) -> None:
    signer = Signed(scheme="v2", by=key(), algorithms=(0x11223344, 0x0201), attributes=[(0x01020304, b"what")])
    assert told(verify(sign_with(FILES, [signer]))) == {"v2": (True, "")}


def test_the_strongest_signature_is_the_one_looked_at(verify: Verify) -> None:
    both = Signed(scheme="v2", by=key(), algorithms=(0x0201, 0x0202))
    assert told(verify(sign_with(FILES, [both]))) == {"v2": (True, "")}
    broken: list[bytes] = []

    def second(signature: bytes) -> bytes:
        broken.append(signature)
        return signature if len(broken) == 1 else signature[:-1] + bytes([signature[-1] ^ 1])

    one_bad = Signed(scheme="v2", by=key(), algorithms=(0x0201, 0x0202), signature=second)
    assert told(verify(sign_with(FILES, [one_bad])))["v2"][0] is False


def test_several_v2_signers_are_all_verified(verify: Verify) -> None:
    found = verify(sign_with(FILES, [Signed(scheme="v2", by=key("first")), Signed(scheme="v2", by=key("second"))]))
    assert {(one.sha256, one.verified) for one in found.signers} == {(key("first").sha256, True), (key("second").sha256, True)}
    assert found.faults == ()


# -- forgeries ----------------------------------------------------------------------------------------------------


def broken(**changes: Any) -> Signed:
    return Signed(**({"scheme": "v3", "by": key()} | changes))


@pytest.mark.parametrize(
    ("signer", "why"),
    [
        (broken(signature=lambda made: made[:-1] + bytes([made[-1] ^ 1])), "not one its public key made"),
        (broken(signature=lambda made: b""), "not one its public key made"),
        (broken(digest=lambda made: bytes([made[0] ^ 0x80]) + made[1:]), "contents are not those that were signed"),
        # whoever copies a certificate has not its key: the forger's own key does not fit it
        (broken(certificate=key("victim").certificate), "not the certificate's"),
        # and the victim's key in the block does not fit the forger's signature
        (broken(certificate=key("victim").certificate, public=key("victim").public), "not one its public key made"),
        (broken(public=key("rsa", "rsa").public), "another kind"),
        (broken(public=b"no key"), "cannot be read"),
        (broken(certificate=b"no certificate"), "cannot be read"),
        (broken(algorithms=()), "no signature"),
        (broken(algorithms=(0x11223344,)), "algorithm the platform knows"),
        (broken(digest_algorithms=(0x0201, 0x0202)), "do not name the same algorithms"),
        (broken(signed_levels=(24, ANY)), "API levels outside"),
        (broken(levels=(30, 29)), "range of API levels"),
        (broken(attributes=[(LINEAGE, number(2))]), "unknown version"),
        (broken(attributes=[(LINEAGE, number(1) + b"\xff")]), "cut short"),
        (broken(attributes=[(LINEAGE, lineage(key("old"), key("other")))]), "does not end with its own certificate"),
        (broken(attributes=[(LINEAGE, lineage(key("old"), key("old"), key()))]), "twice"),
    ],
)
def test_a_forged_signer_is_not_the_signer(verify: Verify, signer: Signed, why: str) -> None:
    found = verify(sign_with(FILES, [signer]))
    verified, reason = told(found)["v3"]
    assert verified is False
    assert why in reason
    (fault,) = found.faults
    assert reason in fault.en


def test_a_lineage_that_the_key_before_did_not_sign_is_no_proof(verify: Verify) -> None:
    good = lineage(key("old"), key())
    assert told(verify(sign_with(FILES, [broken(attributes=[(LINEAGE, good)])]))) == {"v3": (True, "")}
    stolen = Key(key("forger").private, key("old").certificate)
    forged = lineage(stolen, key())
    assert "not signed by the certificate before" in told(verify(sign_with(FILES, [broken(attributes=[(LINEAGE, forged)])])))["v3"][1]


def test_a_second_broken_signer_leaves_the_build_refused(verify: Verify) -> None:
    bad = Signed(scheme="v2", by=key("second"), signature=lambda made: made[:-2])
    found = verify(sign_with(FILES, [Signed(scheme="v2", by=key("first")), bad]))
    assert {one.sha256: one.verified for one in found.signers} == {key("first").sha256: True, key("second").sha256: False}
    assert len(found.faults) == 1


def test_more_signers_than_the_platform_takes_are_refused(verify: Verify) -> None:
    found = verify(sign_with(FILES, [Signed(scheme="v2", by=key())] * 11))
    assert "more signers than the 10" in found.faults[0].en


def test_countless_values_are_not_read_to_their_end(verify: Verify) -> None:
    found = verify(sign_with(FILES, [Signed(scheme="v2", by=key(), attributes=[(0x01020304, b"")] * 5_000)]))
    assert "more values than any signer writes" in told(found)["v2"][1]


def test_of_countless_jar_signatures_a_few_are_read_and_the_build_is_refused(verify: Verify) -> None:
    block = zipfile.ZipFile(io.BytesIO(sign_apk(FILES, ("v1",)))).read("META-INF/CERT.RSA")
    found = verify(write_zip([*FILES, *(Entry(name=f"META-INF/{n}.RSA", data=block) for n in range(200))]), Levels(21, 29))
    assert "more signers than the 10" in found.faults[0].en


def test_bytes_between_directory_and_end_record_hide_the_block(verify: Verify) -> None:
    data = sign_with(FILES, [Signed(scheme="v2", by=key())])
    found = verify(data[:-22] + b"GARBAGE" + data[-22:])
    assert any("do not join" in fault.en for fault in found.faults)


# -- rotation, stripping, downgrade -------------------------------------------------------------------------------


def test_rotation_names_the_certificates_before(verify: Verify) -> None:
    proof = lineage(key("oldest"), key("old"), key())
    found = verify(
        sign_with(FILES, [Signed(scheme="v2", by=key("oldest")), broken(attributes=[(LINEAGE, proof)])]), Levels(24, 34)
    )
    v3 = next(one for one in found.signers if one.scheme == "v3")
    assert (v3.sha256, v3.earlier) == (key().sha256, (key("oldest").sha256, key("old").sha256))
    assert found.faults == ()


def test_v31_rotates_from_a_level_on(verify: Verify) -> None:
    proof = lineage(key("old"), key())
    old = Signed(scheme="v3", by=key("old"), levels=(28, 32), attributes=[(ROTATION, number(33))])
    new = Signed(scheme="v3.1", by=key(), levels=(33, ANY), attributes=[(LINEAGE, proof)])
    found = verify(sign_with(FILES, [old, new]))
    assert told(found) == {"v3": (True, ""), "v3.1": (True, "")}
    assert found.faults == ()


STRIPPED_BLOCKS: list[tuple[str, Sequence[Signed], str, str]] = [
    ("v3 from v2", [Signed(scheme="v2", by=key(), attributes=[(STRIPPED, number(3))])], "v2", "together with a v3 signature"),
    ("v3.1 from v3", [broken(attributes=[(ROTATION, number(33))])], "v3", "together with a v3.1 signature"),
    (
        "v3.1 moved",
        [
            broken(levels=(28, 33), attributes=[(ROTATION, number(33))]),
            Signed(scheme="v3.1", by=key(), levels=(34, ANY)),
        ],
        "v3",
        "v3.1 itself starts at 34",
    ),
]


@pytest.mark.parametrize(("signed", "scheme", "why"), [one[1:] for one in STRIPPED_BLOCKS], ids=[one[0] for one in STRIPPED_BLOCKS])
def test_a_scheme_taken_out_shows(verify: Verify, signed: Sequence[Signed], scheme: str, why: str) -> None:
    found = verify(sign_with(FILES, signed))
    verified, reason = told(found)[scheme]
    assert verified is False
    assert why in reason
    assert any(why in fault.en for fault in found.faults)


def test_v31_alone_is_refused(verify: Verify) -> None:
    found = verify(sign_with(FILES, [Signed(scheme="v3.1", by=key(), levels=(33, ANY))]), Levels(33, 34))
    assert told(found) == {"v3.1": (True, "")}
    assert ["v3 signature that has to stand beside it is missing" in fault.en for fault in found.faults] == [True]


@pytest.mark.parametrize(
    ("first", "second"), [((28, 30), (30, ANY)), ((28, 29), (31, ANY)), ((28, 29), (30, 40)), ((29, 29), (30, ANY))]
)
def test_v3_signers_have_to_cover_every_level_once(verify: Verify, first: tuple[int, int], second: tuple[int, int]) -> None:
    proof = lineage(key("old"), key())
    signers = [
        Signed(scheme="v3", by=key("old"), levels=first),
        Signed(scheme="v3", by=key(), levels=second, attributes=[(LINEAGE, proof)]),
    ]
    assert "level" in verify(sign_with(FILES, signers)).faults[0].en
    good = [
        Signed(scheme="v3", by=key("old"), levels=(28, 29)),
        Signed(scheme="v3", by=key(), levels=(30, ANY), attributes=[(LINEAGE, proof)]),
    ]
    assert verify(sign_with(FILES, good)).faults == ()


def test_histories_that_contradict_each_other_are_refused(verify: Verify) -> None:
    signers = [
        broken(levels=(28, 29), by=key("a"), attributes=[(LINEAGE, lineage(key("old"), key("a")))]),
        broken(levels=(30, ANY), by=key("b"), attributes=[(LINEAGE, lineage(key("other"), key("b")))]),
    ]
    assert "contradict each other" in verify(sign_with(FILES, signers)).faults[0].en


def test_schemes_of_different_owners_are_told(verify: Verify) -> None:
    found = verify(sign_with(FILES, [Signed(scheme="v2", by=key("somebody")), broken()]), Levels(24, 34))
    assert told(found) == {"v2": (True, ""), "v3": (True, "")}
    assert ["different certificates" in fault.en for fault in found.faults] == [True]


def test_levels_nothing_is_signed_for_are_told_and_an_unsigned_build_is_no_fault(verify: Verify) -> None:
    data = sign_with(FILES, [broken()])
    assert verify(data, Levels(28, 34)).faults == ()
    assert "API levels 26 to 27" in verify(data, Levels(26, 34)).faults[0].en
    assert verify(write_zip(FILES), Levels(21, 34)) == Signatures((), ())


# -- v1 -----------------------------------------------------------------------------------------------------------

OLD = Levels(21, 29)


def test_v1_verifies_with_all_its_entries(verify: Verify) -> None:
    found = verify(sign_apk(FILES, ("v1",)), OLD)
    assert told(found) == {"v1": (True, "")}
    assert [one.sha256 for one in found.signers] == [CERTIFICATE_SHA256]
    assert found.faults == ()


def resigned(*, drop: str = "", add: Sequence[Entry] = (), swap: dict[str, bytes] | None = None) -> bytes:
    """Return an archive signed by v1 whose entries are changed afterwards."""
    signed = zipfile.ZipFile(io.BytesIO(sign_apk(FILES, ("v1",))))
    kept = [Entry(name=name, data=(swap or {}).get(name, signed.read(name))) for name in signed.namelist() if name != drop]
    return write_zip([*kept, *add])


def edited(name: str, edit: Callable[[bytes], bytes]) -> bytes:
    content = zipfile.ZipFile(io.BytesIO(sign_apk(FILES, ("v1",)))).read(name)
    assert edit(content) != content
    return resigned(swap={name: edit(content)})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (resigned(swap={"classes.dex": b"other code"}), "classes.dex is not what was signed"),
        (resigned(add=[Entry(name="assets/added.bin", data=b"new")]), "assets/added.bin is not signed"),
        (resigned(drop="classes.dex"), "it was taken out"),
        (resigned(drop="META-INF/MANIFEST.MF"), "MANIFEST.MF is missing"),
        (resigned(drop="META-INF/CERT.SF"), "the .SF file it signs is missing"),
        (resigned(add=[Entry(name="classes.dex", data=b"twice")]), "twice"),
        (edited("META-INF/CERT.SF", lambda text: text + b"X: y\r\n"), "forged or damaged"),
        (
            edited("META-INF/MANIFEST.MF", lambda text: text.replace(b"Created-By: 1.0", b"Created-By: 2.0") + b"Name: x\r\n\r\n"),
            "it was taken out",
        ),
        (
            edited("META-INF/MANIFEST.MF", lambda text: text.replace(base64.b64encode(hashlib.sha256(b"manifest").digest()), b"AAAA")),
            "what MANIFEST.MF says of AndroidManifest.xml",
        ),
        (edited("META-INF/MANIFEST.MF", lambda text: text + b"Digest: y\r\n\r\n"), "names no entry"),
        (edited("META-INF/MANIFEST.MF", lambda text: text + b"Name: classes.dex\r\n\r\n"), "twice"),
    ],
)
def test_a_jar_changed_after_signing_does_not_hold(verify: Verify, data: bytes, why: str) -> None:
    found = verify(data, OLD)
    verified, reason = told(found)["v1"]
    assert verified is False
    assert why in reason
    assert found.faults


def test_a_block_the_platform_passes_over_is_no_signer_beside_another(verify: Verify) -> None:
    name = "META-INF/OLD.RSA"
    block = zipfile.ZipFile(io.BytesIO(sign_apk(FILES, ("v1",)))).read("META-INF/CERT.RSA")
    found = verify(resigned(add=[Entry(name=name, data=block)]), OLD)
    assert told(found) == {"v1": (True, "")}
    assert found.faults == ()
    alone = verify(resigned(drop="META-INF/CERT.RSA", add=[Entry(name=name, data=block)]), OLD)
    assert told(alone)["v1"][0] is False
    assert alone.faults


def test_what_lies_below_meta_inf_is_never_signed(verify: Verify) -> None:
    data = resigned(add=[Entry(name="META-INF/services/x", data=b"added"), Entry(name="assets/", data=b"")])
    assert told(verify(data, OLD)) == {"v1": (True, "")}


def test_a_changed_main_section_does_not_matter_where_each_entry_holds(verify: Verify) -> None:
    data = edited("META-INF/MANIFEST.MF", lambda text: text.replace(b"Created-By: 1.0", b"Created-By: 2.0"))
    assert told(verify(data, OLD)) == {"v1": (True, "")}


@pytest.mark.parametrize("schemes", [("v1", "v2"), ("v1", "v3"), ("v1", "v2", "v3")])
def test_v1_says_which_newer_schemes_were_there(verify: Verify, schemes: tuple[str, ...]) -> None:
    data = sign_apk(FILES, schemes, min_sdk=28)
    at = data.index(b"APK Sig Block 42")
    stripped = data[:at] + b"APK Sig Block 43" + data[at + 16 :]
    verified, reason = told(verify(stripped, OLD))["v1"]
    assert verified is False
    assert "taken out" in reason


def test_v1_is_looked_at_only_where_a_device_does(verify: Verify) -> None:
    data = sign_apk(FILES, ("v1", "v2"))
    assert told(verify(data, Levels(21, 34))) == {"v1": (True, ""), "v2": (True, "")}
    assert told(verify(data, Levels(24, 34)))["v1"][0] is None
    assert verify(data, Levels(24, 34)).faults == ()


@pytest.mark.parametrize(("target", "refused"), [(29, False), (30, True), (34, True)])
def test_v1_alone_does_not_do_for_new_apps(verify: Verify, target: int, refused: bool) -> None:
    found = verify(sign_apk(FILES, ("v1",)), Levels(21, target))
    assert told(found) == {"v1": (True, "")}
    assert ["Android 11" in fault.en for fault in found.faults] == [True] * refused


def test_v1_alone_does_not_do_for_the_newer_sandbox(verify: Verify) -> None:
    assert "Android 8" in verify(sign_apk(FILES, ("v1",)), Levels(21, 29, 2)).faults[0].en


def test_a_bundle_is_signed_as_a_jar_for_no_device(verify: Verify) -> None:
    assert verify(sign_apk(FILES, ("v1",)), None).faults == ()
    bad = verify(resigned(swap={"classes.dex": b"x"}), None)
    assert told(bad)["v1"][0] is False
    assert len(bad.faults) == 1


# -- in whole builds ----------------------------------------------------------------------------------------------


APP = Apk(manifest=manifest("com.example.app", min_sdk=28, target_sdk=30), package="com.example.app", schemes=()).entries()
PEER_CASES = {
    "v2": (Signed(scheme="v2", by=key()),),
    "verity": (Signed(scheme="v3", by=key(), algorithms=(0x0201, 0x0423)),),
    "rotated": (Signed(scheme="v2", by=key("old")), broken(attributes=[(LINEAGE, lineage(key("old"), key()))])),
    "signature": (broken(signature=lambda made: made[:-1] + bytes([made[-1] ^ 1])),),
    "contents": (broken(digest=lambda made: bytes(len(made))),),
    "stripped": (Signed(scheme="v2", by=key(), attributes=[(STRIPPED, number(3))]),),
}


@pytest.mark.peer
@pytest.mark.parametrize("name", PEER_CASES)
def test_apksigner_says_the_same(peer: Peer, verify: Verify, tmp_path: Path, name: str) -> None:
    data = sign_with(APP, PEER_CASES[name])
    found = verify(data, Levels(28, 30))
    path = tmp_path / "app.apk"
    path.write_bytes(data)
    try:
        peer("apksigner", "verify", path)
    except AssertionError:
        assert found.faults
    else:
        assert found.faults == ()


def test_a_whole_build_tells_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(Apk(manifest=manifest("com.example", min_sdk=21, target_sdk=30), package="com.example", schemes=("v1",)).write())
    identity = extract(path).identity
    assert [(one.scheme, one.verified) for one in identity.signer] == [("v1", True)]
    assert ["Android 11" in fault.en for fault in identity.signature_faults] == [True]


# -- laws ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws") / "build.apk"


WHOLE = sign_apk(FILES, ("v1", "v2", "v3"), min_sdk=28)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_changed_byte_passes_unseen(scratch: Path, at: int, bits: int) -> None:
    data = bytearray(WHOLE)
    data[at] ^= bits
    scratch.write_bytes(data)
    try:
        archive = Archive.open(scratch)
    except BuildError:
        return
    with archive:
        found = read_signers(archive, Collector(), Levels(28, 30))
    good = {one.scheme for one in found.signers if one.verified}
    # what is neither signed nor looked at: the block's own padding of lengths, and the schemes beside the newest
    assert not found.signers or found.faults or good & {"v3"}
    if {"v2", "v3"} <= good:
        start = WHOLE.index(b"APK Sig Block 42")
        begin = start + 16 - 8 - int.from_bytes(WHOLE[start - 8 : start], "little")
        assert begin <= at < start + 16, "a byte outside the block is signed"


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_any_list_of_entries_is_read_or_refused(data: bytes) -> None:
    try:
        _, named = jar_signature._sections(data, "MANIFEST.MF")
    except jar_signature._Refused:
        return
    for name, section in named.items():
        assert section.data(data)
        assert section.values["name"] == name
