"""The rules on the document alone: at full strength by themselves, low beside a build."""

from __future__ import annotations

from auditor.knowledge.names import Basis, Resolution
from auditor.rules import (
    incomplete_sdk_row,
    misspelt_declared_package,
    permission_without_purpose,
    unresolved_declared_sdk,
)
from tests.factories import declaration, declared_permission, declared_sdk, declared_usage_key
from tests.rules.cases import NOTHING, case, document, said

WHOLE = declared_sdk(id="", data=("imei",), url="https://example.com/privacy")


def test_an_sdk_that_means_nothing_known_is_named() -> None:
    vague = declared_sdk("应用安全SDK", package="")
    assert said(unresolved_declared_sdk, document(declaration(sdks=(vague,)))) == {"应用安全SDK": "medium high"}


def test_an_sdk_with_package_and_name_may_merely_be_unknown_to_us() -> None:
    clear = declared_sdk("Acme 分析", package="com.acme.analytics")
    one = document(declaration(sdks=(clear, declared_sdk("", package="com.bare", vendor="", url=""))))
    assert said(unresolved_declared_sdk, one) == {"com.acme.analytics": "medium low", "com.bare": "medium high"}
    (finding, _) = unresolved_declared_sdk.run(one)
    assert "“Acme 分析”（com.acme.analytics）" in finding.message.zh
    assert finding.remedy.zh.startswith("审核人员：")


def test_a_resolved_sdk_is_quiet_whether_by_words_or_by_the_reviewer() -> None:
    by_words = {WHOLE: Resolution(ids=("acme-push",), basis=Basis.ALIAS, suggestion="")}
    assert said(unresolved_declared_sdk, document(declaration(sdks=(WHOLE,)), by_words)) == {}
    by_hand = declared_sdk("应用安全SDK", id="acme-push")
    assert said(unresolved_declared_sdk, document(declaration(sdks=(by_hand,)))) == {}


def test_a_misspelt_package_is_named_with_the_right_one() -> None:
    row = declared_sdk(package="om.acme.push")
    typo = {row: Resolution(ids=("acme-push",), basis=Basis.TYPO, suggestion="com.acme.push")}
    one = document(declaration(sdks=(row,)), typo)
    assert said(misspelt_declared_package, one) == {"om.acme.push": "low medium"}
    (finding,) = misspelt_declared_package.run(one)
    assert "com.acme.push" in finding.remedy.zh


def test_a_right_package_is_quiet() -> None:
    right = {WHOLE: Resolution(ids=("acme-push",), basis=Basis.PACKAGE, suggestion="")}
    assert said(misspelt_declared_package, document(declaration(sdks=(WHOLE,)), right)) == {}
    nameless = declared_sdk(package="")
    assert said(misspelt_declared_package, document(declaration(sdks=(nameless,)))) == {}


def test_an_incomplete_row_says_what_is_missing() -> None:
    bare = declared_sdk(package="com.acme", purpose="", data=(), url="")
    one = document(declaration(sdks=(bare,)))
    assert said(incomplete_sdk_row, one) == {"com.acme": "medium high"}
    (finding,) = incomplete_sdk_row.run(one)
    assert "the purpose, the types of data collected, a contact or a link" in finding.message.en


def test_a_whole_row_is_quiet_and_so_is_a_shared_purpose() -> None:
    assert said(incomplete_sdk_row, document(declaration(sdks=(WHOLE,)))) == {}
    shared = declared_sdk(purpose="", purpose_shared_with="个推", data_text="设备信息", url="https://example.com")
    assert said(incomplete_sdk_row, document(declaration(sdks=(shared,)))) == {}


def test_a_permission_without_purpose_is_named_on_both_platforms() -> None:
    declared = declaration(
        permissions=(declared_permission("CAMERA", purpose=""),),
        usage_keys=(declared_usage_key("NSCameraUsageDescription", purpose=""),),
    )
    assert said(permission_without_purpose, document(declared)) == {
        "android.permission.CAMERA": "medium high",
        "NSCameraUsageDescription": "medium high",
    }


def test_a_purpose_of_its_own_or_shared_is_quiet() -> None:
    declared = declaration(
        permissions=(
            declared_permission("READ_CALENDAR"),
            declared_permission("WRITE_CALENDAR", purpose="", purpose_shared_with="android.permission.READ_CALENDAR"),
        )
    )
    assert said(permission_without_purpose, document(declared)) == {}


def test_beside_a_build_the_document_s_faults_count_low() -> None:
    declared = declaration(permissions=(declared_permission("CAMERA", purpose=""),), sdks=(declared_sdk("x", package=""),))
    beside = case(declared=declared, resolutions=dict.fromkeys(declared.sdks, NOTHING))
    assert set(said(permission_without_purpose, beside).values()) == {"low high"}
    assert set(said(unresolved_declared_sdk, beside).values()) == {"low high"}
