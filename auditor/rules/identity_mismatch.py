"""Whether the build is the app the declaration is about."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, Location, Owner, Severity, Text
from auditor.rules._limits import ORIGIN
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="安装包与声明是否为同一应用", en="Whether the build is the app that was declared"),
    severity=Severity.MEDIUM,
    limits=ORIGIN,
    zh="""
    检查内容：包名（或 Bundle ID）和签名证书是否为声明所列。声明未列任何标识时，只给出提示（应用名称不同的为低），
    并列出包内的应用名称与签名主体供人工比对。

    为何重要：用其他应用或被重新签名的安装包来核对，结论没有意义；仿冒包和二次打包的安装包也可由此识别。

    如何处理：审核人员确认安装包来源；确属本应用的，把包名和证书 SHA-256 补入声明的 app_ids 与 signers。
    """,
)
def identity_mismatch(case: Case) -> Iterator[Claim]:
    """What it does: checks package name (or bundle id) and signing certificate against those the declaration lists.
    Where it lists none, a note gives label and signer for a person to compare; it counts as low where the names differ.

    Why it matters: comparing a policy with another app's build, or with one that somebody else signed, says nothing.

    How to put it right: check where the build came from; if it is the right one, add its id and the certificate's
    SHA-256 to app_ids and signers in the declaration.
    """
    if case.build is None:
        return
    identity, declaration = case.build.identity, case.declaration
    here = Location(file=declaration.file, at="1")
    if declaration.app_ids and identity.app_id not in declaration.app_ids:
        expected = "、".join(declaration.app_ids)
        yield Claim(
            subject=identity.app_id or "app_id",
            declared=here,
            message=Text(
                zh=f"安装包的标识是 {identity.app_id or '（无）'}，声明的是 {expected}",
                en=f"The build's id is {identity.app_id or '(none)'}; the declaration names {expected.replace('、', ', ')}",
            ),
            steps=_CHECK_ORIGIN,
        )
    # a certificate is public: only a signature that holds shows that its owner signed
    found = {signer.sha256 for signer in identity.signer if signer.verified is not False}
    claimed = {signer.sha256 for signer in identity.signer} & set(declaration.signers)
    if declaration.signers and not found & set(declaration.signers):
        signed = "、".join(sorted(found))
        yield Claim(
            subject="signer",
            confidence=Confidence.HIGH if found or claimed else Confidence.LOW,
            declared=here,
            message=Text(
                zh="安装包附有声明所列的签名证书，但签名无效，不能证明由其所有者签署",
                en="The build carries a certificate the declaration lists, but its signature does not hold: its owner did not sign",
            )
            if claimed
            else Text(
                zh=f"安装包的签名证书（SHA-256 {signed or '未读到'}）不在声明所列之中",
                en=f"The build's signing certificate (SHA-256 {signed.replace('、', ', ') or 'not read'})"
                " is not one the declaration lists",
            ),
            steps=_CHECK_ORIGIN,
        )
    if not declaration.app_ids and not declaration.signers:
        subjects = sorted({signer.subject for signer in identity.signer if signer.subject and signer.verified is not False})
        zh_signed = f"，签名主体为“{'；'.join(subjects)}”" if subjects else ""
        en_signed = f", signed by {'; '.join(subjects)}" if subjects else ""
        differ = identity.label.strip().casefold() != declaration.app.strip().casefold()
        other = _OTHER_NAME if differ else Text(zh="", en="")
        yield Claim(
            subject="identity",
            severity=Severity.LOW if differ else Severity.INFO,
            confidence=Confidence.LOW,
            declared=here,
            message=Text(
                zh=f"声明未列包名和签名证书，{other.zh}请人工确认两者是同一应用："
                f"声明针对“{declaration.app}”（{declaration.operator or '未写运营者'}），"
                f"安装包为“{identity.label or identity.app_id}”（{identity.app_id or '无标识'}）{zh_signed}",
                en=f"The declaration lists no app id or signer{other.en}; check that both are the same app: it is about"
                f" “{declaration.app}” ({declaration.operator or 'no operator named'}), the build is"
                f" “{identity.label or identity.app_id}” ({identity.app_id or 'no id'}){en_signed}",
            ),
            steps=(
                Owner.REVIEWER.step(
                    zh="人工核对；确属同一应用的，在声明中补充 app_ids 和 signers，此后自动核对",
                    en="compare the two; if they are one app, add app_ids and signers to the declaration,"
                    " so that this is checked by itself from now on",
                ),
            ),
        )


_OTHER_NAME = Text(zh="且两者的应用名称不同，", en=", and the two have different names")


_CHECK_ORIGIN = (
    Owner.REVIEWER.step(
        zh="确认安装包的来源和版本；确属本应用的，把标识或证书补入声明",
        en="check where the build comes from; if it is the right one, add its id or certificate to the declaration",
    ),
)
