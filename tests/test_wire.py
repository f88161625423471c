"""The JSON form of results: names, schemas, the way back."""

from __future__ import annotations

import contextlib
import copy
import importlib.resources
import json
import re

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import WireError
from auditor.infer import infer
from auditor.infer.permissions import effective_ranges
from auditor.knowledge.load import load
from auditor.model import (
    Audit,
    Confidence,
    DeclaredStatement,
    FactKind,
    Passage,
    Platform,
    SdkTier,
    Severity,
    State,
    Table,
    Tool,
    Verdict,
)
from auditor.wire.audit import audit_to_wire
from auditor.wire.document import dumps
from auditor.wire.facts import facts_to_wire
from auditor.wire.read import audit_from_wire
from tests import factories as make
from tests import nouns
from tests.rules import apple

TOOL = Tool(version="0.1.0", knowledge="0123456789ab")


def schema(name):
    """A shipped schema, and the same with every object closed to names it does not list."""
    text = importlib.resources.files("auditor").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    shipped = json.loads(text)
    closed = copy.deepcopy(shipped)
    stack = [closed]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                node["additionalProperties"] = False
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return shipped, closed


def check(name, document):
    for form in schema(name):
        jsonschema.Draft202012Validator.check_schema(form)
        jsonschema.Draft202012Validator(form).validate(document)


def full_audit():
    """An audit in which every field of the JSON is filled."""
    camera = make.permission("CAMERA")
    push = make.sdk(version="3.2.1")
    return make.audit(
        make.finding(regulations=("PIPL-7",), policy=make.here("policy.txt", 40)),
        make.finding(
            "declared-not-found",
            "amap",
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            evidence=(),
            declared=None,
        ),
        rows=[
            make.row(declared=make.declared_permission("CAMERA"), found=(camera,)),
            make.row(
                Table.PERMISSIONS,
                "android.permission.READ_MEDIA_IMAGES",
                covered_by="android.permission.READ_EXTERNAL_STORAGE",
                declared=make.declared_permission("READ_EXTERNAL_STORAGE"),
                found=(make.permission("READ_MEDIA_IMAGES", max_sdk="34"),),
                note=make.text("covered"),
            ),
            make.row(Table.USAGE_KEYS, "NSCameraUsageDescription", State.NOT_APPLICABLE,
                     declared=make.declared_usage_key("NSCameraUsageDescription")),
            make.row(Table.SDKS, "getui-push", declared=make.declared_sdk(), found=push.evidence, sdk=push),
            make.row(Table.SDKS, "amap", State.NOT_FOUND, declared=make.declared_sdk("高德地图", policy=None)),
            make.row(Table.DATA, "location", State.UNCHECKED, declared=make.declared_data()),
        ],
        gaps=[make.gap("encrypted", Table.SDKS, Table.PERMISSIONS)],
        accepted=[make.finding("undeclared-sdk", "okhttp")],
        names=(("amap", make.text("Amap", "高德地图")),),
        declaration=make.declaration(
            permissions=(make.declared_permission("CAMERA"),),
            usage_keys=(make.declared_usage_key("NSCameraUsageDescription"),),
            sdks=(make.declared_sdk(aliases=("个像",), data=("location",), permissions=("android.permission.NFC",)),),
            data=(make.declared_data(),),
            denials=(make.declared_data("contacts"),),
            app_ids=("com.example.shop",),
            signers=("ab" * 32,),
            harmony_permissions=(make.declared_permission("ohos.permission.CAMERA"),),
            statements=(
                DeclaredStatement(
                    kind="user-action",
                    text="仅在您点击麦克风时收集",
                    data=("voice",),
                    location=make.line(60),
                    policy=make.here("policy.txt", 7),
                    at=(Passage(line=7, page=2, quote="点击麦克风"),),
                ),
            ),
        ),
    )


def test_audit_has_the_documented_names():
    wire = audit_to_wire(full_audit())
    assert wire["schema"] == "auditor/audit/1"
    assert wire["tool"] == {"version": "0.1.0", "knowledge": "0123456789ab"}
    assert wire["identity"] == {
        "platform": "android",
        "app_id": "com.example.shop",
        "label": "小店",
        "version": "2.1.0",
        "version_code": "210",
        "sha256": "0123456789abcdef" * 4,
        "size": 5242880,
        "signer": [
            {
                "sha256": "ab" * 32,
                "subject": "CN=Shop,O=Shop Ltd",
                "scheme": "v2",
                "verified": None,
                "reason": None,
                "earlier": [],
                "certificate": "",
            }
        ],
        "signature_faults": [],
    }
    declaration = {name: wire["declaration"][name] for name in ("file", "sha256", "app", "effective")}
    assert declaration == {
        "file": "declarations/shop.yaml",
        "sha256": "cd" * 32,
        "app": "小店",
        "effective": "2021-12-28",
    }
    assert wire["verdict"] == "contradicted"
    assert wire["checked"] == ["permissions", "usage_keys", "harmony_permissions", "sdks"]
    finding = wire["findings"][0]
    assert finding["rule"] == "undeclared-permission"
    assert finding["subject"] == "android.permission.READ_SMS"
    assert (finding["severity"], finding["confidence"]) == ("high", "high")
    assert finding["message"]["zh"] == "android.permission.READ_SMS 未在声明中列出"
    assert finding["remedy"]["en"] == "Developers: remove it if nothing needs it. Policy owner: declare it if it is to stay"
    assert [(step["owner"], step["zh"]) for step in finding["steps"]] == [
        ("engineering", "不需要的从安装包中移除"), ("legal", "确需保留的在隐私政策中补充说明"),
    ]
    assert finding["wording"] is None
    assert finding["evidence"] == [
        {
            "file": "AndroidManifest.xml",
            "at": "uses-permission",
            "kind": "permission",
            "name": "android.permission.READ_SMS",
            "value": "",
        }
    ]
    assert finding["regulations"] == ["PIPL-7"]
    assert finding["fingerprint"] == make.finding().fingerprint
    assert finding["declared"] == {"file": "declarations/shop.yaml", "at": "10", "line": 10}
    assert [one["subject"] for one in wire["accepted"]] == ["okhttp"]
    assert wire["gaps"] == [
        {
            "file": "classes.dex",
            "at": "",
            "reason": "encrypted",
            "message": {"zh": "encrypted", "en": "encrypted"},
            "hides": ["permissions", "sdks"],
            "fingerprint": make.gap("encrypted", Table.SDKS, Table.PERMISSIONS).fingerprint,
        }
    ]


def test_rows_have_both_sides_or_null():
    tables = audit_to_wire(full_audit())["tables"]
    camera, media = tables["permissions"]
    assert camera["subject"] == "android.permission.CAMERA"
    assert camera["declared"]["purpose"] == "拍摄照片"
    assert camera["declared"]["line"] == 12
    assert [fact["name"] for fact in camera["found"]["evidence"]] == ["android.permission.CAMERA"]
    assert camera["covered_by"] is None
    assert media["covered_by"] == "android.permission.READ_EXTERNAL_STORAGE"
    assert media["found"]["evidence"][0]["traits"] == {"max-sdk": "34"}
    amap, getui = tables["sdks"]
    assert (amap["subject"], amap["found"], amap["state"]) == ("amap", None, "not-found")
    assert getui["found"]["version"] == "3.2.1"
    assert getui["found"]["tier"] == "bundled"
    assert [fact["name"] for fact in getui["found"]["evidence"]] == ["com.igexin.sdk.PushManager"]
    assert [row["state"] for row in tables["usage_keys"]] == ["not-applicable"]
    assert [row["subject"] for row in tables["data"]] == ["location"]


def test_every_table_is_there_even_when_empty():
    tables = audit_to_wire(make.audit())["tables"]
    assert tables == {"permissions": [], "usage_keys": [], "harmony_permissions": [], "sdks": [], "data": []}


def test_a_row_of_an_sdk_keeps_evidence_of_row_and_sdk_once():
    trace = make.fact(FactKind.NATIVE_LIBRARY, "libgetuiext3.so")
    one = make.sdk()
    wire = audit_to_wire(make.audit(rows=[make.row(Table.SDKS, one.id, sdk=one, found=(trace, *one.evidence))]))
    names = [fact["name"] for fact in wire["tables"]["sdks"][0]["found"]["evidence"]]
    assert names == ["libgetuiext3.so", "com.igexin.sdk.PushManager"]


def test_full_audit_is_valid_and_comes_back():
    audit = full_audit()
    document = json.loads(dumps(audit_to_wire(audit)))
    check("audit-1", document)
    assert audit_from_wire(document) == audit


@settings(max_examples=60, deadline=None)
@given(nouns.audits())
def test_any_audit_comes_back(audit):
    text = dumps(audit_to_wire(audit))
    assert audit_from_wire(json.loads(text)) == audit
    assert dumps(audit_to_wire(audit_from_wire(json.loads(text)))) == text


def test_unknown_names_are_ignored():
    document = audit_to_wire(full_audit())
    document["later"] = {"more": 1}
    document["findings"][0]["later"] = []
    assert audit_from_wire(document) == full_audit()


def test_what_older_releases_did_not_know_of_signatures_may_be_absent():
    document = audit_to_wire(full_audit())
    del document["identity"]["signature_faults"]
    for name in ("reason", "earlier", "certificate"):
        del document["identity"]["signer"][0][name]
    assert audit_from_wire(document) == full_audit()


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("schema",), "auditor/audit/2", "auditor/audit/1"),
        (("verdict",), "compliant", "'verdict'"),
        (("identity", "size"), True, "'identity.size'"),
        (("identity", "signer", 0, "verified"), "yes", "'identity.signer[0].verified'"),
        (("identity", "signer", 0, "certificate"), "?", "'identity.signer[0].certificate'"),
        (("identity", "signature_faults"), "none", "'identity.signature_faults'"),
        (("tables", "permissions", 0, "state"), "lost", "'tables.permissions[0].state'"),
        (("tables", "permissions", 0, "declared", "is"), "x", "'tables.permissions[0].declared.is'"),
        (("tables", "sdks", 1, "found", "tier"), 1, "'tables.sdks[1].found.tier'"),
        (("findings", 0, "regulations"), [1], "'findings[0].regulations'"),
        (("findings",), {}, "'findings'"),
        (("findings", 0), "x", "'findings[0]'"),
        (("gaps", 0, "hides"), ["all"], "'gaps[0].hides'"),
        (("declaration", "sdks", 0, "platforms"), ["windows"], "'declaration.sdks[0].platforms'"),
        (("names", "amap"), None, "'names.amap'"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(path, value, place):
    document = audit_to_wire(full_audit())
    node = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    with pytest.raises(WireError, match=re.escape(place)):
        audit_from_wire(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_any_json_is_an_audit_or_a_wire_error(document):
    with pytest.raises(WireError):
        audit_from_wire(document)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_audit_is_an_audit_or_a_wire_error(data):
    document = audit_to_wire(full_audit())
    node = document
    while True:
        step = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[step], dict | list) and node[step] and data.draw(st.booleans()):
            node = node[step]
            continue
        node[step] = data.draw(JSON)
        break
    with contextlib.suppress(WireError):
        assert isinstance(audit_from_wire(document), Audit)


# -- facts ----------------------------------------------------------------------------------------------------------


def android_facts():
    one = make.build(
        make.sdk_level("min", 21),
        make.sdk_level("target", 34),
        make.permission("CAMERA"),
        make.permission("WRITE_EXTERNAL_STORAGE", max_sdk="28"),
        make.permission("GET_ACCOUNTS", max_sdk="18"),
        make.fact(FactKind.PERMISSION_SDK23, "android.permission.READ_SMS"),
        make.fact(FactKind.PERMISSION_IMPLIED, "android.permission.READ_EXTERNAL_STORAGE", "WRITE_EXTERNAL_STORAGE"),
        make.fact(FactKind.NATIVE_LIBRARY, "libBugly.so", "arm64-v8a", file="lib/arm64-v8a/libBugly.so"),
        make.fact(FactKind.NATIVE_LIBRARY, "libBugly.so", "armeabi-v7a", file="lib/armeabi-v7a/libBugly.so"),
        code={"classes.dex": ["a.A", "a.B"], "classes2.dex": ["a.B", "c.C"]},
        gaps=[make.gap("half of it", Table.SDKS)],
    )
    conduct = make.conduct(make.sdk("getui-push", version="3.2"), gaps=[make.gap("packed", Table.SDKS)])
    return facts_to_wire(one, conduct, TOOL, effective=effective_ranges(one))


def test_facts_of_an_ios_build_hold_what_its_code_refers_to():
    known = load()
    facts = (apple.image(), apple.symbol("_OBJC_CLASS_$_UIDevice"), apple.selector("identifierForVendor"))
    one = make.build(*facts, platform=Platform.IOS)
    wire = facts_to_wire(one, infer(one, known), TOOL, effective={})
    check("facts-1", wire)
    (entry,) = wire["references"]
    assert [fact["name"] for fact in entry.pop("evidence")] == ["identifierForVendor", "_OBJC_CLASS_$_UIDevice"]
    assert entry == {
        "kind": "selector",
        "name": "UIDevice identifierForVendor",
        "image": f"{apple.APP}/Shop",
        "data": ["idfv"],
        "may": [],
        "owner": {"kind": "unattributed", "sdk": None, "origin": None},
        "confidence": "medium",
        "severity": "medium",
        "usage_keys": [],
    }


def test_facts_of_an_android_build():
    wire = android_facts()
    check("facts-1", wire)
    assert wire["schema"] == "auditor/facts/1"
    assert wire["sdk_levels"] == {"min": "21", "target": "34"}
    assert wire["permissions"] == [
        {
            "name": "android.permission.CAMERA",
            "max_sdk": None,
            "sdk23": False,
            "effective": True,
            "api_levels": {"from": 21, "to": None},
        },
        {
            "name": "android.permission.GET_ACCOUNTS",
            "max_sdk": 18,
            "sdk23": False,
            "effective": False,
            "api_levels": None,
        },
        {
            "name": "android.permission.READ_SMS",
            "max_sdk": None,
            "sdk23": True,
            "effective": True,
            "api_levels": {"from": 23, "to": None},
        },
        {
            "name": "android.permission.WRITE_EXTERNAL_STORAGE",
            "max_sdk": 28,
            "sdk23": False,
            "effective": True,
            "api_levels": {"from": 21, "to": 28},
        },
    ]
    assert wire["implied_permissions"] == ["android.permission.READ_EXTERNAL_STORAGE"]
    assert wire["native_libraries"] == ["libBugly.so"]
    assert wire["classes_count"] == 3
    assert [(one["id"], one["version"], one["tier"], one["confidence"]) for one in wire["sdks"]] == [
        ("getui-push", "3.2", "bundled", "high")
    ]
    assert [gap["reason"] for gap in wire["gaps"]] == ["half of it", "packed"]
    assert wire["references"] == []
    assert {"lib/arm64-v8a/libBugly.so", "lib/armeabi-v7a/libBugly.so"} <= {fact["file"] for fact in wire["facts"]}


def test_a_permission_asked_for_twice_is_one_entry():
    one = make.build(
        make.sdk_level("min", 19),
        make.permission("CAMERA", max_sdk="22"),
        make.fact(FactKind.PERMISSION_SDK23, "android.permission.CAMERA"),
    )
    (entry,) = facts_to_wire(one, make.conduct(), TOOL, effective=effective_ranges(one))["permissions"]
    assert (entry["max_sdk"], entry["sdk23"], entry["effective"]) == (None, False, True)
    assert entry["api_levels"] == {"from": 19, "to": None}


def test_facts_of_an_ios_build():
    manifest = "Payload/Shop.app/PrivacyInfo.xcprivacy"
    push = "com.example.push"
    app, extension = "Payload/Shop.app/Shop", "Payload/Shop.app/PlugIns/Push.appex/Push"
    one = make.build(
        make.usage_string("NSCameraUsageDescription", "用于扫码", "zh-Hans", "zh-Hans.lproj/InfoPlist.strings"),
        make.fact(FactKind.FRAMEWORK, "AMapLoc.framework", "com.autonavi.amaploc"),
        make.fact(FactKind.ENTITLEMENT, "aps-environment", '"production"', by=app),
        make.fact(FactKind.ENTITLEMENT, "aps-environment", '"development"', by=extension),
        make.fact(FactKind.ENTITLEMENT, "com.apple.developer.healthkit", "true", by=extension),
        make.fact(FactKind.ENTITLEMENT, "broken", "{not json", by=app),
        make.fact(FactKind.PRIVACY_TRACKING, manifest, "false", file=manifest, domains="a.example,b.example"),
        make.fact(FactKind.PRIVACY_ACCESSED, "NSPrivacyAccessedAPICategoryUserDefaults", "CA92.1, 1C8F.1", by=push,
                  file=manifest),
        make.fact(FactKind.PRIVACY_COLLECTED, "NSPrivacyCollectedDataTypeDeviceID", by=push, file=manifest,
                  linked="true", tracking="false", purposes="NSPrivacyCollectedDataTypePurposeAnalytics"),
        make.fact(FactKind.SYMBOL, "_OBJC_CLASS_$_CNContactStore", by=app),
        platform=Platform.IOS,
        code={app: ["GeTuiSdk"]},
    )
    wire = facts_to_wire(one, make.conduct(), TOOL, effective={})
    check("facts-1", wire)
    assert wire["usage_strings"] == [
        {
            "key": "NSCameraUsageDescription",
            "value": "用于扫码",
            "file": "zh-Hans.lproj/InfoPlist.strings",
            "language": "zh-Hans",
        }
    ]
    assert wire["frameworks"] == ["AMapLoc.framework"]
    assert wire["entitlements"] == {
        "aps-environment": "production",
        "broken": "{not json",
        "com.apple.developer.healthkit": True,
    }
    assert wire["privacy_manifests"] == [
        {
            "file": manifest,
            "bundle": push,
            "tracking": False,
            "domains": ["a.example", "b.example"],
            "collected": [
                {
                    "type": "NSPrivacyCollectedDataTypeDeviceID",
                    "linked": True,
                    "tracking": False,
                    "purposes": ["NSPrivacyCollectedDataTypePurposeAnalytics"],
                }
            ],
            "accessed": [{"api": "NSPrivacyAccessedAPICategoryUserDefaults", "reasons": ["CA92.1", "1C8F.1"]}],
        }
    ]
    assert (wire["classes_count"], wire["symbols_count"], wire["permissions"]) == (1, 1, [])


def test_facts_of_a_hybrid_build_hold_what_its_scripts_and_strings_name():
    known = load()
    script = "assets/apps/__UNI__1/www/app-service.js"
    one = make.build(
        make.fact(FactKind.SCRIPT_LAYER, "uni-app", "3.6.18", file=script, form="script"),
        make.fact(FactKind.SCRIPT_CALL, "uni.getLocation", "alias", by="uni-app", file=script, at="+0x1f", text="t.getLocation({"),
        make.fact(FactKind.SCRIPT_MODULE, "Maps", by="uni-app", file="assets/a.json", at="permissions.Maps", **{"as": "module"}),
        make.fact(FactKind.HOST, "www.google-analytics.com", "https", file=script, at="+0x2f"),
        make.fact(FactKind.WORDING, "account-deletion", "注销账号", file=script, at="+0x3f"),
        make.fact(FactKind.NATIVE_LIBRARY, "libjiagu.so", "arm64-v8a", file="lib/arm64-v8a/libjiagu.so"),
    )
    wire = facts_to_wire(one, infer(one, known), TOOL, effective={})
    check("facts-1", wire)
    calls = {call["api"]: call for call in wire["script_calls"]}
    assert calls.keys() == {"uni.getLocation", "Maps"}
    assert (calls["uni.getLocation"]["confidence"], calls["uni.getLocation"]["text"]) == ("medium", "t.getLocation({")
    assert (calls["Maps"]["written"], calls["Maps"]["may"]) == ("module", ["precise_location"])
    assert [(one["module"], one["as"]) for one in wire["script_modules"]] == [("Maps", "module")]
    (host,) = wire["hosts"]
    assert (host["operator"], host["country"], host["owner"]["kind"]) == ("Google", "US", "app")
    assert [(one["id"], one["proven"]) for one in wire["packers"]] == [("360_jiagu", False)]
    assert [(one["id"], one["version"]) for one in wire["frameworks_used"]] == [("uni-app", "3.6.18")]
    found = {one["subject"]: one["found"] for one in wire["presences"]}
    assert found == {
        "privacy-policy-link": False,
        "account-deletion": True,
        "consent-withdrawal": False,
        "consent-prompt": False,
        "self-start": False,
    }


def test_facts_of_an_empty_build_are_valid():
    wire = facts_to_wire(make.build(signer=()), make.conduct(), TOOL, effective={})
    check("facts-1", wire)
    assert wire["sdks"] == wire["gaps"] == wire["facts"] == wire["privacy_manifests"] == []
    assert (wire["classes_count"], wire["entitlements"]) == (0, {})


# -- text -----------------------------------------------------------------------------------------------------------


def test_dumps_is_utf8_and_ends_with_a_newline():
    assert dumps({"名": "特购"}) == '{\n  "名": "特购"\n}\n'


@pytest.mark.parametrize("code", [0x1B, 0x7F, 0x9B, 0x200B, 0x2028, 0x202E, 0x2066, 0xFEFF, 0x0A, 0xE0041])
def test_dumps_writes_what_cannot_be_seen_as_escapes(code):
    text = dumps(chr(code))
    assert text.rstrip("\n").isascii()
    assert chr(code) not in text.rstrip("\n")
    assert json.loads(text) == chr(code)


def test_dumps_of_a_lone_surrogate_can_be_encoded():
    assert dumps("a\ud800b").encode("utf-8") == '"a\ufffdb"\n'.encode()


@pytest.mark.parametrize("code", ["中", "é", "😀", "\u200d", "'"])
def test_dumps_leaves_ordinary_characters_alone(code):
    assert dumps(code) == f'"{code}"\n'


def test_schemas_know_every_member_of_the_model():
    """A new state, kind or table without its word in the schema would make valid output invalid."""
    shipped, _ = schema("audit-1")
    defs = shipped["$defs"]
    assert defs["row"]["properties"]["state"]["enum"] == [state.value for state in State]
    assert defs["table"]["enum"] == [table.value for table in Table]
    assert defs["sdk"]["properties"]["tier"]["enum"] == [tier.word for tier in SdkTier]
    assert shipped["properties"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert schema("facts-1")[0]["$defs"]["fact"] == defs["fact"]
