"""The policy beside its draft."""

from __future__ import annotations

import re

from auditor.model import Language
from auditor.policy.view import render_view
from tests.policy.test_permissions import FLATTENED
from tests.policy.test_sdks import LABEL_BLOCKS, TABLES


def test_every_row_is_marked_in_the_text_and_leads_there_and_back(drafted):
    page = render_view(drafted(LABEL_BLOCKS), Language.ZH)
    for index, name in ((0, "友盟统计SDK"), (1, "腾讯Bugly"), (3, "高德定位SDK")):
        assert f'<mark id="t-sdks-{index}"><a href="#y-sdks-{index}">{name}</a></mark>' in page
        assert re.search(rf'<span id="y-sdks-{index}">  <a href="#t-sdks-{index}">- name: {name}</a>', page)


def test_a_quote_over_two_lines_marks_its_first(drafted):
    assert '<mark id="t-permissions-0"><a href="#y-permissions-0">READ_CALENDAR</a></mark>' in render_view(drafted(FLATTENED), Language.EN)


def test_tables_keep_their_spans(drafted):
    page = render_view(drafted(TABLES), Language.EN)
    assert '<td rowspan="2">' in page
    assert '<td colspan="5">' in page


def test_markup_in_the_policy_is_text_and_nothing_is_loaded(drafted):
    page = render_view(drafted("某某隐私政策\n\nSDK名称：<script>alert(1)</script>SDK\n使用目的：<img src=x>\n隐私政策：https://a.example/\n收集信息：IMEI\n"), Language.EN)
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


def test_what_is_not_sure_is_marked_as_such(drafted):
    page = render_view(drafted("某某隐私政策\n\n我们的产品集成个推SDK，个推SDK会收集您的信息。\n"), Language.EN)
    assert '<mark class="low" id="t-sdks-0">' in page
