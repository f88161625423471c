"""What is known of interfaces: which data a call reads, what it needs, where it ends, and what says nothing at all."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import KnowledgeError
from auditor.knowledge import __main__ as command
from auditor.knowledge import load as module
from auditor.knowledge.api_load import apis_from
from auditor.knowledge.api_schema import (
    NO_APIS,
    ApiArgument,
    ApiConstant,
    ApiField,
    ApiKind,
    ApiMatch,
    ApiMethod,
    ApiRole,
    Apis,
    ApiSelector,
    ApiSymbol,
    ApiTable,
    CallbackTime,
    Need,
)
from auditor.knowledge.load import COMPILED_APIS, DAMAGE, compile_apis, knowledge_from, load, read_yaml
from auditor.model import EntryKind, Severity, Text
from tests.knowledge.test_source import write

HERE = Path(module.__file__).parent
A = "android.permission."


def methods(class_: str, name: str) -> list[ApiMethod]:
    return [one for one in load().apis.methods if (one.class_, one.name) == (class_, name)]


def method(class_: str, name: str) -> ApiMethod:
    (found,) = methods(class_, name)
    return found


def field(class_: str, name: str) -> ApiField | None:
    return next((one for one in load().apis.fields if (one.class_, one.name) == (class_, name)), None)


def selector(class_: str, name: str) -> ApiSelector:
    (found,) = [one for one in load().apis.selectors if (one.class_, one.selector) == (class_, name)]
    return found


def symbol(name: str) -> ApiSymbol:
    (found,) = [one for one in load().apis.symbols if one.name == name]
    return found


def decided(table: ApiTable, value: str) -> list[str]:
    return [one.value for one in load().apis.decide(table, value)]


def data_of(table: ApiTable, value: str) -> set[str]:
    return {type_ for one in load().apis.decide(table, value) for type_ in one.data}


# -- methods --------------------------------------------------------------------------------------------------------


def test_the_imei_needs_the_phone_permission_and_ends_with_android_9():
    for name in ("getDeviceId", "getImei"):
        one = method("android.telephony.TelephonyManager", name)
        assert (one.data, one.permissions, one.until, one.severity) == (
            ("imei",),
            (A + "READ_PHONE_STATE",),
            28,
            Severity.HIGH,
        ), name
    assert method("android.telephony.TelephonyManager", "getDeviceId").may == ("meid",)


def test_the_prefix_of_an_imei_is_no_imei():
    assert method("android.telephony.TelephonyManager", "getTypeAllocationCode").data == ("device_info",)


def test_a_setting_is_decided_by_its_key():
    one = method("android.provider.Settings$Secure", "getString")
    assert (one.data, [(argument.index, argument.table) for argument in one.arguments]) == (
        (),
        [(1, ApiTable.SETTINGS_KEYS)],
    )
    assert data_of(ApiTable.SETTINGS_KEYS, "android_id") == {"android_id"}
    assert not decided(ApiTable.SETTINGS_KEYS, "my_own_key")


def test_the_value_android_id_alone_is_no_sign_of_it():
    (one,) = load().apis.decide(ApiTable.SETTINGS_KEYS, "android_id")
    assert not one.telling
    assert field("android.provider.Settings$Secure", "ANDROID_ID") is None


def test_a_query_is_decided_by_its_address():
    one = method("android.content.ContentResolver", "query")
    assert not one.data
    assert [argument.table for argument in one.arguments] == [ApiTable.CONTENT_URIS]
    assert data_of(ApiTable.CONTENT_URIS, "content://sms/inbox") == {"sms"}
    assert data_of(ApiTable.CONTENT_URIS, "content://com.android.contacts/data?limit=1") == {"contacts"}
    assert data_of(ApiTable.CONTENT_URIS, "com.android.contacts") == {"contacts"}
    assert not decided(ApiTable.CONTENT_URIS, "content://com.example.shop.files/a")
    assert not decided(ApiTable.CONTENT_URIS, "content://smsgateway")


def test_fields_that_hold_an_address_say_which_table_it_is_of():
    found = field("android.provider.ContactsContract$Contacts", "CONTENT_URI")
    assert found is not None
    assert (found.data, found.permissions, found.table) == (
        ("contacts",),
        (A + "READ_CONTACTS",),
        ApiTable.CONTENT_URIS,
    )
    model = field("android.os.Build", "MODEL")
    assert model is not None
    assert (model.data, model.severity, model.table) == (("device_info",), Severity.INFO, None)


def test_the_hardware_address_is_the_mac_address_and_ends_with_target_29():
    one = method("java.net.NetworkInterface", "getHardwareAddress")
    assert (one.data, one.until_target, one.until) == (("mac_address",), 29, 0)


def test_the_way_to_an_interface_is_no_mac_address_yet():
    one = method("java.net.NetworkInterface", "getNetworkInterfaces")
    assert not one.data
    assert "mac_address" in one.may


def test_the_size_of_memory_is_device_information_of_low_weight():
    one = method("android.app.ActivityManager", "getMemoryInfo")
    assert (one.data, one.severity) == (("device_info",), Severity.LOW)


@pytest.mark.parametrize(
    ("class_", "name"),
    [
        ("java.io.File", "exists"),
        ("java.io.File", "length"),
        ("android.content.Context", "getPackageName"),
        ("android.content.SharedPreferences", "getString"),
        ("android.os.Build", "getModel"),
        ("java.lang.String", "getBytes"),
        ("android.content.Context", "getSystemService"),
        ("android.net.Uri", "parse"),
    ],
)
def test_plain_calls_are_nothing(class_, name):
    assert not methods(class_, name)


@pytest.mark.parametrize(
    ("class_", "name"),
    [
        ("java.net.InetAddress", "getByName"),
        ("android.location.Location", "getLatitude"),
        ("java.util.Locale", "getDefault"),
        ("android.os.SystemClock", "elapsedRealtime"),
        ("java.lang.Class", "forName"),
        ("android.content.pm.PackageManager", "getPackageInfo"),
        ("android.net.ConnectivityManager", "getActiveNetworkInfo"),
        ("android.view.accessibility.AccessibilityManager", "getEnabledAccessibilityServiceList"),
    ],
)
def test_calls_of_all_code_are_marked_so(class_, name):
    assert method(class_, name).noisy


@pytest.mark.parametrize(
    ("class_", "name"),
    [
        ("android.telephony.TelephonyManager", "getDeviceId"),
        ("android.location.LocationManager", "requestLocationUpdates"),
        ("android.content.pm.PackageManager", "getInstalledPackages"),
        ("android.media.AudioRecord", "startRecording"),
        ("android.content.ClipboardManager", "getPrimaryClip"),
    ],
)
def test_calls_with_one_purpose_are_not(class_, name):
    assert [one.noisy for one in methods(class_, name) if one.noisy or not one.descriptor] == [False]


def test_the_list_of_apps_hangs_on_no_permission():
    one = method("android.content.pm.PackageManager", "getInstalledPackages")
    assert (one.data, one.permissions, one.helped_by) == (("installed_apps",), (), (A + "QUERY_ALL_PACKAGES",))


def test_scan_results_need_a_location_permission_besides():
    one = method("android.net.wifi.WifiManager", "getScanResults")
    location = (A + "ACCESS_FINE_LOCATION", A + "ACCESS_COARSE_LOCATION")
    assert (one.permissions, one.needs) == ((A + "ACCESS_WIFI_STATE",), (Need(any_of=location, device=23),))


def test_a_service_that_the_system_binds_needs_no_permission_of_the_app():
    one = method("android.accessibilityservice.AccessibilityService", "getRootInActiveWindow")
    assert (one.permissions, one.service) == ((), A + "BIND_ACCESSIBILITY_SERVICE")
    assert not [
        one.name for one in load().apis.methods if any(name.startswith(A + "BIND_") for name in one.permissions)
    ]


def test_callbacks_are_told_from_calls():
    assert method("android.location.LocationListener", "onLocationChanged").callback
    assert not method("android.location.LocationManager", "getLastKnownLocation").callback


def test_sending_and_writing_are_not_reading():
    assert method("android.telephony.SmsManager", "sendTextMessage").role is ApiRole.USES
    assert method("android.content.ClipboardManager", "setPrimaryClip").role is ApiRole.USES
    assert method("android.content.ClipboardManager", "getPrimaryClip").role is ApiRole.READS


def test_identifiers_out_of_reach_are_said_to_be():
    assert method("android.telephony.UiccCardInfo", "getIccId").privileged
    assert method("android.app.admin.DevicePolicyManager", "getWifiMacAddress").privileged
    assert not method("android.telephony.SubscriptionInfo", "getIccId").privileged


def test_each_identifier_of_a_helper_is_its_own():
    by_name = {
        one.name: one.data for one in load().apis.methods if one.class_ == "com.github.gzuliyujiang.oaid.DeviceID"
    }
    assert (by_name["getOAID"], by_name["getIMEI"], by_name["getAndroidID"]) == (("oaid",), ("imei",), ("android_id",))


def test_interfaces_of_sdks_are_told_from_the_platforms():
    assert method("com.google.android.gms.ads.identifier.AdvertisingIdClient", "getAdvertisingIdInfo").kind is ApiKind.SDK
    assert method("android.os.SystemProperties", "get").kind is ApiKind.HIDDEN
    assert method("android.media.session.MediaSessionManager", "getActiveSessions").kind is ApiKind.PLATFORM


@pytest.mark.parametrize(
    ("class_", "name", "role", "argument"),
    [
        ("android.app.Activity", "requestPermissions", ApiRole.REQUESTS, (0, ApiTable.PERMISSIONS)),
        ("androidx.core.app.ActivityCompat", "requestPermissions", ApiRole.REQUESTS, (1, ApiTable.PERMISSIONS)),
        ("java.lang.Class", "forName", ApiRole.REFLECTS, (0, ApiTable.CLASSES)),
        ("java.lang.Class", "getDeclaredMethod", ApiRole.REFLECTS, (0, ApiTable.MEMBERS)),
        ("android.app.AlarmManager", "setRepeating", ApiRole.STARTS, None),
        ("dalvik.system.DexClassLoader", "<init>", ApiRole.LOADS, None),
    ],
)
def test_roles(class_, name, role, argument):
    one = method(class_, name)
    assert (one.role, [(found.index, found.table) for found in one.arguments]) == (role, [argument] if argument else [])


def test_what_reads_says_what():
    assert not [
        (one.class_, one.name)
        for one in load().apis.methods
        if one.role is ApiRole.READS and not one.data and not one.may
    ]


def test_only_fields_that_hold_keys_have_a_table():
    """Constants that are addresses are called URIs; any other field is read for itself."""
    tabled = {one.name for one in load().apis.fields if one.table is not None}
    assert [name for name in sorted(tabled) if not re.search("(^|_)URI(_|$)", name)] == []


@pytest.mark.parametrize(
    ("class_", "data"),
    [("Video$Thumbnails", "photos"), ("Images$Media", "photos"), ("Audio$Playlists", "media_library"), ("Downloads", "external_storage")],
)
def test_the_addresses_of_the_media_store_say_what_they_lead_to(class_, data):
    one = field(f"android.provider.MediaStore${class_}", "EXTERNAL_CONTENT_URI")
    assert one is not None
    assert (one.data, one.table) == ((data,), ApiTable.CONTENT_URIS)


def test_descriptors_of_one_name_stand_beside_all_its_overloads_only_for_an_argument_of_theirs():
    every = {(one.class_, one.name): one for one in load().apis.methods if not one.descriptor}
    beside = [one for one in load().apis.methods if one.descriptor and (one.class_, one.name) in every]
    assert {(one.class_, one.name) for one in beside} == {
        ("android.location.LocationManager", "requestLocationUpdates"),
        ("android.location.LocationManager", "requestSingleUpdate"),
    }
    for one in beside:
        rest = every[one.class_, one.name]
        assert (bool(one.arguments), rest.arguments) == (True, ())
        assert (one.data, one.may, one.severity, one.permissions) == (rest.data, rest.may, rest.severity, rest.permissions)


def test_what_carries_a_value_and_what_is_narrowed():
    carried = {(one.class_.rpartition(".")[2], one.name): one.argument for one in load().apis.carriers}
    assert carried["LocationRequest$Builder", "<init>"] == ApiArgument(index=0, table=ApiTable.LOCATION_PRIORITIES)
    assert [(one.type, one.becomes) for one in load().apis.narrowed] == [("precise_location", "coarse_location")]


# -- constants ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "value", "data"),
    [
        (ApiTable.SYSTEM_PROPERTIES, "ro.serialno", {"serial_number"}),
        (ApiTable.FILE_PATHS, "/sys/class/net/wlan0/address", {"mac_address"}),
        (ApiTable.FILE_PATHS, "/storage/emulated/0/.UTSystemConfig/Global/Alvin2.xml", {"other_device_id"}),
        (ApiTable.FILE_PATHS, "/proc/cpuinfo", {"device_info"}),
        (ApiTable.SHELL_COMMANDS, "pm list packages -3", {"installed_apps"}),
        (ApiTable.SHELL_COMMANDS, "sh -c 'pm list packages'", {"installed_apps"}),
        (ApiTable.SHELL_COMMANDS, "su -c /system/bin/cat /sys/class/net/wlan0/address", {"mac_address"}),
        (ApiTable.SHELL_COMMANDS, "getprop ro.serialno", {"serial_number"}),
        (ApiTable.SHELL_COMMANDS, "ps", {"running_processes"}),
        (ApiTable.SENSOR_TYPES, "21", {"health_data"}),
        (ApiTable.SENSOR_TYPES, "1", {"sensors"}),
        (ApiTable.LOCATION_PROVIDERS, "gps", {"precise_location"}),
        (ApiTable.LOCATION_PROVIDERS, "network", {"coarse_location"}),
        (ApiTable.LOCATION_PROVIDERS, "fused", {"precise_location", "coarse_location"}),
        (ApiTable.LOCATION_PRIORITIES, "100", {"precise_location"}),
        (ApiTable.LOCATION_PRIORITIES, "104", {"coarse_location"}),
        (ApiTable.DRM_PROPERTIES, "deviceUniqueId", {"other_device_id"}),
        (ApiTable.EXIF_TAGS, "GPSLatitude", {"media_location"}),
        (ApiTable.BROADCAST_ACTIONS, "android.provider.Telephony.SMS_RECEIVED", {"sms"}),
        (ApiTable.INTENT_ACTIONS, "com.uodis.opendevice.OPENIDS_SERVICE", {"oaid"}),
    ],
)
def test_constants_that_count(table, value, data):
    assert data_of(table, value) == data


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (ApiTable.SYSTEM_PROPERTIES, "ro.my.flag"),
        (ApiTable.SYSTEM_PROPERTIES, "ro.serialnob"),
        (ApiTable.FILE_PATHS, "/proc/cpuinfox"),
        (ApiTable.FILE_PATHS, "/proc/filesystems"),
        (ApiTable.FILE_PATHS, "/data/data/com.example/files/a"),
        (ApiTable.FILE_PATHS, "cache/image.png"),
        (ApiTable.SHELL_COMMANDS, "psql"),
        (ApiTable.SHELL_COMMANDS, "chmod 755 /data/x"),
        (ApiTable.SHELL_COMMANDS, "cat readme.txt"),
        (ApiTable.SHELL_COMMANDS, ""),
        (ApiTable.SENSOR_TYPES, "9999"),
        (ApiTable.LOCATION_PROVIDERS, "my own"),
        (ApiTable.LOCATION_PRIORITIES, "1"),
        (ApiTable.DRM_PROPERTIES, "myProperty"),
        (ApiTable.EXIF_TAGS, "Orientation"),
        (ApiTable.BROADCAST_ACTIONS, "com.example.PING"),
        (ApiTable.INTENT_ACTIONS, "android.intent.action.VIEW"),
        (ApiTable.PACKAGES, "com.tencent.mm"),
    ],
)
def test_constants_that_do_not(table, value):
    assert not decided(table, value)


def test_every_bit_of_listen_counts():
    assert data_of(ApiTable.PHONE_STATE_EVENTS, str(32 | 16)) == {"phone_call", "cell_info", "coarse_location"}
    assert data_of(ApiTable.PHONE_STATE_EVENTS, "256") == {"network_info"}
    assert not decided(ApiTable.PHONE_STATE_EVENTS, "0")
    assert not decided(ApiTable.PHONE_STATE_EVENTS, "9" * 4000)
    assert not decided(ApiTable.PHONE_STATE_EVENTS, "flags")


def test_the_longest_constant_counts_after_a_telling_one():
    assert decided(ApiTable.FILE_PATHS, "/storage/emulated/0/.DataStorage/x") == ["/.DataStorage"]
    assert decided(ApiTable.CONTENT_URIS, "content://media/external/images/media/7") == [
        "content://media/external/images/media"
    ]
    assert decided(ApiTable.CONTENT_URIS, "content://media/internal/audio") == ["content://media"]


@given(st.text(max_size=60), st.sampled_from(ApiTable))
@settings(max_examples=200, deadline=None)
def test_any_value_is_decided_or_is_nothing(value, table):
    apis = load().apis
    assert all(one in apis.constants for one in apis.decide(table, value))


def test_deeply_nested_shells_are_looked_into_only_so_far():
    assert decided(ApiTable.SHELL_COMMANDS, "sh -c sh -c ps") == ["ps"]
    assert not decided(ApiTable.SHELL_COMMANDS, "sh -c " * 100_000 + "ps")


def test_every_table_that_has_rows_is_asked_by_some_method():
    asked = {argument.table for one in load().apis.methods for argument in one.arguments}
    assert {one.table for one in load().apis.constants} <= asked


# -- iOS ------------------------------------------------------------------------------------------------------------


def test_selectors_name_their_usage_key():
    assert selector("CLLocationManager", "requestWhenInUseAuthorization").usage_keys == (
        "NSLocationWhenInUseUsageDescription",
    )
    assert selector("PHPhotoLibrary", "requestAuthorization:").usage_keys == ("NSPhotoLibraryUsageDescription",)


def test_what_needs_no_usage_key_has_none():
    assert selector("CMMotionManager", "startAccelerometerUpdates").usage_keys == ()
    assert selector("PHPickerViewController", "initWithConfiguration:").usage_keys == ()
    assert selector("ASIdentifierManager", "advertisingIdentifier").usage_keys == ()


def test_the_advertising_identifier_by_class_and_by_name():
    assert selector("ASIdentifierManager", "advertisingIdentifier").data == ("idfa",)
    name = symbol("ASIdentifierManager")
    assert (name.string, name.data, name.may) == (True, (), ("idfa",))


def test_common_selectors_are_generic_and_telling_ones_are_not():
    assert selector("UIDevice", "name").generic
    assert selector("CNContactStore", "requestAccessForEntityType:completionHandler:").generic is False
    assert selector("UIPasteboard", "generalPasteboard").generic is False


def test_symbols_of_all_code_are_noisy_and_those_with_one_purpose_are_not():
    assert symbol("_stat").noisy
    assert not symbol("_stat").data
    assert symbol("_sysctl").noisy
    assert not symbol("_CNCopyCurrentNetworkInfo").noisy
    assert symbol("_CNCopyCurrentNetworkInfo").data == ("ssid", "bssid")


def test_required_reasons():
    reasons = {one.category.removeprefix("NSPrivacyAccessedAPICategory"): one for one in load().apis.required_reasons}
    assert sorted(reasons) == ["ActiveKeyboards", "DiskSpace", "FileTimestamp", "SystemBootTime", "UserDefaults"]
    assert [code for code, _ in reasons["UserDefaults"].reasons] == ["CA92.1", "1C8F.1", "C56D.1", "AC6B.1"]
    assert "_statfs" in reasons["DiskSpace"].symbols
    assert "_stat" not in reasons["DiskSpace"].symbols
    assert "_stat" in reasons["FileTimestamp"].symbols
    assert reasons["ActiveKeyboards"].selectors == ("activeInputModes",)
    assert reasons["UserDefaults"].data == ()


# -- bystanders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "androidx.core.app.ActivityCompat",
        "kotlin.io.FilesKt",
        "com.google.android.material.snackbar.Snackbar",
        "org.chromium.net.AndroidNetworkLibrary",
        "com.google.android.gms.common.GooglePlayServicesUtilLight",
        "okhttp3.internal.platform.Platform",
        "io.flutter.embedding.engine.FlutterEngine",
    ],
)
def test_bystanders(name):
    assert load().apis.is_bystander(name)


@pytest.mark.parametrize(
    "name",
    [
        "com.umeng.commonsdk.UMConfigure",
        "com.google.android.gms.ads.identifier.AdvertisingIdClient",
        "com.tencent.bugly.Bugly",
        "com.example.app.MainActivity",
        "androidxx.core.Fake",
        "kotlinfake.A",
        "androidx.ads.identifier.AdvertisingIdClient",
        "io.flutter.plugins.deviceinfo.DeviceInfoPlugin",
        "a.b.c",
        "",
    ],
)
def test_not_bystanders(name):
    assert not load().apis.is_bystander(name)


def test_no_sdk_that_collects_is_a_bystander():
    from auditor.knowledge.schema import Strength, TraceKind

    apis = load().apis
    assert not [
        (id_, trace.pattern)
        for id_, one in load().sdks.items()
        for trace in one.traces
        if one.collects
        and trace.kind is TraceKind.PACKAGE
        and trace.strength is Strength.PROVES
        and apis.is_bystander(trace.pattern)
    ]


# -- the whole ------------------------------------------------------------------------------------------------------


def test_the_compiled_file_is_what_the_yaml_says():
    assert (HERE / COMPILED_APIS).read_bytes() == compile_apis(read_yaml(HERE)), "run: python -m auditor.knowledge"


def test_entries_are_sorted_and_described_once():
    apis = load().apis
    for keys in (
        [(one.class_, one.name, one.descriptor) for one in apis.methods],
        [(one.class_, one.name) for one in apis.fields],
        [(one.table.value, one.value) for one in apis.constants],
        [(one.class_, one.selector) for one in apis.selectors],
    ):
        assert keys == sorted(set(keys))


def test_notes_are_in_both_languages():
    nothing = Text(zh="", en="")
    entries = (*load().apis.methods, *load().apis.fields, *load().apis.constants, *load().apis.selectors)
    for one in entries:
        assert one.note == nothing or (one.note.zh and one.note.en and not re.search("合规|违规", one.note.zh)), one


def test_interfaces_are_read_when_first_asked_for():
    code = (
        "import sys; from auditor.knowledge.load import load; known = load();"
        "early = 'auditor.knowledge.api_schema' in sys.modules; known.apis.methods;"
        "assert not early and 'auditor.knowledge.api_schema' in sys.modules and 'yaml' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_interfaces_can_be_sent_to_another_process():
    there = pickle.loads(pickle.dumps(load().apis))
    assert there == load().apis
    assert hash(there) == hash(load().apis)
    assert there.methods == load().apis.methods
    assert len(pickle.dumps(load().apis)) < 200
    assert not hasattr(there, "nothing_of_that_name")


def test_a_knowledge_made_without_them_has_none():
    assert knowledge_from((HERE / "compiled.json").read_bytes()).apis is NO_APIS


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"methods":[{}]}', b"\xff"])
def test_a_broken_file_is_a_knowledge_error(monkeypatch, content):
    def shipped(name: str) -> bytes:
        if content is None:
            raise FileNotFoundError(2, "No such file or directory")
        return content

    monkeypatch.setattr(module, "_shipped", shipped)
    module._shipped_apis.cache_clear()
    try:
        with pytest.raises(KnowledgeError, match=r"apis\.json:1: cannot be read"):
            _ = load().apis.methods
    finally:
        module._shipped_apis.cache_clear()


@given(st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["methods", "fields", "constants", "class", "name", "severity"]), inner, max_size=4),
    max_leaves=8,
)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_interfaces_or_damage(data):
    try:
        found = apis_from(data)
    except DAMAGE:
        return
    assert isinstance(found, Apis)


def test_check_finds_a_stale_file(tmp_path, capsys):
    directory = write(tmp_path)
    written(directory)
    assert command.main([str(directory)]) == 0
    assert command.main(["--check", str(directory)]) == 0
    (directory / COMPILED_APIS).write_bytes(b"{}")
    assert command.main(["--check", str(directory)]) == 1
    assert capsys.readouterr().err.startswith("apis.json is not what the YAML says")


# -- mistakes -------------------------------------------------------------------------------------------------------

SMALL = {
    "android_methods.yaml": """\
        sources: {ref: the reference}
        classes:
        - class: a.Phone$Inner
          methods:
          - {name: getId, data: [imei], severity: high, permissions: [a.CAMERA], until: 28, source: ref}
          - {name: open, may: [camera], severity: info, arguments: [{index: 1, table: settings_keys}], source: ref,
             needs: [{any_of: [a.OLD], device: 23, target: 24}], note: {zh: 注, en: note}}
        """,
    "android_sdk_methods.yaml": """\
        sources: {ref: the reference}
        classes:
        - class: b.Ads
          kind: sdk
          methods:
          - {name: <init>, descriptor: '(Ljava/lang/String;[I)V', data: [nfc], severity: low, source: ref}
        """,
    "android_roles.yaml": """\
        sources: {ref: the reference}
        classes:
        - class: a.Loader
          methods:
          - {name: load, role: loads, severity: low, source: ref}
        """,
    "android_fields.yaml": """\
        sources: {ref: the reference}
        fields:
        - {class: a.Phone, name: SERIAL, data: [imei], severity: high, source: ref}
        """,
    "android_constants.yaml": """\
        sources: {ref: the reference}
        settings_keys:
        - {value: secret, data: [imei], severity: high, telling: true, source: ref}
        phone_state_events:
        - {value: 32, match: bit, name: LISTEN, data: [camera], severity: low, source: ref}
        carriers:
        - {class: a.Request$Builder, name: <init>, descriptor: (I)V, index: 0, table: sensor_types, source: ref}
        narrowed:
        - {type: imei, without: a.OLD, becomes: nfc, source: ref}
        """,
    "ios.yaml": """\
        sources: {ref: the reference}
        classes:
        - class: Device
          framework: Kit
          alone: {data: [camera], usage_keys: [NSX]}
          selectors:
          - {name: 'take:from:', data: [camera], severity: high, usage_keys: [NSX], since: '6.0', source: ref}
        symbols:
        - {name: _take, framework: Kit, data: [camera], severity: low, source: ref}
        strings:
        - {name: take, may: [camera], severity: low, source: ref}
        required_reasons:
        - category: CategoryTime
          name: {zh: 时间, en: Time}
          symbols: [_time]
          members: [{class: Clock, selector: now}]
          reasons: [{code: AB12.1, allows: {zh: 计时, en: timing}}]
          source: ref
        """,
    "ios_privacy.yaml": """\
        sources: {ref: the reference}
        collected_types:
        - {value: NSPrivacyCollectedDataTypeLens, name: {zh: 镜头, en: Lens}, data: [camera], source: ref}
        purposes: [NSPrivacyCollectedDataTypePurposeFun]
        listed_sdks:
        - {name: Glass, frameworks: [GlassKit], source: ref}
        vendor_files: ['libglass*.dylib']
        """,
    "android_entry_points.yaml": """\
        source: ours
        entry_points:
        - {kind: application, component: application, methods: [onCreate], start_up: true}
        - {kind: worker, extends: a.Worker, callbacks: true}
        callbacks:
        - {names: [on], by: start}
        - {class: a.Task, names: [run], by: use}
        handlers:
        - {attribute: onClick, component: activity, takes: [a.View]}
        annotated:
        - {by: start, annotations: [a.Page]}
        inflated:
        - {extends: a.View, takes: a.Attributes}
        """,
    "bystanders.yaml": """\
        source: ours
        bystanders: [androidx, kotlin]
        except: [androidx.ads]
        """,
}


def written(directory: Path, **changes: tuple[str, str]) -> Path:
    """Write the small interfaces; ``ios=(old, new)`` puts ``new`` for ``old`` in one file."""
    (directory / "apis").mkdir(parents=True, exist_ok=True)
    for name, text in SMALL.items():
        text = dedent(text)
        if (change := changes.pop(name.removesuffix(".yaml"), None)) is not None:
            assert text.count(change[0]) == 1, change[0]
            text = text.replace(*change)
        (directory / "apis" / name).write_text(text, encoding="utf-8")
    assert not changes
    return directory


def test_the_small_interfaces_are_read_as_they_stand(tmp_path):
    apis = apis_from(compile_apis(read_yaml(written(write(tmp_path)))))
    by_name = {(one.class_, one.name): one for one in apis.methods}
    assert list(by_name) == [("a.Loader", "load"), ("a.Phone$Inner", "getId"), ("a.Phone$Inner", "open"), ("b.Ads", "<init>")]
    opened = by_name["a.Phone$Inner", "open"]
    assert opened.needs == (Need(any_of=("a.OLD",), device=23, target=24),)
    assert (opened.arguments[0].index, opened.note) == (1, Text(zh="注", en="note"))
    assert by_name["b.Ads", "<init>"].descriptor == "(Ljava/lang/String;[I)V"
    assert {one.value: (one.match, one.telling) for one in apis.constants} == {
        "secret": (ApiMatch.EXACT, True),
        "32": (ApiMatch.BIT, False),
    }
    assert [(one.selector, one.usage_keys, one.framework) for one in apis.selectors] == [("take:from:", ("NSX",), "Kit")]
    assert [(one.class_, one.data, one.usage_keys) for one in apis.classes] == [("Device", ("camera",), ("NSX",))]
    assert {one.name: one.string for one in apis.symbols} == {"_take": False, "take": True}
    assert [(one.value, one.data) for one in apis.collected_types] == [("NSPrivacyCollectedDataTypeLens", ("camera",))]
    assert [(one.name, one.frameworks) for one in apis.listed_sdks] == [("Glass", ("GlassKit",))]
    assert (apis.purposes, apis.vendor_files) == (("NSPrivacyCollectedDataTypePurposeFun",), ("libglass*.dylib",))
    assert apis.required_reasons[0].members == (("Clock", "now"),)
    assert (apis.bystanders, apis.not_bystanders) == (("androidx", "kotlin"), ("androidx.ads",))
    assert [(one.kind, one.component, one.extends, one.methods, one.callbacks, one.start_up) for one in apis.entry_points] == [
        (EntryKind.APPLICATION, "application", "", ("onCreate",), False, True),
        (EntryKind.WORKER, "", "a.Worker", (), True, False),
    ]
    assert [(one.class_, one.name, one.by) for one in apis.callbacks] == [
        ("", "on", CallbackTime.START),
        ("a.Task", "run", CallbackTime.USE),
    ]
    assert [(one.attribute, one.component, one.takes) for one in apis.handlers] == [("onClick", "activity", ("a.View",))]
    assert apis.annotated == (("a.Page", CallbackTime.START),)
    assert apis.inflated == (("a.View", "a.Attributes"),)
    assert [(one.class_, one.name, one.descriptor, one.argument.index, one.argument.table) for one in apis.carriers] == [
        ("a.Request$Builder", "<init>", "(I)V", 0, ApiTable.SENSOR_TYPES)
    ]
    assert [(one.type, one.without, one.becomes) for one in apis.narrowed] == [("imei", "a.OLD", "nfc")]


def test_a_directory_without_the_folder_knows_none(tmp_path):
    assert apis_from(compile_apis(read_yaml(write(tmp_path)))).methods == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "message"),
    [
        ("android_methods", "data: [imei]", "data: [imey]", 5, "'imey' is not known (did you mean 'imei'?)"),
        ("android_methods", "may: [camera]", "may: [lens]", 6, "'lens' is not known"),
        ("android_methods", "[a.CAMERA]", "[a.CAMERAS]", 5, "'a.CAMERAS' is not known"),
        ("android_methods", "[a.OLD]", "[a.NEW]", 7, "'a.NEW' is not known"),
        ("android_methods", "name: open", "name: getId", 6, "'a.Phone$Inner getId' was described before, at apis/android_methods.yaml:5"),
        ("android_methods", "a.Phone$Inner", "a/Phone", 3, "'a/Phone' is no class"),
        ("android_methods", "name: open", "name: 2open", 6, "'2open' is no name of a method"),
        ("android_methods", "table: settings_keys", "table: setting_keys", 6, "'setting_keys' is none of its values"),
        ("android_methods", "index: 1", "index: 99", 6, "99 is no argument"),
        ("android_methods", "until: 28", "until: 28, since: 29", 5, "ends before it begins"),
        ("android_methods", "until: 28", "until: 0", 5, "0 is no API level"),
        ("android_methods", "severity: high", "severity: huge", 5, "'huge' is none of its values"),
        ("android_methods", "severity: high, ", "", 5, "lacks 'severity'"),
        ("android_methods", "data: [imei], ", "", 5, "reads nothing"),
        ("android_methods", "may: [camera]", "may: [camera], data: [camera]", 6, "'camera' stands under data already"),
        ("android_methods", "until: 28", "untill: 28", 5, "unknown key 'untill'"),
        ("android_methods", "until: 28, source: ref", "until: 28, source: hearsay", 5, "'hearsay' is none of its values"),
        ("android_sdk_methods", "[I)V", "[I", 6, "is none, such as (Ljava/lang/String;)V"),
        ("android_sdk_methods", "kind: sdk", "kind: library", 4, "'library' is none of its values"),
        ("android_roles", "role: loads", "role: eats", 5, "'eats' is none of its values"),
        ("android_roles", "a.Loader", "a.Phone$Inner", 5, None),
        ("android_fields", "name: SERIAL", "name: a-b", 3, "'a-b' is no name of a field"),
        ("android_constants", "match: bit", "match: bits", 5, "'bits' is none of its values"),
        ("android_constants", "value: 32", "value: many", 5, "'many' is no bit"),
        ("android_constants", "settings_keys", "settings_kyes", 2, "unknown key 'settings_kyes'"),
        ("android_constants", "a.Request$Builder", "a/Request", 7, "'a/Request' is no class"),
        ("android_constants", "(I)V", "(I", 7, "is none, such as (Ljava/lang/String;)V"),
        ("android_constants", "becomes: nfc", "becomes: nfcc", 9, "'nfcc' is none of its values"),
        ("android_constants", "without: a.OLD", "without: a.NEW", 9, "'a.NEW' is none of its values"),
        ("ios", "'take:from:'", "'take from'", 7, "'take from' is no selector"),
        ("ios", "[NSX], since", "[NSZ], since", 7, "'NSZ' is not known"),
        ("ios", "framework: Kit\n  alone", "private: false\n  alone", 3, "'Device' is either of a framework or private"),
        ("ios", "_take", "take_it", 9, "lacks the underscore"),
        ("ios", "AB12.1", "AB-1", 17, "'AB-1' is no reason code"),
        ("ios", "since: '6.0'", "since: soon", 7, "'soon' is no version of iOS"),
        ("ios", "[NSX]}", "[NSZ]}", 5, "'NSZ' is not known"),
        ("ios_privacy", "data: [camera]", "data: [lens]", 3, "'lens' is not known"),
        ("ios_privacy", "NSPrivacyCollectedDataTypeLens", "Lens", 3, "'Lens' does not begin with NSPrivacyCollectedDataType"),
        ("ios_privacy", "NSPrivacyCollectedDataTypePurposeFun", "Fun", 4, "'Fun' does not begin with"),
        ("android_entry_points", "kind: worker", "kind: walker", 4, "'walker' is none of its values"),
        ("android_entry_points", "component: application, ", "", 3, "needs either component or extends"),
        ("android_entry_points", "component: application", "component: screen", 3, "'screen' is none of its values"),
        ("android_entry_points", ", callbacks: true", "", 4, "enters nothing"),
        ("android_entry_points", "[onCreate]", "[on-create]", 3, "'on-create' is no name of a method"),
        ("android_entry_points", "by: use", "by: touch", 7, "'touch' is none of its values"),
        ("android_entry_points", "a.Task", "a/Task", 7, "'a/Task' is no class"),
        ("android_entry_points", "[a.View]", "[a.View.]", 9, "is no class"),
        ("android_entry_points", "component: activity", "component: screen", 9, "'screen' is none of its values"),
        ("android_entry_points", "a.Page", "a.Page.", 11, "is no class"),
        ("android_entry_points", "extends: a.View", "extends: a.View.", 13, "is no class"),
        ("bystanders", "[androidx, kotlin]", "[androidx., kotlin]", 2, "must be whole segments"),
        ("bystanders", "[androidx.ads]", "[com.ads]", 3, "lies below none of the bystanders"),
    ],
)
def test_every_mistake_has_its_place(tmp_path, file, old, new, line, message):
    directory = written(write(tmp_path), **{file: (old, new)})
    if message is None and file == "android_roles":  # another method of a class described elsewhere is no mistake
        assert read_yaml(directory)["apis"]["methods"]
        return
    with pytest.raises(KnowledgeError) as caught:
        read_yaml(directory)
    places = [one for one in caught.value.mistakes if one.startswith(f"apis/{file}.yaml:{line}: ")]
    assert places, caught.value.mistakes
    assert message is None or any(message in one for one in places), places


def test_a_folder_that_lacks_a_file_is_a_mistake(tmp_path):
    directory = written(write(tmp_path))
    (directory / "apis" / "ios.yaml").unlink()
    with pytest.raises(KnowledgeError, match=r"apis/ios\.yaml:1: cannot be read"):
        read_yaml(directory)


def test_matching_is_what_it_says():
    def constant(match: ApiMatch, value: str) -> ApiConstant:
        return ApiConstant(
            table=ApiTable.FILE_PATHS, value=value, match=match, name="", data=(), may=(), severity=Severity.LOW,
            permissions=(), needs=(), telling=False, until=0, until_target=0, note=Text(zh="", en=""), source="",
            unverified=False,
        )

    assert constant(ApiMatch.EXACT, "/a").matches("/a")
    assert not constant(ApiMatch.EXACT, "/a").matches("/a/b")
    assert constant(ApiMatch.SEGMENTS, "/a").matches("/a/b")
    assert not constant(ApiMatch.SEGMENTS, "/a").matches("/ab")
    assert constant(ApiMatch.PREFIX, "/a").matches("/ab")
    assert not constant(ApiMatch.PREFIX, "/a").matches("b/a")
    assert constant(ApiMatch.CONTAINS, "/a").matches("b/a")
    assert not constant(ApiMatch.CONTAINS, "/a").matches("ba")
    assert constant(ApiMatch.WORDS, "ip addr").matches("/system/bin/ip  addr show")
    assert not constant(ApiMatch.WORDS, "ip addr").matches("ip address")
    assert constant(ApiMatch.BIT, "16").matches("48")
    assert not constant(ApiMatch.BIT, "16").matches("32")
