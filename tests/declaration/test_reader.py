"""What a declaration may say, what it may not, and what is said about it."""

from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.declaration import parse_declaration, read_declaration
from auditor.errors import DeclarationError
from auditor.knowledge.schema import Knowledge
from auditor.model import Confidence, Declaration, Location, Passage, Platform

MINIMAL = """\
app: 示例
policy: {file: policy.html}
permissions: []
"""


def mistakes(text: str, knowledge: Knowledge) -> list[str]:
    """Return the mistakes in a declaration, without the file name."""
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(text.encode(), "app.yaml", knowledge)
    assert all(line.startswith("app.yaml:") for line in caught.value.mistakes)
    return [line.removeprefix("app.yaml:") for line in caught.value.mistakes]


def read(text: str, knowledge: Knowledge) -> Declaration:
    return parse_declaration(text.encode(), "app.yaml", knowledge)


# -- quiet ------------------------------------------------------------------------------------------------------------


def test_a_minimal_declaration(knowledge: Knowledge) -> None:
    declaration = read(MINIMAL, knowledge)
    assert (declaration.app, declaration.file, declaration.policy.file) == ("示例", "app.yaml", "policy.html")
    assert (declaration.operator, declaration.category, declaration.policy.effective) == ("", "", "")
    assert declaration.sdks == declaration.data == declaration.permissions == ()


def test_every_optional_key_may_be_null(knowledge: Knowledge) -> None:
    text = "".join(
        f"{key}:\n"
        for key in "schema operator category app_ids signers usage_keys harmony_permissions sdks data denials statements "
        "contact minors storage review gaps".split()
    )
    assert read(MINIMAL + text, knowledge).sdks == ()


EVERY_KEY = """\
schema: auditor/declaration/1
app: 示例
operator: 示例公司
policy:
  file: policy.pdf
  sha256: 0000000000000000000000000000000000000000000000000000000000000000
  effective: 2024-02-29
category: CAT39-06
app_ids: [com.example.app, cn.example-ios.app]
signers: ["AA:00000000000000000000000000000000000000000000000000000000000000"]
permissions:
  - name: android.permission.READ_CALENDAR
    text: READ_CALENDAR 读取日历
    purpose: 添加提醒
    at: {line: 7, page: 2, quote: 读取日历}
    confidence: low
  - name: android.permission.WRITE_CALENDAR
    purpose_shared_with: android.permission.READ_CALENDAR
usage_keys:
  - key: NSCalendarsUsageDescription
    purpose: 添加提醒
    at: [{line: 9, quote: 日历}, {line: 3}]
    confidence: medium
  - key: NSCameraUsageDescription
    purpose_shared_with: NSCalendarsUsageDescription
harmony_permissions:
  - {name: ohos.permission.CAMERA, text: 相机, purpose: 拍照, at: {line: 1}, confidence: low}
  - {name: ohos.permission.MICROPHONE, purpose_shared_with: ohos.permission.CAMERA}
sdks:
  - name: 高德地图
    package: com.amap.api
    aliases: [高德导航]
    id: amap
    vendor: 高德
    purpose: 定位
    data: [imei, mac_address]
    data_text: 设备标识
    permissions: [android.permission.CAMERA]
    platform: android
    url: https://lbs.amap.com/
    at: [{line: 20}]
    confidence: high
  - {name: 高德地图, package: com.amap.api, id: amap, platform: ios, purpose_shared_with: com.amap.api}
  - {name: 某SDK, id: null, purpose_shared_with: 高德地图}
data:
  - {type: imei, text: IMEI, vague: false, when: background, platform: android, at: {line: 4}, confidence: high}
  - {type: imei, text: IMEI, vague: true}
denials:
  - {type: call_content, text: 无法监听通话内容, at: {line: 5}, confidence: high}
statements:
  - {kind: user-action, text: 仅在您点击时录音, data: [microphone], at: {line: 6}}
contact: {text: 在线客服, at: {line: 90}}
minors: {text: 儿童规则, at: {line: 91}}
storage: {text: 存储在中国境内, countries: [CN], at: {line: 92}}
review:
  - {table: sdks, subject: 某SDK, reason: 名称不完整, at: {line: 93}, confidence: low}
gaps:
  - {reason: SDK 清单在链接后面, hides: [sdks], at: {line: 94}}
"""


def test_every_key(knowledge: Knowledge) -> None:
    declaration = read(EVERY_KEY, knowledge)
    assert declaration.policy.effective == "2024-02-29"
    assert declaration.signers == ("aa" + "0" * 62,)
    calendar, edit = declaration.permissions
    assert calendar.location == Location(file="app.yaml", at="12")
    assert calendar.policy == Location(file="policy.pdf", at="page 2, line 7")
    assert calendar.at == (Passage(line=7, page=2, quote="读取日历"),)
    assert calendar.confidence is Confidence.LOW
    assert (calendar.text, edit.text) == ("READ_CALENDAR 读取日历", "android.permission.WRITE_CALENDAR")
    assert (edit.purpose, edit.purpose_shared_with) == ("", "android.permission.READ_CALENDAR")
    assert edit.policy is None
    key = declaration.usage_keys[0]
    assert key.policy == Location(file="policy.pdf", at="9")
    assert [passage.line for passage in key.at] == [9, 3]
    assert [row.name for row in declaration.harmony_permissions] == ["ohos.permission.CAMERA", "ohos.permission.MICROPHONE"]
    android, ios, unnamed = declaration.sdks
    assert (android.platforms, ios.platforms) == (frozenset({Platform.ANDROID}), frozenset({Platform.IOS}))
    assert android.data == ("imei", "mac_address")
    assert android.permissions == ("android.permission.CAMERA",)
    assert (android.written, unnamed.written, unnamed.id) == ("com.amap.api", "某SDK", "")
    background, vague = declaration.data
    assert (background.when, background.vague, background.platforms) == ("background", False, frozenset({Platform.ANDROID}))
    assert (vague.when, vague.vague, vague.platforms) == ("", True, frozenset(Platform))
    assert declaration.denials[0].type == "call_content"
    assert (declaration.statements[0].kind, declaration.statements[0].data) == ("user-action", ("microphone",))


def test_names_nobody_knows_pass_unless_they_are_slips(knowledge: Knowledge) -> None:
    text = MINIMAL.replace("permissions: []\n", "") + (
        "permissions:\n"
        "  - name: android.permission.WRITESYSTEM\n"
        "  - name: com.huawei.android.launcher.permission.CHANGE_BADGE\n"
        "usage_keys:\n"
        "  - key: UIBackgroundModes\n"
        "  - key: NSUserNotificationUsageDescription\n"
        "  - key: NSLocationTemporaryUsageDescriptionDictionary\n"
    )
    declaration = read(text, knowledge)
    assert [row.name for row in declaration.permissions] == [
        "android.permission.WRITESYSTEM",
        "com.huawei.android.launcher.permission.CHANGE_BADGE",
    ]
    assert [row.key for row in declaration.usage_keys] == [
        "UIBackgroundModes",
        "NSUserNotificationUsageDescription",
        "NSLocationTemporaryUsageDescriptionDictionary",
    ]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(knowledge: Knowledge) -> None:
    windows = parse_declaration(b"\xef\xbb\xbf" + EVERY_KEY.replace("\n", "\r\n").encode(), "app.yaml", knowledge)
    plain = read(EVERY_KEY, knowledge)
    assert windows.permissions == plain.permissions
    assert windows.sdks == plain.sdks


def test_two_sdks_of_one_name_are_two_rows(knowledge: Knowledge) -> None:
    text = MINIMAL + "sdks: [{name: 个推, package: com.igexin.sdk}, {name: 个推, package: com.getui}]\n"
    assert [sdk.package for sdk in read(text, knowledge).sdks] == ["com.igexin.sdk", "com.getui"]


# -- loud -------------------------------------------------------------------------------------------------------------

BROKEN = """\
app: ''
polcy: {file: policy.html}
policy:
  sha256: abc
  effective: 28.12.2021
category: CAT39-6
app_ids: [示例]
permissions:
  - name: CAMERA
  - name: android.permission.READ_CALENDER
  - name: android.permission.READ_CONTACTS
    purpose: 联系人
    purpose_shared_with: android.permission.WRITE_CALENDAR
  - name: android.permission.READ_CONTACTS
    at: {line: 0, qoute: 通讯录}
  - {purpose: 无名}
  - name: ohos.permission.CAMERA
usage_keys:
  - key: NSCalendarUsageDescription
  - key: ns camera
  - key: NSCameraUsageDescription
    purpose_shared_with: NSCameraUsageDescription
sdks:
  - name: 高德地图
    id: amapp
    platform: harmony
    data: [imei, cammera]
    permissions:
      - android.permission.CAMERA
      - CAMERA
    at: 7
  - purpose: 无名
  - name: 高德地图
  - {name: 推送, purpose_shared_with: 高德地图}
  - {name: 推送二, purpose_shared_with: 高得地图}
data:
  - {type: imeii}
  - {type: imei, when: always, vague: maybe}
  - {type: imei}
  - {text: 无类型}
denials: [{type: call_content}, {type: call_content}, {type: imei, vague: true}]
statements: [{kind: encryption}]
storage: {text: 国内, countries: [China]}
gaps: 无
contact: 客服
"""


def test_every_mistake_is_reported_at_once_with_its_line(knowledge: Knowledge) -> None:
    assert mistakes(BROKEN, knowledge) == [
        "1: declaration.app is empty",
        "2: unknown key 'polcy' in declaration (did you mean 'policy'?)",
        "4: declaration.policy lacks 'file'",
        "4: declaration.policy.sha256: 'abc' is no SHA-256 (64 hexadecimal digits)",
        "5: declaration.policy.effective: '28.12.2021' is no date (ISO 8601: 2021-12-28)",
        "6: declaration.category: 'CAT39-6' is no known service category (did you mean 'CAT39-06'?)",
        "7: declaration.app_ids: '示例' is no package name or bundle identifier",
        "9: permissions[0].name: 'CAMERA' is not a full permission name (did you mean 'android.permission.CAMERA'?)",
        "10: permissions[1].name: 'android.permission.READ_CALENDER' is no known permission "
        "(did you mean 'android.permission.READ_CALENDAR'?)",
        "13: permissions[2] has both 'purpose' and 'purpose_shared_with': keep one",
        "14: permissions[3]: 'android.permission.READ_CONTACTS' is listed twice (first on line 11)",
        "15: permissions[3].at.line: 0 is no line number; they start from 1",
        "15: unknown key 'qoute' in permissions[3].at (did you mean 'quote'?)",
        "16: permissions[4] lacks 'name'",
        "17: permissions[5].name: 'ohos.permission.CAMERA' is a HarmonyOS permission: it belongs under "
        "'harmony_permissions'",
        "19: usage_keys[0].key: 'NSCalendarUsageDescription' is no known usage-description key "
        "(did you mean 'NSCalendarsUsageDescription'?)",
        "20: usage_keys[1].key: 'ns camera' is not an Info.plist key",
        "22: usage_keys[2] shares its purpose with itself",
        "25: sdks[0].id: 'amapp' is no known SDK (did you mean 'amap'?)",
        "26: sdks[0].platform: 'harmony' is none of its values (did you mean 'harmonyos'?)",
        "27: sdks[0].data: 'cammera' is not known (did you mean 'camera'?)",
        "30: sdks[0].permissions: 'CAMERA' is not a full permission name (did you mean 'android.permission.CAMERA'?)",
        "31: sdks[0].at must be a mapping of keys to values",
        "32: sdks[1] lacks 'name' and 'package': write at least one of them",
        "33: sdks[2]: '高德地图' is listed twice (first on line 24)",
        "34: sdks[3].purpose_shared_with: the row '高德地图' has no purpose of its own",
        "35: sdks[4].purpose_shared_with: no other row is called '高得地图' (did you mean '高德地图'?)",
        "37: data[0].type: 'imeii' is no known data type (did you mean 'imei'?)",
        "38: data[1].vague must be true or false",
        "38: data[1].when: 'always' is none of its values",
        "39: data[2]: 'imei' is listed twice (first on line 38)",
        "40: data[3] lacks 'type'",
        "41: unknown key 'vague' in denials[2]",
        "41: denials[1]: 'call_content' is listed twice (first on line 41)",
        "42: statements[0].kind: 'encryption' is none of its values (did you mean 'transport-encryption'?)",
        "42: statements[0] lacks 'text'",
        "43: declaration.storage.countries: 'China' is no country code (ISO 3166-1: CN)",
        "44: declaration.gaps must be a list",
        "45: declaration.contact must be a mapping of keys to values",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app: x\npolicy: {file: y}\n", "1: declares nothing: it has none of 'permissions', 'usage_keys', "
         "'harmony_permissions', 'sdks', 'data' (write 'permissions: []' if the policy truly names none)"),
        ("app: x\npermissions: []\n", "1: declaration lacks 'policy'"),
        ("policy: {file: y}\npermissions: []\n", "1: declaration lacks 'app'"),
        ("app: x\npolicy: y\npermissions: []\n", "2: declaration.policy must be a mapping of keys to values"),
        (MINIMAL + "schema: auditor/declaration/2\n", "4: declaration.schema: 'auditor/declaration/2' is none of its values "
         "(did you mean 'auditor/declaration/1'?)"),
        (MINIMAL + "app: 另一个\n", "4: 'app' stands twice in declaration (first on line 1)"),
        (MINIMAL + "signers: [abc]\n", "4: declaration.signers: 'abc' is no SHA-256 (64 hexadecimal digits)"),
        (MINIMAL.replace("policy.html", "p, effective: 2021-02-30"),
         "2: declaration.policy.effective: '2021-02-30' is no date (ISO 8601: 2021-12-28)"),
        (MINIMAL.replace("policy.html", "p, effective: 20211228"),
         "2: declaration.policy.effective: '20211228' is no date (ISO 8601: 2021-12-28)"),
        (MINIMAL + "data: [{type: imei, platform: both}]\n", "4: data[0].platform: 'both' is none of its values"),
        (MINIMAL + "harmony_permissions: [{name: android.permission.CAMERA}]\n",
         "4: harmony_permissions[0].name: 'android.permission.CAMERA' is no HarmonyOS permission (ohos.permission.…)"),
        (MINIMAL + "usage_keys: [{key: NSCamera}]\n", "4: usage_keys[0].key: 'NSCamera' is no known usage-description key "
         "(did you mean 'NSCameraUsageDescription'?)"),
        (MINIMAL + "usage_keys: [{key: NSNFCReaderUsageDescription}]\n", "4: usage_keys[0].key: "
         "'NSNFCReaderUsageDescription' is no known usage-description key (did you mean 'NFCReaderUsageDescription'?)"),
        (MINIMAL + "usage_keys: [{key: NSCameraUsageDescripton}]\n", "4: usage_keys[0].key: 'NSCameraUsageDescripton' "
         "is no known usage-description key (did you mean 'NSCameraUsageDescription'?)"),
        (MINIMAL + "denials: [{type: imei, at: {line: 99999999999999999999}}]\n",
         "4: denials[0].at.line must be a whole number"),
        (MINIMAL + "denials: [{type: imei, at: [{line: 3, page: 0}]}]\n", "4: at[0].page: 0 is no page number; "
         "they start from 1"),
    ],
)  # fmt: skip
def test_one_mistake(text: str, expected: str, knowledge: Knowledge) -> None:
    assert mistakes(text, knowledge) == [expected]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("camera", "android.permission.CAMERA"),
        ("READ-CALENDAR", "android.permission.READ_CALENDAR"),
        ("android.permission.camera", "android.permission.CAMERA"),
        ("android.permission.CAMRA", "android.permission.CAMERA"),
        ("andriod.permission.CAMERA", "android.permission.CAMERA"),
        ("Android.permission.CAMERA", "android.permission.CAMERA"),
        ("INSTALL_SHORTCUT", "com.android.launcher.permission.INSTALL_SHORTCUT"),
    ],
)
def test_slips_in_permission_names_are_told_with_what_was_meant(name: str, meant: str, knowledge: Knowledge) -> None:
    text = MINIMAL.replace("permissions: []", f"permissions: [{{name: {name}}}]")
    (line,) = mistakes(text, knowledge)
    assert line.startswith(f"3: permissions[0].name: {name!r} is ")
    assert line.endswith(f"(did you mean {meant!r}?)")


def test_an_sdk_row_for_both_platforms_repeats_one_for_android(knowledge: Knowledge) -> None:
    text = MINIMAL + "sdks:\n- {name: 高德, platform: android}\n- {name: 高德}\n- {name: 高德}\n"
    assert mistakes(text, knowledge) == [
        "6: sdks[1]: '高德' is listed twice (first on line 5)",
        "7: sdks[2]: '高德' is listed twice (first on line 5)",
    ]


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_shown_under_the_name_asked_for(tmp_path: Path, knowledge: Knowledge) -> None:
    (tmp_path / "app.yaml").write_bytes(MINIMAL.encode())
    assert read_declaration(tmp_path / "app.yaml", knowledge, "declarations/app.yaml").file == "declarations/app.yaml"
    assert read_declaration(tmp_path / "app.yaml", knowledge).file == str(tmp_path / "app.yaml")


def test_a_missing_file_a_directory_and_an_impossible_name(tmp_path: Path, knowledge: Knowledge) -> None:
    for path, expected in (
        (tmp_path / "none.yaml", "d.yaml:1: no such file"),
        (tmp_path, "d.yaml:1: this is a directory; name a declaration file"),
        (Path("a\0b"), "d.yaml:1: cannot be read: embedded null byte"),
        (tmp_path / ("x" * 5000), "d.yaml:1: cannot be read: File name too long"),
    ):
        with pytest.raises(DeclarationError) as caught:
            read_declaration(path, knowledge, "d.yaml")
        assert caught.value.mistakes == (expected,)


def test_an_unreadable_file(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # file modes do not stop root, whom containers run tests as
    with pytest.raises(DeclarationError) as caught:
        read_declaration(Path("app.yaml"), knowledge, "d.yaml")
    assert caught.value.mistakes == ("d.yaml:1: cannot be read: Permission denied",)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "d.yaml:1: empty: a declaration was expected"),
        (b"PK\x03\x04\xff", "d.yaml:1: not UTF-8 text; save the file as UTF-8"),
        (b"- app\n", "d.yaml:1: a declaration must be a mapping of keys to values"),
        (b"\xff" * ((8 << 20) + 1), "d.yaml:1: larger than 8 MiB: this is no declaration"),
    ],
)
def test_files_that_are_no_declaration(data: bytes, expected: str, knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_bytes(data)
    with pytest.raises(DeclarationError) as caught:
        read_declaration(tmp_path / "d.yaml", knowledge, "d.yaml")
    assert caught.value.mistakes == (expected,)


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure Python"])
@pytest.mark.parametrize(
    "data", [b"%YAML 1." + b"9" * 5000 + b"\n---\na: b\n", b'app: "\\uD800"\n', b'app: "\\U00110000"\n']
)
def test_what_either_yaml_parser_chokes_on_is_one_mistake(
    data: bytes, pure: bool, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(data, "d.yaml", knowledge)
    (line,) = caught.value.mistakes
    assert line.startswith("d.yaml:1: ")


# -- laws -------------------------------------------------------------------------------------------------------------


def _reads_or_refuses(data: bytes, knowledge: Knowledge) -> None:
    found: tuple[str, ...] = ()
    declaration = None
    try:
        declaration = parse_declaration(data, "app.yaml", knowledge)
    except DeclarationError as error:
        found = error.mistakes
    assert bool(found) is not bool(declaration)
    lines = [int(mistake.removeprefix("app.yaml:").partition(":")[0]) for mistake in found]
    assert lines == sorted(lines)
    assert declaration is None or declaration == parse_declaration(data, "app.yaml", knowledge)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_declaration_or_its_error(knowledge: Knowledge, data: bytes) -> None:
    _reads_or_refuses(data, knowledge)


@given(st.integers(0, len(EVERY_KEY)), st.integers(0, 12), st.text(string.printable + "：日历", max_size=12))
def test_a_damaged_declaration_gives_a_declaration_or_its_error(
    knowledge: Knowledge, at: int, length: int, patch: str
) -> None:
    _reads_or_refuses((EVERY_KEY[:at] + patch + EVERY_KEY[at + length :]).encode(), knowledge)


_WORDS = st.sampled_from(
    "app policy file sha256 effective permissions usage_keys sdks data name key id type at line page quote purpose "
    "purpose_shared_with platform confidence vague when review gaps storage countries CAMERA imei amap x".split()
)
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(_WORDS, _TREES, max_size=10))
def test_any_tree_gives_a_declaration_or_its_error(knowledge: Knowledge, tree: object) -> None:
    _reads_or_refuses(yaml.safe_dump(tree, allow_unicode=True).encode(), knowledge)


def test_reading_a_declaration_loads_no_parser_of_builds() -> None:
    code = "import auditor.declaration, sys; print(sorted({'lief', 'androguard', 'biplist', 'jinja2'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "[]\n"
