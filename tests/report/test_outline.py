"""What reports for people say, whatever their layout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.model import (
    Collection,
    Confidence,
    FactKind,
    Language,
    ManifestEntry,
    Owner,
    OwnerKind,
    Passage,
    Platform,
    Provenance,
    Reach,
    Severity,
    State,
    Table,
    Text,
)
from auditor.report import FORMATS
from auditor.report.outline import MOST_BROUGHT, outline, place
from tests import factories as make
from tests.report.examples import drifted, packed


@pytest.mark.parametrize(
    ("format_", "gaps", "findings"),
    [
        ("text", "What could not be read", "Findings"),
        ("html", 'id="gaps"', 'id="findings"'),
        ("markdown", "What could not be read", "Findings"),
    ],
)
def test_what_could_not_be_read_stands_first_where_it_decides(format_, gaps, findings):
    report = FORMATS[format_].render([packed()], Language.EN)
    assert report.index(gaps) < report.index(findings)
    report = FORMATS[format_].render([drifted()], Language.EN)
    assert report.index(findings) < report.index(gaps)


def test_what_to_do_stands_once_for_all_it_is_about_and_the_grave_first():
    steps = (Owner.LEGAL.step(zh="补充", en="add it"), Owner.VENDOR.step(zh="说明", en="say what for"))
    sms, light = (
        make.finding(subject=subject, steps=steps, severity=severity)
        for subject, severity in (("android.permission.READ_SMS", Severity.HIGH), ("a.b", Severity.LOW))
    )
    row = make.row(subject=sms.subject, state=State.UNDECLARED, asked_by=("getui-push",))
    one = outline(make.audit(sms, light, rows=(row,), names=(("getui-push", make.text("Getui push", "个推")),)), Language.EN)
    assert [(todo.owner, [(task.text, task.grave, task.links) for task in todo.tasks]) for todo in one.todo] == [
        ("legal", [("Add it", True, (("f1", sms.subject),)), ("Add it", False, (("f2", "a.b"),))]),
        ("vendor", [("Say what for", True, (("f1", f"{sms.subject} (Getui push)"),)), ("Say what for", False, (("f2", "a.b"),))]),
    ]


def test_gaps_that_nobody_accepted_are_for_the_reviewer():
    one = outline(packed(), Language.EN)
    (todo,) = (todo for todo in one.todo if todo.owner == "reviewer")
    assert [anchor for anchor, _ in todo.tasks[0].links] == [gap.anchor for gap in one.gaps]
    assert outline(drifted(), Language.EN).gaps == ()


def test_every_piece_of_evidence_stands_once_and_names_the_findings_that_rest_on_it():
    site = make.fact(FactKind.CALL, "a.B.c", at="x.Y.z()V +0x2", traits=(("descriptor", "()V"),))
    with_way = replace(site, traits=(*site.traits, ("path", "x.App.onCreate → x.Y.z → a.B.c")))
    seen = Collection(
        type="imei", owner=OwnerKind.APP, sdk="", confidence=Confidence.HIGH, evidence=(site,), count=1, reach=Reach.STARTUP
    )
    row = make.row(Table.DATA, "imei", State.UNDECLARED, collectors=(seen,))
    first = make.finding("undeclared-data", "imei", evidence=(site,), table=Table.DATA)
    second = make.finding("collection-before-consent", "imei", evidence=(with_way,), table=Table.DATA)
    audit = make.audit(first, second, rows=(row,), data_names=(("imei", make.text("IMEI", "设备识别码")),))
    one = outline(audit, Language.EN)
    assert [(trace.evidence.name, trace.findings) for trace in one.traces] == [
        ("a.B.c", (("f1", "collection-before-consent"), ("f2", "undeclared-data")))
    ]
    (way,) = one.ways
    assert (way.steps, way.type, way.owner) == (("x.App.onCreate", "x.Y.z", "a.B.c"), "IMEI", "the app itself")
    assert one.findings[0].traits == (("Whose code", "the app itself (can run at start-up)"),)


SMS = "android.permission.READ_SMS"


def twice_found(*, permission=State.UNDECLARED, data=State.UNDECLARED, **changes):
    """An audit of a permission and of the data it opens, with a finding on each."""
    sms = make.finding("undeclared-data", "sms", table=Table.DATA)
    values = {
        "rows": (make.row(Table.PERMISSIONS, SMS, permission), make.row(Table.DATA, "sms", data)),
        "opens": ((SMS, ("sms",)),),
        "sensitive": ("sms",),
        "data_names": (("sms", make.text("SMS", "短信")),),
    }
    return make.audit(make.finding(subject=SMS), sms, **(values | changes))


def test_a_permission_and_the_data_it_opens_lead_to_each_other():
    one = outline(twice_found(), Language.EN, "b1-")
    assert {card.subject: [(anchor, name) for anchor, name, _ in card.also] for card in one.findings} == {
        "sms": [("b1-f2", SMS)],
        SMS: [("b1-f1", "SMS")],
    }
    data = make.finding("undeclared-data", "sms", table=Table.DATA)
    accepted = twice_found()
    accepted = replace(accepted, findings=accepted.findings[1:], accepted=(data,))
    assert [card.also[0][0] for card in outline(accepted, Language.EN).findings] == ["a1"]


@pytest.mark.parametrize(
    "changes",
    [{"permission": State.MATCHED}, {"data": State.MATCHED}, {"data": State.NOT_FOUND}, {"opens": ()}],
)
def test_where_the_policy_lists_one_of_the_two_they_are_no_one_thing(changes):
    assert [card.also for card in outline(twice_found(**changes), Language.EN).findings] == [(), ()]


def test_what_is_sensitive_is_marked_in_the_table_and_in_findings_and_nothing_else_is():
    audit = twice_found(rows=(*twice_found().rows, make.row(Table.DATA, "clipboard", State.UNDECLARED)), sensitive=("sms",))
    one = outline(audit, Language.EN)
    assert {row.subject: row.mark for table in one.tables for row in table.rows} == {
        SMS: "",
        "sms": "sensitive personal information",
        "clipboard": "",
    }
    assert {card.subject: card.mark for card in one.findings} == {"sms": "sensitive personal information", SMS: ""}
    assert {card.subject: card.mark for card in outline(audit, Language.ZH).findings} == {"sms": "敏感个人信息", SMS: ""}


def test_the_policys_words_are_those_on_the_subject_and_no_others_from_the_same_line():
    here = make.line(29)
    phone, order = (
        make.declared_data(type_, location=here, at=(Passage(line=29, quote=quote),))
        for type_, quote in (("phone_number", "手机号"), ("order", "订单信息"))
    )
    declaration = make.declaration(data=(phone, order), headings=((Table.DATA, 29),))
    row = make.row(Table.DATA, "clipboard", State.UNDECLARED)
    undeclared = make.finding("undeclared-data", "clipboard", declared=here, table=Table.DATA)
    on_the_row = make.finding("denied-data", "order", declared=here, table=Table.DATA)
    one = outline(make.audit(undeclared, on_the_row, rows=(row,), declaration=declaration), Language.EN)
    quotes = {card.subject: [quote.text for quote in card.quotes] for card in one.findings}
    assert quotes == {"clipboard": [], "order": ["订单信息"]}


def test_an_sdk_the_policy_does_not_list_has_nothing_named_for_it():
    fact = make.fact(FactKind.CALL, "a.B.c")
    seen = Collection(type="imei", owner=OwnerKind.SDK, sdk="acme", confidence=Confidence.HIGH, evidence=(fact,), count=1)
    data = make.row(Table.DATA, "imei", State.MATCHED, declared=make.declared_data("imei"), collectors=(seen,))
    listed = make.row(Table.SDKS, "acme", State.MATCHED, declared=make.declared_sdk("Acme"))
    assert [one.types for one in outline(make.audit(rows=(data,)), Language.EN).collectors] == [(("imei", "beyond"),)]
    assert [one.types for one in outline(make.audit(rows=(listed, data)), Language.EN).collectors] == [(("imei", "named"),)]


def test_one_certificate_under_several_schemes_is_one_signer():
    signers = (make.signer(scheme="v1"), make.signer(scheme="v2"), make.signer(scheme="v3", verified=True, earlier=("ef" * 32,)))
    pairs = outline(make.audit(identity=make.identity(signer=signers)), Language.EN).build
    assert [pair for pair in pairs if "igner" in pair[0]] == [
        ("Signer", "CN=Shop,O=Shop Ltd · v1, v2 · signature not verified"),
        ("Signer SHA-256", "ab" * 32),
        ("Signer", "CN=Shop,O=Shop Ltd · v3 · signature verified"),
        ("Signer SHA-256", "ab" * 32),
        ("Signer before rotation SHA-256", "ef" * 32),
    ]


def test_a_certificate_whose_signature_does_not_hold_is_never_called_the_signer():
    forged = make.signer(verified=False, reason=Text(zh="伪造", en="it is forged"))
    identity = make.identity(signer=(forged,), signature_faults=(Text(zh="坏", en="signature v2: it is forged"),))
    for language, claimed in ((Language.EN, "Claimed signer (not proved)"), (Language.ZH, "所称的签名证书（未证实）")):
        names = [name for name, _ in outline(make.audit(identity=identity), language).build]
        assert [name for name in names if "igner" in name or "签名证书" in name] == [claimed, f"{claimed} SHA-256"]
    pairs = dict(outline(make.audit(identity=identity), Language.EN).build)
    assert "its owner did not sign these contents (it is forged)" in pairs["Claimed signer (not proved)"]
    assert pairs["Fault of the signature"] == "signature v2: it is forged"


@pytest.mark.parametrize("format_", ["text", "html", "markdown"])
def test_every_report_for_people_tells_a_signature_that_does_not_hold(format_):
    forged = make.signer(verified=False, reason=Text(zh="伪造", en="it is forged"))
    identity = make.identity(signer=(forged,), signature_faults=(Text(zh="坏", en="signature v2 was tampered with"),))
    page = FORMATS[format_].render([make.audit(identity=identity)], Language.EN)
    assert "Claimed signer (not proved)" in page
    assert "it is forged" in page
    assert "signature v2 was tampered with" in page


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (make.line(12), "declarations/shop.yaml:12"),
        (make.here("classes.dex", "a.B"), "classes.dex ! a.B"),
        (make.here("a", "0"), "a ! 0"),
        (make.here("a"), "a"),
    ],
)
def test_place(location, shown):
    assert place(location) == shown


def test_rows_with_something_to_say_come_first():
    (table,) = [one for one in outline(drifted(), Language.EN).tables if one.id == "permissions"]
    assert [row.subject.rpartition(".")[2] for row in table.rows] == [
        "READ_SMS",
        "WRITE_EXTERNAL_STORAGE",
        "WRITE_CALENDAR",
        "CAMERA",
        "READ_MEDIA_IMAGES",
    ]


def test_a_row_says_where_it_stands_and_who_covers_it():
    rows = {row.subject: row for table in outline(drifted(), Language.EN).tables for row in table.rows}
    media = rows["android.permission.READ_MEDIA_IMAGES"].declared
    assert media.main == "上传评价图片"
    assert media.notes == (
        "covered by the declared android.permission.READ_EXTERNAL_STORAGE",
        "declarations/shop.yaml:12 · policy, line 40",
    )
    assert rows["android.permission.WRITE_EXTERNAL_STORAGE"].declared.main == "no purpose given"
    assert "up to API 18 only" in rows["android.permission.WRITE_EXTERNAL_STORAGE"].found.main
    calendar = rows["android.permission.WRITE_CALENDAR"].declared
    assert calendar.main == "添加抢购提醒 · purpose shared with android.permission.READ_CALENDAR"
    assert rows["bugly"].found.main == "code in the build · version 4.1.9"
    assert rows["bugly"].found.notes[-1] == "and 1 more"
    assert rows["location"].declared.notes[0] == "condition: in the background"
    assert rows["android.permission.READ_SMS"].declared is None


def test_a_row_without_a_finding_alarms_nobody_and_comes_after_all_others():
    rows = [make.row(Table.PERMISSIONS, name, State.UNDECLARED) for name in ("a.INTERNET", "b.NFC", "c.READ_SMS")]
    rows.append(make.row(Table.PERMISSIONS, "d.CAMERA"))
    audit = make.audit(make.finding(subject="c.READ_SMS"), rows=rows, accepted=[make.finding(subject="b.NFC")])
    (table,) = [one for one in outline(audit, Language.EN).tables if one.id == "permissions"]
    assert [(row.subject, row.kind, row.state_word) for row in table.rows] == [
        ("c.READ_SMS", "undeclared", "undeclared"),
        ("d.CAMERA", "matched", "matched"),
        ("a.INTERNET", "settled", "undeclared, no finding"),
        ("b.NFC", "settled", "undeclared, finding accepted"),
    ]
    assert [(word, number) for _, word, number in table.counts] == [
        ("undeclared", 1),
        ("matched", 1),
        ("undeclared, no finding", 1),
        ("undeclared, finding accepted", 1),
    ]


def test_a_shared_purpose_is_never_called_none():
    shared = make.declared_sdk("小米", purpose="", purpose_shared_with="om.huawei.hms")
    rows = [
        make.row(Table.PERMISSIONS, "a", declared=make.declared_permission("a", purpose="", purpose_shared_with="b")),
        make.row(Table.SDKS, "xiaomi-mipush", declared=shared),
    ]
    permission, sdk = (row.declared for table in outline(make.audit(rows=rows), Language.EN).tables for row in table.rows)
    assert permission.main == "purpose shared with b"
    assert sdk.notes[0] == "purpose shared with om.huawei.hms"


def test_what_is_not_listed_points_to_the_table_that_lacks_it():
    rows = [make.row(Table.PERMISSIONS, "a.SMS", State.UNDECLARED), make.row(Table.PERMISSIONS, "b.CAMERA", State.NOT_FOUND)]
    findings = [make.finding(subject=row.subject, declared=make.line(12)) for row in rows]
    cards = outline(make.audit(*findings, rows=rows), Language.EN).findings
    assert [card.declared for card in cards] == [
        "not listed; the table starts at declarations/shop.yaml:12",
        "declarations/shop.yaml:12",
    ]


def test_an_empty_usage_string_is_shown_as_empty():
    fact = make.usage_string("NSCameraUsageDescription", " ", "en", "en.lproj/InfoPlist.strings")
    (card,) = outline(make.audit(make.finding(evidence=(fact,))), Language.EN).findings
    assert card.evidence[0].value == "(empty); en"


def test_findings_that_cannot_bear_on_the_verdict_are_grouped_by_rule_and_severity():
    findings = [
        make.finding("c-rule", "5", confidence=Confidence.LOW),
        make.finding("b-rule", "1", severity=Severity.LOW),
        make.finding("a-rule", "2", severity=Severity.LOW),
        make.finding("b-rule", "3", severity=Severity.LOW),
        make.finding("b-rule", "4", severity=Severity.INFO),
    ]
    one = outline(make.audit(make.finding(subject="0"), *findings), Language.EN)
    assert [card.subject for card in one.grave] == ["0"]
    assert [(group.rule, [card.subject for card in group.cards]) for group in one.light] == [
        ("c-rule", ["5"]),
        ("a-rule", ["2"]),
        ("b-rule", ["1", "3"]),
        ("b-rule", ["4"]),
    ]


def test_usage_descriptions_are_shown_in_every_language():
    found = (
        make.usage_string("NSCameraUsageDescription", "用于扫码"),
        make.usage_string("NSCameraUsageDescription", "To scan", "en", "en.lproj/InfoPlist.strings"),
    )
    audit = make.audit(rows=[make.row(Table.USAGE_KEYS, "NSCameraUsageDescription", State.UNDECLARED, found=found)])
    (row,) = [row for table in outline(audit, Language.EN).tables for row in table.rows]
    assert row.found.main == "用于扫码"
    assert row.found.notes == (
        "Info.plist ! NSCameraUsageDescription (base language)",
        "To scan · en.lproj/InfoPlist.strings ! NSCameraUsageDescription (en)",
    )


@pytest.mark.parametrize(("count", "shown"), [("1", "1 class"), ("212", "212 classes"), ("many", "many classes")])
def test_code_as_evidence_says_how_much(count, shown):
    trace = make.fact(FactKind.CODE_PACKAGE, "com.tencent.bugly", count, file="classes.dex", at="a.B")
    (card,) = outline(make.audit(make.finding(evidence=(trace,))), Language.EN).findings
    assert card.evidence[0].value == shown


def test_who_brought_what_is_told_by_whom_to_ask_and_unknown_comes_last():
    rows = outline(drifted(), Language.EN).brought
    assert [(one.who, one.note, one.permissions, one.components, one.by_class, one.queries) for one in rows] == [
        ("Tencent Bugly", "versions read: 4.1.9", ("INTERNET",), (), (), ()),
        (
            "Getui push",
            "versions read: 4.3.5, 4.10.0",
            ("INTERNET",),
            ("com.igexin.sdk.PushService",),
            ("com.igexin.sdk.GActivity",),
            (),
        ),
        ("the app itself", "classes below the app's own package", (), ("com.example.shop.MainActivity",), (), ()),
        ("unknown", "no SDK known here brings it", ("CAMERA",), (), (), ("com.tencent.mm",)),
    ]


def test_a_long_cell_of_who_brought_what_is_cut_and_says_so():
    many = tuple(
        ManifestEntry(fact=make.permission(f"P{number:02}"), provenance=Provenance.UNKNOWN) for number in range(MOST_BROUGHT + 5)
    )
    (row,) = outline(make.audit(manifest=many), Language.EN).brought
    assert len(row.permissions) == MOST_BROUGHT + 1
    assert row.permissions[-1] == "and 5 more"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signer": ()}, "none: nobody signed the build"),
        ({"signer": (), "signature_faults": (Text(zh="坏", en="cut short"),)}, "the signature was not read, so who signed is not known"),
        ({"signer": (), "platform": Platform.HARMONYOS}, "the signature was not read, so who signed is not known"),
    ],
)
def test_that_nobody_signed_is_said_only_where_it_is_known(changes, said):
    pairs = dict(outline(make.audit(identity=make.identity(**changes)), Language.EN).build)
    assert pairs["Signer"] == said


@pytest.mark.parametrize(
    ("severity", "kind", "word"), [(Severity.MEDIUM, "flawed", "matched with a finding"), (Severity.LOW, "matched", "matched")]
)
def test_a_row_that_matches_is_not_all_well_where_a_finding_is_about_it(severity, kind, word):
    rows = [make.row(Table.USAGE_KEYS, name) for name in ("NSAKey", "NSBKey")]
    audit = make.audit(make.finding("empty-usage-string", "NSBKey", severity=severity), rows=rows)
    (table,) = [one for one in outline(audit, Language.EN).tables if one.id == Table.USAGE_KEYS.value]
    assert {row.subject: (row.kind, row.state_word) for row in table.rows} == {"NSAKey": ("matched", "matched"), "NSBKey": (kind, word)}
    assert sum(number for _, _, number in table.counts) == 2
    assert (kind, word, 2 if kind == "matched" else 1) in table.counts


def test_an_empty_usage_string_is_said_to_be_empty_and_its_place_stands_once():
    found = (make.usage_string("NSCameraUsageDescription", " "),)
    audit = make.audit(rows=[make.row(Table.USAGE_KEYS, "NSCameraUsageDescription", found=found)])
    (row,) = [row for table in outline(audit, Language.EN).tables for row in table.rows]
    assert (row.found.main, row.found.notes) == ("(empty)", ("Info.plist ! NSCameraUsageDescription (base language)",))


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_that_the_policy_may_be_another_app_s_stands_beside_the_verdict(format_):
    note = make.finding("identity-mismatch", "identity", severity=Severity.LOW, confidence=Confidence.LOW)
    report = FORMATS[format_].render([make.audit(note)], Language.EN)
    assert report.index("check first that this is the right policy") < report.index("Findings (" if format_ == "text" else "tatic analysis")
    quiet = FORMATS[format_].render([make.audit(replace(note, severity=Severity.INFO))], Language.EN)
    assert "check first that" not in quiet


def test_a_finding_on_another_signer_is_told_beside_the_verdict_in_its_own_words():
    finding = make.finding("identity-mismatch", "signer", severity=Severity.MEDIUM)
    one = outline(make.audit(finding), Language.EN)
    assert one.warning == f"Check first that this is the right policy: {finding.message.en}"
    assert one.warned == "f1"
    assert outline(make.audit(make.finding(subject="signer")), Language.EN).warning == ""


def test_findings_are_counted_as_the_verdict_counts_them():
    findings = [make.finding(subject=f"a.{severity.word}", severity=severity) for severity in Severity]
    one = outline(make.audit(*findings, accepted=[make.finding(subject="b")]), Language.EN)
    assert one.counted == "4, 2 of them bear on the verdict (one more is accepted)"
    assert len(one.grave) == 2


def test_what_bears_on_the_verdict_is_counted_apart_from_what_does_not():
    weak = make.finding(subject="weak", severity=Severity.HIGH, confidence=Confidence.LOW)
    found = [*(make.finding(subject=severity.word, severity=severity) for severity in Severity), weak]
    one = outline(make.audit(*found), Language.EN)
    assert [(word, number) for _, word, number in one.bearing] == [("high", 1), ("medium", 1)]
    assert [(word, number) for _, word, number in one.apart] == [("high", 1), ("low", 1), ("info", 1)]
    assert {card.subject for card in one.findings if card.bears} == {card.subject for card in one.grave} == {"high", "medium"}


def test_what_is_another_platform_s_is_told_from_what_was_not_checked():
    one = outline(drifted(), Language.EN)
    assert [title for title, _ in one.inapplicable] == ["iOS usage descriptions", "HarmonyOS permissions"]
    assert [title for title, _ in one.unchecked] == ["Personal data"]


def test_a_long_place_is_cut_where_it_only_has_to_be_told_from_others():
    one = outline(packed(), Language.EN)
    assert all(len(gap.short) <= 60 for gap in one.gaps)
    assert all(gap.short == gap.place for gap in one.gaps if len(gap.place) <= 60)


def test_where_a_table_lacks_a_row_the_policy_s_line_stands_beside_the_declaration_s():
    declared = make.declared_permission("android.permission.CAMERA", policy=make.line(40, "policy.txt"))
    declaration = make.declaration(permissions=(declared,), headings=((Table.PERMISSIONS, 10),))
    finding = make.finding(subject="a.SMS", declared=make.line(10))
    rows = [make.row(subject="a.SMS", state=State.UNDECLARED)]
    one = outline(make.audit(finding, rows=rows, declaration=declaration), Language.EN)
    assert one.findings[0].declared == f"not listed; the table starts at {make.DECLARATION}:10 · policy, line 40"
    elsewhere = make.declaration(permissions=(declared,), headings=((Table.PERMISSIONS, 9),))
    one = outline(make.audit(finding, rows=rows, declaration=elsewhere), Language.EN)
    assert one.findings[0].declared == f"not listed; the table starts at {make.DECLARATION}:10"
