"""Builds whose signature does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Confidence, FactKind, Owner, Severity, Text
from auditor.rules._limits import ORIGIN
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="安装包的签名无效", en="The build's signature does not hold"),
    severity=Severity.HIGH,
    limits=ORIGIN,
    zh="""
    检查内容：按系统自身的方式校验签名（Android 的 v1、v2、v3、v3.1，iOS 主程序的代码签名），并判断本应用支持的系统是否接受。
    签名与内容不符、签名被去除或降级的，为高；签名本身成立、但系统会拒绝安装或各方案的证书互不相同的，为中。未签名的构建不在此列。

    为何重要：签名无效的安装包不能证明由谁发布，签名后可能已被改动；据此得出的核查结论可能与用户实际安装的应用无关。

    如何处理：审核人员从发布渠道重新取得安装包；确为开发者所出的，由研发重新签名。解密后的 iOS 安装包必然如此，应注明来源。
    """,
)
def signature_invalid(case: Case) -> Iterator[Claim]:
    """What it does: verifies the signature as the platform does (Android's v1, v2, v3 and v3.1, the code signature of an iOS app's
    executable) and asks if the systems the app runs on accept it. A signature that the contents contradict, that was taken out or
    downgraded, is high; one that holds, but with which the platform refuses the app, or whose schemes name different certificates,
    is medium. A build nobody signed is none of its business.

    Why it matters: such a build proves nobody's authorship and may have been changed after signing, so what is found in it may have
    nothing to do with the app that users have.

    How to put it right: get the build from where it is published; if it is the developer's own, sign it again. An iOS build that was
    decrypted cannot be otherwise: say where it comes from.
    """
    if case.build is None or not case.build.identity.signature_faults:
        return
    identity = case.build.identity
    broken = not identity.signer or any(one.verified is False for one in identity.signer)
    unsure = not broken and any(one.verified is None for one in identity.signer)
    lead = _BROKEN if broken else _REFUSED
    yield Claim(
        subject="signature",
        severity=Severity.HIGH if broken else Severity.MEDIUM,
        confidence=Confidence.MEDIUM if unsure else Confidence.HIGH,
        evidence=case.build.of(FactKind.SIGNING),
        message=Text(
            zh=f"{lead.zh}：{'；'.join(one.zh for one in identity.signature_faults)}",
            en=f"{lead.en}: {'; '.join(one.en for one in identity.signature_faults)}",
        ),
        steps=(
            Owner.REVIEWER.step(
                zh="从应用的发布渠道重新取得安装包并核对 SHA-256；签名有效之前，不要把结论归于证书所有者",
                en="get the build again from where the app is published and compare its SHA-256; until the signature holds, hold the"
                " certificate's owner to nothing of this",
            ),
            Owner.ENGINEERING.step(
                zh="确为自己的构建的，用发布密钥重新签名", en="if the build is your own, sign it again with the release key"
            ),
        ),
    )


_BROKEN = Text(zh="安装包的签名无效", en="The build's signature does not hold")
_REFUSED = Text(zh="签名本身成立，但系统不会照此接受安装包", en="The signature holds, but devices do not take the build as it is signed")
