"""What a library's manifest brings is read as written, and written down the same way each time."""

from __future__ import annotations

import pytest
import yaml

from tests.tools.test_reading import zipped
from tools.manifests.__main__ import Read, _line, yaml_text
from tools.manifests.reading import Brings, read_manifest, version_of

MANIFEST = b"""<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.acme.push"
    android:versionName="3.2.1">
  <uses-permission android:name="android.permission.INTERNET"/>
  <uses-permission-sdk-23 android:name="${applicationId}.permission.PUSH"/>
  <queries><package android:name="com.peer"/></queries>
  <application android:name=".TestApp" android:appComponentFactory="x.Factory">
    <service android:name=".PushService"/>
    <provider android:name="com.acme.base.Start" android:authorities="${applicationId}.start"/>
  </application>
</manifest>"""


def aar(*classes: str, manifest: bytes = MANIFEST) -> bytes:
    jar = zipped(**{f"{name.replace('.', '/')}__class": b"" for name in classes})
    return zipped(AndroidManifest__xml=manifest, classes__jar=jar)


def test_an_aar_brings_what_its_manifest_holds_and_no_application():
    assert read_manifest(aar("com.acme.push.a.B", "com.acme.push.C")) == (
        Brings(
            permissions=("${applicationId}.permission.PUSH", "android.permission.INTERNET"),
            components=(("provider", "com.acme.base.Start"), ("service", "com.acme.push.PushService")),
            queries=(("package", "com.peer"),),
            packages=("com.acme.push",),
        ),
        "3.2.1",
    )


def test_the_manifest_alone_does_too():
    found = read_manifest(MANIFEST)
    assert found is not None
    assert found[0].components[0] == ("provider", "com.acme.base.Start")
    assert found[0].packages == ()


def test_what_a_project_s_build_filled_in_is_taken_out_again():
    filled = MANIFEST.replace(b"${applicationId}", b"com.game")
    found = read_manifest(aar("com.acme.push.A", manifest=filled), filled="com.game")
    assert found is not None
    assert found[0].permissions[0] == "${applicationId}.permission.PUSH"


@pytest.mark.parametrize("data", [b"", b"PK\3\4", zipped(a=b""), aar(manifest=b"<manifest"), aar(manifest=b"<other/>")])
def test_what_holds_no_manifest_brings_nothing(data):
    assert read_manifest(data) is None


def test_of_code_of_many_the_owner_s_packages_tell():
    fat = aar("com.acme.push.A", "com.acme.base.B", "org.other.lib.C", "org.other.lib.D", "com.acme.push.BuildConfig", "R")
    assert read_manifest(fat, ["com.acme"])[0].packages == ("com.acme.base", "com.acme.push")
    assert read_manifest(fat, ["net.nobody"])[0].packages == ("org.other.lib",)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("app/libs/gtc-3.1.0.0.aar", "gtc"),
        ("libs/oppo_push_v2.1.0.aar", "oppo_push"),
        ("libs/share-qq-release.aar", "share-qq"),
        ("alipaySdk-15.6.5-20190718211148.aar", "alipaySdk"),
        ("androidx.core.core-1.9.0.aar", "androidx.core.core"),
        ("lib.5plus.base-release.aar", "lib.5plus.base"),
        ("1.2.3.aar", "1.2.3"),
    ],
)
def test_files_of_one_line_bear_one_name(path, line):
    assert _line(path) == line


def test_the_first_that_tells_a_version_is_believed():
    assert version_of("", "push", "SDK 4.8.2 beta", "9.9") == "4.8.2"
    assert version_of("release 3") == ""


def test_what_is_written_stands_by_artefact_and_version():
    one, two = Brings(("a.b",), (("service", "x.S"),), (), ("x",)), Brings(("a.b",), (), (("intent", "i.V"),), ())
    reads = [
        Read("acme", "push", version, f"ref {version}", "0" * 64, brings)
        for version, brings in [("10.0", two), ("2.0", one), ("", one), ("9.1", one)]
    ]
    text = yaml_text("acme", ["x"], reads)
    assert text == yaml_text("acme", ["x"], reads[::-1])
    blocks = yaml.safe_load(text)["manifests"]
    assert [[read.get("version", "") for read in block["read"]] for block in blocks] == [["", "2.0", "9.1"], ["10.0"]]
    assert [block.get("components") for block in blocks] == [{"service": ["x.S"]}, None]
