"""An audit as evidence that can be filed: one ZIP archive with everything the result rests on, and a way to check it later.

The pack holds the reports, the results as JSON, what was given to the audit (declaration or policy, side files, decisions, own
SDK descriptions), the certificates of the build, and ``manifest.json``, which names each of these files with its SHA-256 and
records by what tool, with what options, from where and when. A signature (Ed25519, RFC 8032) is over the bytes of the
manifest, so that any other tool can verify it too. The build itself is not in it, only its SHA-256.

The same inputs give the same bytes: entries are stored in one order with one date, and every time in it was given.
``schemas/evidence-1.schema.json`` describes the manifest.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from auditor.archive import Archive, Limits, Unreadable
from auditor.errors import BuildError, EvidenceError
from auditor.model import Audit, Text
from auditor.wire.document import dumps

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = [
    "AUDIT",
    "FACTS",
    "MANIFEST",
    "README",
    "REPORTS",
    "SCHEMA",
    "Author",
    "File",
    "Pack",
    "Problem",
    "ProblemKind",
    "Role",
    "certificates",
    "check",
    "code_version",
    "key_sha256",
    "moment",
    "open_pack",
    "private_key",
    "public_key",
    "write_pack",
]

SCHEMA = "auditor/evidence/1"
"""Name and version of the manifest's form."""
MANIFEST, _SIGNATURE, _KEY = "manifest.json", "manifest.sig", "author.pem"
AUDIT, FACTS = "audit.json", "facts.json"
REPORTS = {"report.zh.html": "zh", "report.en.html": "en"}
"""The reports in every pack, and their languages."""
_LIMITS = Limits(entries=10_000, entry_bytes=512 << 20, total_bytes=2 << 30, ratio=200, depth=0)
"""Generous for any pack; small for a bomb."""
_MAX_MANIFEST = 16 << 20
_DATE = (1980, 1, 1, 0, 0, 0)
_CHINA = datetime.timezone(datetime.timedelta(hours=8))
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:]+(?:/[^\x00-\x1f\x7f/\\:]+)*\Z")


class Role(Enum):
    """What a file is in a pack."""

    RESULT = "result"
    """Made by the audit: the same inputs give the same bytes again."""
    INPUT = "input"
    """Given to the audit."""
    SIGNER = "signer"
    """A certificate of the build."""
    ATTACHMENT = "attachment"
    """Added by whoever made the pack (a PDF, a photograph): hashed, never made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to be put into a pack."""

    name: str
    """Path in the pack."""
    data: bytes
    role: Role


# -- times --------------------------------------------------------------------------------------------------------


def moment(written: str) -> dict[str, str]:
    """Return a time as packs record it: in UTC and in China's; a date alone as it is.

    ``written`` is ISO 8601 with its offset from UTC (``2026-11-30T14:05:00+08:00``), or a date. Raises ValueError.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        return {"date": datetime.date.fromisoformat(written).isoformat()}
    when = datetime.datetime.fromisoformat(written)
    if when.tzinfo is None:
        raise ValueError("no offset from UTC")
    return at(when)


def at(when: datetime.datetime) -> dict[str, str]:
    """Return a point in time in UTC and in China's time, to the second."""
    whole = when.replace(microsecond=0)
    utc = whole.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return {"utc": utc, "china": whole.astimezone(_CHINA).isoformat()}


# -- making one ---------------------------------------------------------------------------------------------------


def certificates(audit: Audit) -> Iterator[File]:
    """Yield the certificates a build carries; the names of those whose signature does not hold say so."""
    seen = set()
    for signer in audit.identity.signer:
        proved = {True: "verified", False: "not-proved", None: "not-checked"}[signer.verified]
        name = f"signers/{signer.scheme}-{proved}-{signer.sha256[:16]}.pem"
        if signer.certificate and name not in seen:
            seen.add(name)
            text = base64.encodebytes(signer.certificate).decode()
            lines = "\n".join(re.findall(".{1,64}", text.replace("\n", "")))
            pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
            yield File(name=name, data=pem.encode(), role=Role.SIGNER)


def write_pack(record: Mapping[str, Any], files: Sequence[File], key: Ed25519PrivateKey | None = None) -> bytes:
    """Return a pack of ``files``; ``record`` is the manifest without its list of them.

    Raises EvidenceError where two files would have one name.
    """
    files = [*files, README]
    by_name = {one.name: one for one in files}
    if len(by_name) != len(files):
        names = sorted(one.name for one in files)
        twice = next(name for name, after in pairwise(names) if name == after)
        raise EvidenceError(f"two files would be {twice} in the pack", "give one of them another name")
    listed = [
        {"name": name, "sha256": hashlib.sha256(one.data).hexdigest(), "size": len(one.data), "role": one.role.value}
        for name, one in sorted(by_name.items())
    ]
    manifest = dumps({"schema": SCHEMA, **record, "files": listed}).encode()
    first = [(MANIFEST, manifest)]
    if key is not None:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        first += [(_SIGNATURE, key.sign(manifest)), (_KEY, public)]
    stream = io.BytesIO()
    # stored, not deflated: what zlib makes of a text depends on its build
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (*first, *((name, by_name[name].data) for name in sorted(by_name))):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return stream.getvalue()


README = File(
    name="README.txt",
    role=Role.RESULT,
    data="""\
这是 auditor 的一份审计证据包。manifest.json 列出其中每个文件的 SHA-256 和大小，以及所用工具、知识库的版本、命令、
输入文件、安装包的 SHA-256 和取得方式；manifest.sig（如有）是对 manifest.json 的 Ed25519 签名，公钥在 author.pem。
安装包本身不在其中。核验：

    auditor verify case.zip --build 安装包

不用 auditor 也可核验：sha256sum 逐一比对 manifest.json 中的值；签名可用
openssl pkeyutl -verify -pubin -inkey author.pem -rawin -in manifest.json -sigfile manifest.sig

This is the evidence of an audit by auditor. manifest.json names each file in it with SHA-256 and size, and records the versions
of the tool and its knowledge, the command, the inputs, the SHA-256 of the build and how it was obtained; manifest.sig, where
there is one, is an Ed25519 signature over manifest.json, with its public key in author.pem. The build itself is not in it.
To check it:

    auditor verify case.zip --build BUILD

It can be checked without auditor: compare the output of sha256sum with manifest.json, and verify the signature with the line
for openssl above.
""".encode(),
)
"""What a reader finds who has nothing but the pack."""


# -- keys ---------------------------------------------------------------------------------------------------------


def private_key(path: Path, password: str = "") -> Ed25519PrivateKey:
    """Read a private key (PEM, PKCS #8). Raises EvidenceError where it is none, or none of Ed25519."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read_key(path)
    try:
        key = load_pem_private_key(data, password.encode() or None)
    except TypeError:
        what = "needs no password" if password else "is encrypted"
        raise EvidenceError(f"{path} {what}", "set AUDITOR_KEY_PASSWORD where the key has one, and only there") from None
    except (ValueError, UnsupportedAlgorithm):
        raise EvidenceError(f"{path} is no private key that can be read", _MAKE_ONE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError(f"{path} is a key of another kind", _MAKE_ONE)
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key (PEM). Raises EvidenceError where it is none, or none of Ed25519."""
    return _public_key(_read_key(path), str(path))


def _read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read ({error.strerror})", "check the path of the key") from None


def _public_key(data: bytes, shown: str) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise EvidenceError(f"{shown} is no public key that can be read", _MAKE_ONE) from None
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceError(f"{shown} is a key of another kind", _MAKE_ONE)
    return key


def key_sha256(key: Ed25519PublicKey) -> str:
    """Return what a public key is told by: the SHA-256 of its SubjectPublicKeyInfo (DER)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


_MAKE_ONE = "an Ed25519 key is expected, as `openssl genpkey -algorithm ed25519 -out key.pem` makes one"


# -- opening one --------------------------------------------------------------------------------------------------


class ProblemKind(Enum):
    """What is wrong with a pack."""

    MISSING = "missing-file"
    CHANGED = "changed-file"
    ADDED = "added-file"
    TWICE = "file-twice"
    UNREADABLE = "unreadable-file"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad-signature"
    OTHER_KEY = "other-key"
    OTHER_BUILD = "other-build"
    RESULT_DIFFERS = "result-differs"
    OTHER_VERSION = "other-version"
    """Not tampering: another version of the tool comes to other bytes."""

    @property
    def tampering(self) -> bool:
        """Whether it shows that the pack is not what it was made as, or not what it is taken for."""
        return self is not ProblemKind.OTHER_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a pack."""

    kind: ProblemKind
    file: str
    """The file in the pack; empty where it is the pack as a whole."""
    what: Text


class Author(Enum):
    """What is known of who made a pack."""

    UNKNOWN = "unknown"
    """Nobody signed it."""
    SIGNED = "signed"
    """Signed with the key that lies in it: whose that is, the key's SHA-256 tells those who know it."""
    EXPECTED = "expected"
    """Signed with the key that was expected."""
    REFUTED = "refuted"
    """The signature does not hold, or is of another key than was expected."""


@dataclass(slots=True, kw_only=True)
class Pack:
    """A pack as it was found."""

    sha256: str
    """Of the pack itself."""
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    """Those the manifest names that are there, by name."""
    problems: list[Problem] = field(default_factory=list)
    author: Author = Author.UNKNOWN
    key: str = ""
    """SHA-256 of the key it is signed with."""

    def role(self, name: str) -> Role | None:
        """Return what a file is in the pack."""
        return next((Role(one["role"]) for one in self.manifest["files"] if one["name"] == name), None)

    def add(self, kind: ProblemKind, file: str, zh: str, en: str) -> None:
        """Note something that is wrong."""
        self.problems.append(Problem(kind=kind, file=file, what=Text(zh=zh, en=en)))


def open_pack(path: Path, expected: Ed25519PublicKey | None = None) -> Pack:
    """Open a pack and check it against its own manifest and signature; ``expected`` is the key it should be signed with.

    Raises EvidenceError where it is no pack, or cannot be read as one.
    """
    try:
        archive = Archive.open(path, _LIMITS)
    except BuildError as error:
        raise EvidenceError(error.message, "give the pack that `auditor evidence` wrote") from None
    with archive:
        if MANIFEST not in archive.entries:
            raise EvidenceError(f"{path} holds no {MANIFEST}: it is no evidence pack", "give the pack that `auditor evidence` wrote")
        try:
            written = archive.read(MANIFEST, _MAX_MANIFEST)
        except Unreadable as error:
            raise EvidenceError(f"{path}: {MANIFEST} {error.reason.en}", "the pack is damaged; get it again") from None
        manifest = _manifest(written, path)
        pack = Pack(sha256=archive.checksum(), manifest=manifest, files={})
        pack.files = _checked_files(archive, pack)
        _check_signature(archive, pack, written, expected)
    return pack


def _manifest(written: bytes, path: Path) -> Mapping[str, Any]:
    """Return a manifest, every value in it of the kind it has to be. Raises EvidenceError."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise EvidenceError(f"{path}: {MANIFEST} is no JSON", "the pack was changed or damaged; get it again") from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        if isinstance(schema, str) and schema.startswith("auditor/evidence/"):
            raise EvidenceError(f"{path} is a pack of the form {schema[:60]!r}", "check it with the release of auditor that made it")
        raise EvidenceError(f"{path}: {MANIFEST} is not that of an evidence pack", "give the pack that `auditor evidence` wrote")
    wrong = next(_wrong(found), None)
    if wrong is not None:
        raise EvidenceError(f"{path}: {MANIFEST} is not as auditor writes it ({wrong})", "the pack was changed or damaged; get it again")
    result: Mapping[str, Any] = found
    return result


_STRUCTURE: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {"tool": dict, "build": dict, "inputs": dict, "options": dict, "acquisition": dict, "files": list, "command": list, "verdict": str},
    "tool": {"version": str, "knowledge": str, "code": str},
    "build": {
        "name": str, "sha256": str, "size": int, "app_id": str, "label": str, "version": str, "version_code": str, "platform": str,
    },
    "options": {"timeout": (int, type(None)), "max_memory": (int, type(None))},
    "acquisition": {"obtained_from": str, "obtained_at": (dict, type(None)), "notes": list},
}  # fmt: skip


def _wrong(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the places in a manifest that are not of the kind they have to be."""
    for part, kinds in _STRUCTURE.items():
        holder = found if not part else found[part]
        for name, kind in kinds.items():
            if name not in holder or not isinstance(holder[name], kind) or isinstance(holder[name], bool):
                yield f"{part}.{name}".lstrip(".")
                return
    for when in (found.get("made_at"), found["acquisition"]["obtained_at"]):
        if when is not None and not (isinstance(when, dict) and when and all(isinstance(one, str) for one in when.values())):
            yield "a time"
    if not all(isinstance(one, str) for one in (*found["command"], *found["acquisition"]["notes"])):
        yield "command"
    roles = {role.value for role in Role}
    for one in found["files"]:
        good = (
            isinstance(one, dict)
            and isinstance(one.get("name"), str)
            and _NAME.match(one["name"]) is not None
            and ".." not in PurePosixPath(one["name"]).parts
            and isinstance(one.get("sha256"), str)
            and isinstance(one.get("size"), int)
            and one.get("role") in roles
        )
        if not good:
            yield "files"
            return
    names = {one["name"] for one in found["files"]}
    if len(names) != len(found["files"]):
        yield "files: a name twice"
    for name, given in found["inputs"].items():
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()) or given.get("file") not in names:
            yield f"inputs.{name}"
            return
    if "declaration" not in found["inputs"] or "shown_as" not in found["inputs"]["declaration"]:
        yield "inputs.declaration"
    decisions = found["inputs"].get("decisions")
    if decisions is not None and ("shown_as" not in decisions or not _is_date(decisions.get("on", ""))):
        yield "inputs.decisions"
    for name, least, most in (("timeout", 1, 86_400), ("max_memory", 256, 1 << 20)):
        if found["options"][name] is not None and not least <= found["options"][name] <= most:
            yield f"options.{name}"


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _checked_files(archive: Archive, pack: Pack) -> dict[str, bytes]:
    """Return the files the manifest names that are what it says; what is not is noted."""
    found: dict[str, bytes] = {}
    for one in pack.manifest["files"]:
        name = one["name"]
        if name not in archive.entries:
            pack.add(ProblemKind.MISSING, name, "清单所列的文件不在包中", "is in the manifest and not in the pack")
            continue
        try:
            data = archive.read(name)
        except Unreadable as error:
            pack.add(ProblemKind.UNREADABLE, name, error.reason.zh, error.reason.en)
            continue
        if len(data) != one["size"] or hashlib.sha256(data).hexdigest() != one["sha256"]:
            pack.add(ProblemKind.CHANGED, name, "内容与清单的 SHA-256 不符：已被改动", "is not what the manifest says: it was changed")
            continue
        found[name] = data
    known = {MANIFEST, _SIGNATURE, _KEY, *(one["name"] for one in pack.manifest["files"])}
    for name in sorted(archive.entries.keys() - known):
        pack.add(ProblemKind.ADDED, name, "不在清单中：是后来加入的", "is not in the manifest: it was added")
    for name, reason in archive.damaged.items():
        if name in found:
            pack.add(ProblemKind.CHANGED, name, reason.zh, reason.en)
    for name in archive.duplicates:
        pack.add(ProblemKind.TWICE, name, "在包中出现两次，不同工具会读到不同内容", "stands twice: tools may read different contents")
    return found


def _check_signature(archive: Archive, pack: Pack, written: bytes, expected: Ed25519PublicKey | None) -> None:
    from cryptography.exceptions import InvalidSignature

    there = [name for name in (_SIGNATURE, _KEY) if name in archive.entries]
    if not there:
        if expected is not None:
            pack.author = Author.REFUTED
            pack.add(ProblemKind.UNSIGNED, "", "没有签名，而要求有", "is not signed, and should be")
        return
    pack.author = Author.REFUTED
    if len(there) < 2:
        lost = _KEY if _KEY not in there else _SIGNATURE
        pack.add(ProblemKind.BAD_SIGNATURE, lost, "签名不完整：此文件缺失", "is missing, so the signature cannot be verified")
        return
    try:
        signature, key = archive.read(_SIGNATURE, 1 << 10), _public_key(archive.read(_KEY, 1 << 16), _KEY)
    except (Unreadable, EvidenceError):
        pack.add(ProblemKind.BAD_SIGNATURE, _KEY, "签名或其公钥无法读取", "or the signature cannot be read")
        return
    pack.key = key_sha256(key)
    try:
        key.verify(signature, written)
    except InvalidSignature:
        pack.add(
            ProblemKind.BAD_SIGNATURE,
            MANIFEST,
            "签名与清单不符：清单在签名后被改动，或签名出自另一密钥",
            "is not what was signed: it was changed after signing, or the signature is of another key than author.pem",
        )
        return
    if expected is not None and key_sha256(expected) != pack.key:
        pack.add(
            ProblemKind.OTHER_KEY,
            _KEY,
            f"签名有效，但密钥（{pack.key[:16]}…）不是所要求的那一个",
            f"signed, but with another key ({pack.key[:16]}…) than the one expected",
        )
        return
    pack.author = Author.SIGNED if expected is None else Author.EXPECTED


# -- the same again -----------------------------------------------------------------------------------------------


@cache
def code_version() -> str:
    """Return what tells this code from any other of the same version: hexadecimal digits of the SHA-256 over its source files."""
    root = Path(__file__).parent
    state = hashlib.sha256()
    for path in sorted((*root.rglob("*.py"), *root.glob("report/templates/*")), key=lambda path: path.relative_to(root).as_posix()):
        if path.is_file():
            data = path.read_bytes()
            state.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return state.hexdigest()[:12]


def check(pack: Pack, made: Mapping[str, bytes], tool: Mapping[str, str]) -> None:
    """Compare results made again with those in the pack; ``tool`` are the versions that made them and may matter.

    Other bytes from another version are no tampering, and are noted as what they are.
    """
    before = {name: pack.manifest["tool"][name] for name in tool}
    other = before != tool
    for name, data in made.items():
        there = pack.files.get(name)
        if there is None or there == data:
            continue  # what is missing or changed is noted by now
        if other:
            pack.add(
                ProblemKind.OTHER_VERSION,
                name,
                f"与重新得出的结果不同；证据包由 {_versions(before)} 得出，此处为 {_versions(tool)}",
                f"differs from the result made again; the pack was made by {_versions(before)}, this is {_versions(tool)}",
            )
        else:
            pack.add(
                ProblemKind.RESULT_DIFFERS,
                name,
                "与同一版本重新得出的结果不同：不是由所记录的输入得出的",
                "differs from the result made again by the same version: it does not come from the inputs recorded",
            )


def _versions(tool: Mapping[str, str]) -> str:
    return " ".join(f"{name} {value[:40]}" for name, value in tool.items())
