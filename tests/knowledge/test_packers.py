"""What packers leave in a build, and what proves none."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load

PACKERS = load().packers


def left_by(path: str) -> set[str]:
    """The packers one of whose own, not weak, signs is this path."""
    name = path.rsplit("/", 1)[-1]
    return {
        id_
        for id_, one in PACKERS.items()
        if (name in one.so_names and name not in one.weak)
        or any(path == file and file not in one.weak for file in one.files)
        or any(path.startswith(file) for file in one.files if file.endswith("/"))
        or any(pattern.search(path) for pattern in one.path_patterns)
    }


@pytest.mark.parametrize(
    ("path", "packer"),
    [
        ("lib/arm64-v8a/libjiagu_a64.so", "360_jiagu"),
        ("assets/libjiagu.so", "360_jiagu"),
        ("lib/armeabi-v7a/libshella-4.1.0.29.so", "tencent_legu"),
        ("lib/armeabi/libSecShell.so", "bangcle_free"),
        ("lib/arm64-v8a/libDexHelper.so", "bangcle_ent"),
        ("assets/ijiami.dat", "ijiami"),
        ("assets/ijm_lib/arm64-v8a/x.so", "ijiami"),
        ("lib/arm64-v8a/libnesec.so", "netease_yidun"),
        ("assets/baiduprotect1.jar", "baidu"),
    ],
)
def test_a_sign_of_a_packer(path, packer):
    assert left_by(path) == {packer}


@pytest.mark.parametrize(
    "path",
    [
        "lib/arm64-v8a/libbaiduprotect.so",
        "lib/arm64-v8a/libsgmain.so",
        "lib/arm64-v8a/libc++_shared.so",
        "lib/arm64-v8a/libtersafe2.so",
        "lib/arm64-v8a/libexec.so",
        "assets/classes.jar",
        "assets/resources.dat",
        "classes.dex",
    ],
)
def test_what_proves_no_packer(path):
    assert left_by(path) == set()


def test_application_classes():
    assert "com.stub.StubApp" in PACKERS["360_jiagu"].application_classes - PACKERS["360_jiagu"].weak
    assert "com.wrapper.proxyapplication.WrapperProxyApplication" in PACKERS["tencent_yunan"].application_classes


def test_an_unverified_sign_is_weak():
    assert "com.baidu.protect.StubApplication" not in PACKERS["baidu"].weak
    assert "com.secneo.apkwrapper.AW" in PACKERS["bangcle_ent"].weak


def test_sdks_of_the_same_vendors_are_no_packers():
    assert {"alibaba_sgmain", "freerasp"} & PACKERS.keys() == set()
    assert {"360_jiagu", "alibaba", "ijiami", "dexprotector"} <= PACKERS.keys()


def test_weak_signs_are_signs_of_their_packer():
    for id_, one in PACKERS.items():
        assert one.weak <= one.so_names | set(one.files) | one.application_classes, id_
