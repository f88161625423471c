"""The names our reader finds in real native libraries are those LIEF finds."""

from __future__ import annotations

from zipfile import ZipFile

import pytest

from auditor.extract.android.elf import ELF, dynamic_names, java_method
from tests.real import fetch
from tests.real.sdk_builds import listing

pytestmark = pytest.mark.real

LISTED = {**listing.artefacts(), **fetch.artefacts()}
ARCHIVES = [name for name, one in LISTED.items() if one.kind in ("aar", "apk")]


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_java_methods_of_native_libraries_are_those_lief_finds(name: str) -> None:
    lief = pytest.importorskip("lief")
    try:
        path = fetch.obtain(LISTED[name], LISTED.values())
    except fetch.Unavailable as reason:
        pytest.skip(str(reason))
    with ZipFile(path) as archive:
        for name_ in archive.namelist():
            if not name_.endswith(".so"):
                continue
            data = archive.read(name_)
            if not data.startswith(ELF):
                continue
            elf = lief.parse(list(data))  # its symbols live as long as it does
            exported = {one.name.encode() for one in elf.dynamic_symbols if one.exported}
            names = dynamic_names(lambda count, data=data: data[:count])
            assert names is not None, name_
            # the end of one name may be another: linkers keep the longer alone
            assert exported <= {name[at:] for name in names if name for at in range(len(name))}, name_
            java = {one for one in names if one.startswith(b"Java_")}
            assert java == {one for one in exported if one.startswith(b"Java_")}, name_
            assert all(java_method(one) for one in java), name_
