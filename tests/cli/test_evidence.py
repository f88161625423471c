"""``auditor evidence`` and ``auditor verify``: what is packed, that it comes out the same, and every way a pack is tampered with."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.cli import main
from tests.forge.apk import Apk, manifest, simple_apk
from tests.forge.sign import CERTIFICATE_SHA256, certificate

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(importlib.resources.files("auditor").joinpath("schemas", "evidence-1.schema.json").read_text("utf-8"))
POLICY = "隐私政策：我们申请相机权限用于扫码。\n"
HEAD = (
    "app: Example\noperator: Example Ltd\npolicy: {{file: policy.txt, effective: 2024-01-01, sha256: {}}}\n"
    "permissions:\n  - {{name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}}\n"
)
GIVEN = ("--obtained-from", "应用商店 https://example.com/app", "--obtained-at", "2026-11-30T10:00:00+08:00", "--made-at", "2026-12-01")
RESULTS = {"README.txt", "audit.json", "facts.json", "report.en.html", "report.zh.html"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Run:
    """Run the command line in the folder; return its exit code and what it prints on both streams."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("AUDITOR_LANG", raising=False)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    capsys.readouterr()

    def once(*arguments: object) -> tuple[int, str, str]:
        code = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a build, a declaration, its policy, keys."""
    place = tmp_path_factory.mktemp("case")
    (place / "app.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    (place / "other.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA", "android.permission.NFC"]))
    (place / "policy.txt").write_text(POLICY, "utf-8")
    (place / "app.yaml").write_text(HEAD.format(hashlib.sha256(POLICY.encode()).hexdigest()), "utf-8")
    for name in ("mine", "other"):
        key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        form = serialization.PrivateFormat.PKCS8
        plain = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        (place / f"{name}.pem").write_bytes(plain)
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (place / f"{name}.pub").write_bytes(public)
    locked = key.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"secret"))
    (place / "locked.pem").write_bytes(locked)
    return place


PACKS: dict[str, bytes] = {}
"""What the fixtures pack, once."""


def pack(run: Run, folder: Path, name: str, *options: str) -> Path:
    if name not in PACKS:
        code, out, _ = run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=case.zip", *options, *GIVEN)
        assert (code, "signed with the key" in out) == (0, name == "signed")
        PACKS[name] = (folder / "case.zip").read_bytes()
    (folder / "case.zip").write_bytes(PACKS[name])
    return folder / "case.zip"


@pytest.fixture
def packed(run: Run, folder: Path) -> Path:
    """An unsigned pack."""
    return pack(run, folder, "unsigned")


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Change the files of a pack, its manifest as it is."""
    files = entries(path)
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def consistent(files: dict[str, bytes], record: Callable[[dict[str, Any]], None] = lambda manifest: None) -> None:
    """Make the manifest of changed files fit them again, as whoever tampers would."""
    written = json.loads(files["manifest.json"])
    for one in written["files"]:
        data = files[one["name"]]
        one |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    record(written)
    files["manifest.json"] = (json.dumps(written, ensure_ascii=False, indent=2) + "\n").encode()


def problems(run: Run, *arguments: object) -> tuple[int, set[tuple[str, str]]]:
    """Return the exit code of a check and what it finds wrong: (kind, file)."""
    code, out, _ = run("verify", "case.zip", "--format", "json", *arguments)
    found = json.loads(out)
    assert found["intact"] == (code != 1)
    return code, {(one["kind"], one["file"]) for one in found["problems"]}


# -- a pack -------------------------------------------------------------------------------------------------------


def test_a_pack_holds_all_the_result_rests_on(packed: Path) -> None:
    files = entries(packed)
    written = json.loads(files["manifest.json"])
    jsonschema.validate(written, SCHEMA)
    signers = {f"signers/{scheme}-verified-{CERTIFICATE_SHA256[:16]}.pem" for scheme in ("v1", "v2")}
    inputs = {"inputs/declaration/app.yaml", "inputs/policy/policy.txt"}
    assert set(files) == {"manifest.json", *RESULTS, *signers, *inputs}
    assert {one["name"]: one["sha256"] for one in written["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"
    }
    assert written["acquisition"]["obtained_at"] == {"utc": "2026-11-30T02:00:00Z", "china": "2026-11-30T10:00:00+08:00"}
    assert written["made_at"] == {"date": "2026-12-01"}
    assert written["build"]["sha256"] == hashlib.sha256((packed.parent / "app.apk").read_bytes()).hexdigest()
    assert written["command"][:5] == ["auditor", "evidence", "app.apk", "-d", "app.yaml"]
    assert files["inputs/policy/policy.txt"].decode() == POLICY
    for name in signers:
        der = serialization.Encoding.DER
        from cryptography import x509

        assert x509.load_pem_x509_certificate(files[name]).public_bytes(der) == certificate()
    assert json.loads(files["audit.json"])["verdict"] == written["verdict"] == "consistent"
    assert b"<html lang=\"zh" in files["report.zh.html"]


def test_its_own_hash_is_printed_and_the_same_inputs_give_the_same_bytes(run: Run, folder: Path) -> None:
    said = []
    for name in ("a.zip", "b.zip"):
        code, out, err = run("evidence", "app.apk", "-d", "app.yaml", "-o", f"zip={name}", *GIVEN)
        assert (code, err) == (0, "")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in out
        said.append(entries(folder / name) | {"manifest.json": entries(folder / name)["manifest.json"].replace(name.encode(), b"")})
    assert said[0] == said[1]
    (folder / "b.zip").unlink()
    code, out, _ = run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=b/a.zip", *GIVEN)
    assert (folder / "a.zip").read_bytes() == (folder / "b" / "a.zip").read_bytes()


def test_no_clock_is_looked_at_unasked(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=t.zip")
    assert code == 0
    assert "no time is recorded" in err
    assert json.loads(entries(folder / "t.zip")["manifest.json"])["made_at"] is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=t.zip")[0] == 0
    assert json.loads(entries(folder / "t.zip")["manifest.json"])["made_at"] == {
        "utc": "2023-11-14T22:13:20Z",
        "china": "2023-11-15T06:13:20+08:00",
    }
    assert run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=t.zip", "--made-at", "now")[0] == 0
    assert json.loads(entries(folder / "t.zip")["manifest.json"])["made_at"]["utc"].startswith("20")


def test_an_intact_pack_without_signature_has_an_unknown_author(run: Run, packed: Path) -> None:
    code, out, err = run("verify", "case.zip")
    assert (code, err) == (0, "")
    assert out.endswith("Intact, author unknown.\n")
    assert hashlib.sha256(packed.read_bytes()).hexdigest() in out
    assert "应用商店" in out
    code, out, _ = run("verify", "case.zip", "--lang", "zh")
    assert out.endswith("完整，作者未知。\n")


def test_the_audit_comes_out_again(run: Run, packed: Path) -> None:
    code, out, err = run("verify", "case.zip", "--build", "app.apk")
    assert (code, err) == (0, "")
    assert "the same result came out again" in out
    assert "facts.json" in out
    # under whatever name the build lies now
    moved = packed.parent / "elsewhere" / "renamed.bin"
    moved.parent.mkdir(exist_ok=True)
    moved.write_bytes((packed.parent / "app.apk").read_bytes())
    assert problems(run, "--build", moved) == (0, set())


OWN_SDK = """
id: inhouse-stat
name: {zh: 自研统计, en: In-house statistics}
vendor: {zh: 本公司, en: This company}
category: statistics
platforms: [android]
collects: [device_info]
android:
  packages: {proves: [com.example.inhouse]}
sources: [our own build files]
"""
DECISIONS = """
schema: auditor/decisions/1
decisions:
  - {decision: accept, rule: undeclared-permission, subject: android.permission.READ_CONTACTS, by: Li, reason: agreed, until: 2030-01-01}
"""


def test_everything_given_to_the_audit_is_given_to_it_again(run: Run, folder: Path) -> None:
    classes = [f"com.example.inhouse.{name}" for name in "ABC"]
    (folder / "full.apk").write_bytes(simple_apk(permissions=["android.permission.READ_CONTACTS"], classes=classes))
    (folder / "mapping.txt").write_text("com.example.inhouse.A -> com.example.inhouse.A:\n", "utf-8")
    log = "-- Merging decision tree log ---\nuses-permission#android.permission.READ_CONTACTS\nADDED from [org.scan:scan:1.0] /x:1:1\n"
    (folder / "merger.txt").write_text(log, "utf-8")
    (folder / "sdks").mkdir(exist_ok=True)
    (folder / "sdks" / "inhouse-stat.yaml").write_text(OWN_SDK, "utf-8")
    (folder / "decisions.yaml").write_text(DECISIONS, "utf-8")
    side = ("--mapping", "mapping.txt", "--merger-report", "merger.txt", "--knowledge", "sdks", "--decisions", "decisions.yaml")
    options = (*side, "--timeout", "60", "--max-memory", "4096", "--attach", "policy.txt", "--note", "one", "--note", "two")
    code, _, err = run("evidence", "full.apk", "-d", "app.yaml", "-o", "zip=case.zip", *options, *GIVEN)
    assert (code, err) == (0, "")
    files = entries(folder / "case.zip")
    written = json.loads(files["manifest.json"])
    jsonschema.validate(written, SCHEMA)
    assert {name for name in files if name.startswith(("inputs", "attach"))} == {
        "inputs/declaration/app.yaml",
        "inputs/policy/policy.txt",
        "inputs/mapping/mapping.txt",
        "inputs/merger-report/merger.txt",
        "inputs/decisions/decisions.yaml",
        "inputs/knowledge/inhouse-stat.yaml",
        "attachments/policy.txt",
    }
    assert written["options"] == {"timeout": 60, "max_memory": 4096}
    assert written["acquisition"]["notes"] == ["one", "two"]
    audit = json.loads(files["audit.json"])
    assert ("undeclared-permission", "android.permission.READ_CONTACTS") in [(one["rule"], one["subject"]) for one in audit["accepted"]]
    assert "inhouse-stat" in {row["subject"] for row in audit["tables"]["sdks"]}
    # whatever lies beside the build now
    for name in ("mapping.txt", "merger.txt", "decisions.yaml", "sdks/inhouse-stat.yaml"):
        (folder / name).unlink()
    assert problems(run, "--build", "full.apk") == (0, set())


# -- tampering ----------------------------------------------------------------------------------------------------


def set_to(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.__setitem__(name, data)


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.__delitem__(name)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (set_to("report.zh.html", b"<p>all is well</p>"), {("changed-file", "report.zh.html")}),
        (set_to("inputs/policy/policy.txt", b"another policy"), {("changed-file", "inputs/policy/policy.txt")}),
        (without("facts.json"), {("missing-file", "facts.json")}),
        (without("inputs/declaration/app.yaml"), {("missing-file", "inputs/declaration/app.yaml")}),
        (set_to("note.txt", b"by the way"), {("added-file", "note.txt")}),
        (set_to("manifest.sig", b"x" * 64), {("bad-signature", "author.pem")}),
    ],
)
def test_each_kind_of_tampering_is_named(
    run: Run, packed: Path, change: Callable[[dict[str, bytes]], None], found: set[tuple[str, str]]
) -> None:
    rewritten(packed, change)
    assert problems(run, "--build", "app.apk") == (1, found)
    code, out, _ = run("verify", "case.zip")
    assert code == 1
    assert out.endswith("Not as it was made: see above.\n")
    assert all(kind in out and file in out for kind, file in found)


def test_a_file_that_stands_twice_is_named(run: Run, packed: Path) -> None:
    stream = io.BytesIO(packed.read_bytes())
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("audit.json", b"{}")
    packed.write_bytes(stream.getvalue())
    assert problems(run) == (1, {("file-twice", "audit.json")})


def test_a_manifest_made_to_fit_does_not_pass_the_reports_made_again(run: Run, packed: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        files["report.en.html"] = files["report.en.html"].replace(b"Example", b"Victim!")
        consistent(files)

    rewritten(packed, change)
    assert problems(run) == (1, {("result-differs", "report.en.html")})


def test_a_result_made_to_fit_does_not_pass_the_audit_made_again(run: Run, packed: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        facts = json.loads(files["facts.json"])
        facts["identity"]["label"] = "another"
        files["facts.json"] = json.dumps(facts).encode()
        consistent(files)

    rewritten(packed, change)
    assert problems(run) == (0, set())  # nobody signed it, and the build alone tells
    assert problems(run, "--build", "app.apk") == (1, {("result-differs", "facts.json")})


def test_a_manifest_that_tells_another_story_than_the_result_is_named(run: Run, packed: Path) -> None:
    rewritten(packed, lambda files: consistent(files, lambda written: written.__setitem__("verdict", "contradicted")))
    assert problems(run) == (1, {("result-differs", "manifest.json")})


def test_another_build_is_named(run: Run, packed: Path) -> None:
    assert problems(run, "--build", "other.apk") == (1, {("other-build", "")})


def test_another_version_is_no_tampering_and_is_said(run: Run, packed: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        audit = json.loads(files["audit.json"])
        audit["tool"]["version"] = "0.0.1"
        files["audit.json"] = (json.dumps(audit, ensure_ascii=False, indent=2) + "\n").encode()
        consistent(files, lambda written: written["tool"].__setitem__("version", "0.0.1"))

    rewritten(packed, change)
    code, found = problems(run, "--build", "app.apk")
    assert code == 3
    assert {kind for kind, _ in found} == {"other-version"}
    assert ("other-version", "audit.json") in found
    code, out, _ = run("verify", "case.zip", "--build", "app.apk")
    assert "version 0.0.1" in out
    assert "use the version recorded" in out


# -- signatures ---------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(run: Run, folder: Path) -> Path:
    """A pack signed with my key."""
    return pack(run, folder, "signed", "--sign", "mine.pem")


def author(run: Run, *arguments: object) -> str:
    return str(json.loads(run("verify", "case.zip", "--format", "json", *arguments)[1])["author"])


def test_a_signed_pack_is_known_by_its_key(run: Run, signed: Path) -> None:
    assert problems(run) == (0, set())
    assert author(run) == "signed"
    assert author(run, "--key", "mine.pub") == "expected"
    assert problems(run, "--key", "other.pub") == (1, {("other-key", "author.pem")})
    assert run("verify", "case.zip", "--build", "app.apk")[1].endswith("Intact, signed, and the same result came out again.\n")


def test_openssl_verifies_the_signature_as_the_pack_says(signed: Path, tmp_path: Path) -> None:
    import shutil

    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for name in ("manifest.json", "manifest.sig", "author.pem"):
        (tmp_path / name).write_bytes(entries(signed)[name])
    command = "openssl pkeyutl -verify -pubin -inkey author.pem -rawin -in manifest.json -sigfile manifest.sig"
    assert command in entries(signed)["README.txt"].decode()
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Verified Successfully" in done.stdout) == (0, True)


def test_a_changed_manifest_breaks_the_signature(run: Run, signed: Path) -> None:
    rewritten(signed, lambda files: consistent(files, lambda written: written["acquisition"].__setitem__("obtained_from", "elsewhere")))
    assert problems(run) == (1, {("bad-signature", "manifest.json")})
    assert author(run) == "refuted"


def test_a_pack_signed_anew_by_another_is_told_by_the_key(run: Run, signed: Path, folder: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"other").digest())
        consistent(files, lambda written: written["acquisition"].__setitem__("obtained_from", "elsewhere"))
        files["manifest.sig"] = key.sign(files["manifest.json"])
        files["author.pem"] = (folder / "other.pub").read_bytes()

    rewritten(signed, change)
    assert problems(run) == (0, set())
    assert problems(run, "--key", "mine.pub") == (1, {("other-key", "author.pem")})


@pytest.mark.parametrize("name", ["manifest.sig", "author.pem"])
def test_half_a_signature_is_none(run: Run, signed: Path, name: str) -> None:
    rewritten(signed, without(name))
    assert problems(run) == (1, {("bad-signature", name)})


def test_a_signature_taken_out_shows_to_who_expects_it(run: Run, signed: Path) -> None:
    rewritten(signed, without("manifest.sig"))
    rewritten(signed, without("author.pem"))
    assert problems(run) == (0, set())
    assert author(run) == "unknown"
    assert problems(run, "--key", "mine.pub") == (1, {("unsigned", "")})


# -- bad input ----------------------------------------------------------------------------------------------------


def one_line(done: tuple[int, str, str], *words: str) -> None:
    code, out, err = done
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"no archive", "no ZIP archive"),
        (b"PK\x05\x06" + bytes(18), "holds no manifest.json"),
    ],
)
def test_what_is_no_pack_is_refused(run: Run, folder: Path, content: bytes, says: str) -> None:
    (folder / "bad.zip").write_bytes(content)
    one_line(run("verify", "bad.zip"), "bad.zip", says)


@pytest.mark.parametrize(
    "written",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"schema": "auditor/evidence/1"}',
        b'{"schema": "auditor/evidence/9"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_manifest_of_no_pack_is_refused(run: Run, packed: Path, written: bytes) -> None:
    rewritten(packed, set_to("manifest.json", written))
    one_line(run("verify", "case.zip"), "manifest.json" if b"/9" not in written else "auditor/evidence/9")


HOSTILE: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "a file outside": lambda written: written["files"][0].__setitem__("name", "../../evil"),
    "an absolute file": lambda written: written["files"][0].__setitem__("name", "/etc/passwd"),
    "a drive": lambda written: written["files"][0].__setitem__("name", "C:evil"),
    "a name twice": lambda written: written["files"].append(written["files"][0]),
    "an input that is no file": lambda written: written["inputs"]["declaration"].__setitem__("file", "nowhere"),
    "no declaration": lambda written: written["inputs"].pop("declaration"),
    "a timeout of years": lambda written: written["options"].__setitem__("timeout", 10**12),
    "a name that is a number": lambda written: written["build"].__setitem__("name", 7),
    "a time that is a list": lambda written: written.__setitem__("made_at", []),
    "a day of decisions that is none": lambda written: written["inputs"].__setitem__(
        "decisions", {"file": "audit.json", "shown_as": "d", "on": "soon"}
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_manifest_is_refused(run: Run, packed: Path, name: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        written = json.loads(files["manifest.json"])
        HOSTILE[name](written)
        files["manifest.json"] = json.dumps(written).encode()

    rewritten(packed, change)
    one_line(run("verify", "case.zip", "--build", "app.apk"), "not as auditor writes it")


def test_a_build_s_name_never_leads_out_of_the_folder(run: Run, packed: Path, folder: Path) -> None:
    rewritten(packed, lambda files: consistent(files, lambda written: written["build"].__setitem__("name", "../../../x")))
    code, _ = problems(run, "--build", "app.apk")
    assert code in (0, 1, 3)
    assert not (folder.parent / "x").exists()


def test_a_bomb_is_not_inflated(run: Run, packed: Path) -> None:
    def bomb(files: dict[str, bytes]) -> None:
        consistent(files, lambda written: written["files"].append({"name": "zz", "sha256": "0" * 64, "size": 1, "role": "attachment"}))

    rewritten(packed, bomb)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zz", bytes(200 << 20))
    assert packed.stat().st_size < 4 << 20
    assert problems(run) == (1, {("unreadable-file", "zz")})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sign", "nowhere.pem"), ("nowhere.pem", "cannot be read")),
        (("--sign", "app.yaml"), ("app.yaml", "no private key")),
        (("--sign", "mine.pub"), ("mine.pub", "no private key")),
        (("--sign", "locked.pem"), ("locked.pem", "is encrypted", "AUDITOR_KEY_PASSWORD")),
        (("--attach", "nowhere.pdf"), ("nowhere.pdf", "not there")),
        (("--attach", "policy.txt", "--attach", "./policy.txt"), ("attachments/policy.txt",)),
        (("--policy", "app.apk"), ("app.apk", "is not the policy")),
    ],
)
def test_what_cannot_be_packed_leaves_nothing_behind(run: Run, folder: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=none.zip", *arguments), *words)
    assert not (folder / "none.zip").exists()


@pytest.mark.parametrize("when", ["yesterday", "2026-11-30T10:00:00", "2026-13-01", "1700000000"])
def test_a_time_that_is_none_is_refused(run: Run, when: str) -> None:
    code, out, err = run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=none.zip", "--obtained-at", when)
    assert (code, out) == (2, "")
    assert "is no time" in err


def test_a_locked_key_opens_with_its_password(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_KEY_PASSWORD", "secret")
    assert run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=case.zip", "--sign", "locked.pem", *GIVEN)[0] == 0
    assert author(run, "--key", "other.pub") == "expected"
    one_line(run("evidence", "app.apk", "-d", "app.yaml", "-o", "zip=none.zip", "--sign", "mine.pem"), "needs no password")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes here")
def test_a_full_disk_leaves_nothing_half_written(folder: Path, tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "from auditor.cli import main\n"
        "sys.exit(main(['evidence', 'app.apk', '-d', 'app.yaml', '-o', 'zip=' + sys.argv[1]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "full.zip")],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "could not be written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_forged_signer_is_filed_as_not_proved(run: Run, folder: Path) -> None:
    data = bytearray(Apk(manifest=manifest("com.example", min_sdk=24), package="com.example").write())
    data[data.index(b"AndroidManifest.xml") + 200] ^= 1
    (folder / "forged.apk").write_bytes(data)
    assert run("evidence", "forged.apk", "-d", "app.yaml", "-o", "zip=case.zip", *GIVEN)[0] == 0
    files = entries(folder / "case.zip")
    assert f"signers/v2-not-proved-{CERTIFICATE_SHA256[:16]}.pem" in files
    findings = {one["rule"]: one for one in json.loads(files["audit.json"])["findings"]}
    assert findings["signature-invalid"]["severity"] == "high"
    assert problems(run, "--build", "forged.apk") == (0, set())
