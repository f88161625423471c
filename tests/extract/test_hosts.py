"""Which strings name hosts, and which only look as if."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.collector import Collector
from auditor.extract.hosts import bare_host, host_strings, hosts_in, is_public, record_hosts, url_host
from auditor.extract.lens import Lens


@pytest.mark.parametrize(
    ("text", "host", "scheme"),
    [
        ("https://api.example-shop.cn/v1", "api.example-shop.cn", "https"),
        ("http://log.example.com:8080", "log.example.com", "http"),
        ("wss://im.example.com.cn", "im.example.com.cn", "wss"),
        ("HTTPS://API.Example.COM/x", "api.example.com", "https"),
        ("https://8.8.8.8/dns-query", "8.8.8.8", "https"),
        ("https://user:pw@cdn.example.net/", "cdn.example.net", "https"),
        ("https://xn--fiq228c.com", "xn--fiq228c.com", "https"),
        ("https://a.b.c.example.io?x=1", "a.b.c.example.io", "https"),
    ],
)
def test_addresses_name_hosts(text: str, host: str, scheme: str) -> None:
    assert url_host(text.encode()) == (host, scheme)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080",
        "http://127.0.0.1/",
        "http://192.168.1.1/login",
        "http://10.0.0.2",
        "http://172.20.0.1",
        "http://300.1.1.1",
        "http://224.0.0.1",
        "https://printer.local/",
        "https://%s/api",
        "https://{host}.example.com",
        "https://api.example.com%s.x",
        "https://",
        "http://example",
        "see https://example.com",
        "file:///android_asset/x.com",
        "https://a/../b.js",
    ],
)
def test_these_name_none(text: str) -> None:
    assert url_host(text.encode()) is None


@pytest.mark.parametrize("text", ["restsdk.amap.com", "api.mixpanel.com", "m.example.cn", "log-api.example.net:443", "a.org"])
def test_a_bare_name_is_a_host(text: str) -> None:
    assert bare_host(text.encode()) == text.partition(":")[0]


@pytest.mark.parametrize(
    "text",
    ["com.example.net", "org.apache.cn", "Example.com", "foo.bar.js", "user@example.com", "android.net", "a_b.com", ".com", "x..com",
     "example.com/path", "config.properties", "java.net", "example.com "],
)
def test_packages_files_and_mail_are_no_hosts(text: str) -> None:
    assert bare_host(text.encode()) is None


def test_a_sorted_table_is_looked_up_where_hosts_stand() -> None:
    strings = sorted([b"", b"Lcom/a;", b"api.example.com", b"com.example.net", b"http", b"http://a.example.com/x", b"https://b.example.com",
                      b"httpclient", b"wss://c.example.com/", b"z", "注销".encode()])
    found = {strings[index]: host for index, host in host_strings(strings).items()}
    assert found == {
        b"api.example.com": ("api.example.com", ""),
        b"http://a.example.com/x": ("a.example.com", "http"),
        b"https://b.example.com": ("b.example.com", "https"),
        b"wss://c.example.com/": ("c.example.com", "wss"),
    }


def test_a_script_s_hosts_are_found_once_each() -> None:
    script = b'var u="https://api.example.com/a",v="https://api.example.com/b";w=`wss://im.example.com`;// http://localhost/'
    assert [(host, scheme) for host, scheme, _ in hosts_in(script)] == [("api.example.com", "https"), ("im.example.com", "wss")]


@pytest.mark.parametrize("host", ["example.com.cn", "api.example.com", "8.8.8.8"])
def test_a_public_host_leads_somewhere(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize("host", ["localhost", "10.0.2.2", "192.168.1.4", "127.0.0.1", "printer.local", "a.test", "", "256.1.1.1"])
def test_other_hosts_do_not(host: str) -> None:
    assert not is_public(host)


def test_more_hosts_than_are_listed_are_said_to_be_left_out() -> None:
    collect = Collector(Lens(every_host=True))
    collect.hosts_left = 3
    record_hosts(collect, "a.js", b"https://a.com https://b.com")
    assert collect.gaps == ()
    record_hosts(collect, "b.js", b"https://c.com https://d.com")
    record_hosts(collect, "c.js", b"no address")
    assert sorted(fact.name for fact in collect.facts) == ["a.com", "b.com", "c.com"]
    assert [gap.location.file for gap in collect.gaps] == ["b.js"]


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_through(data: bytes) -> None:
    for host, scheme, at in hosts_in(data):
        assert data[at:].lower().startswith(scheme.encode() + b"://")
        assert host.encode() in data.lower()


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"https://a.example.com", b"b.example.cn", b"http://x"]), max_size=20))
def test_a_table_gives_what_its_strings_give_one_by_one(strings: list[bytes]) -> None:
    table = sorted(strings)
    found = host_strings(table)
    for index, raw in enumerate(table):
        alone = url_host(raw) or ((bare, "") if (bare := bare_host(raw)) else None)
        assert found.get(index) == alone
