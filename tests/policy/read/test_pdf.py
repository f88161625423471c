"""PDFs read: paragraphs from lines of print, tables by rules and by columns, pages, scans, and damaged files."""

from __future__ import annotations

import sys
import zlib

import pytest

from auditor.errors import PolicyError
from auditor.policy.document import DocumentKind, Paragraph
from tests.forge.documents import Page, pdf
from tests.policy.read.outlines import Read, grids, outline, texts


def test_lines_of_print_become_paragraphs_and_headings(read: Read) -> None:
    found = read(
        pdf(
            Page()
            .text(180, 60, "示例应用隐私政策", 18)
            .text(50, 100, "一、我们收集的信息")
            .text(70, 120, "我们会收集您的设备信息，包括设备型号、操作系统版本、唯一设备标识符和网络状态")
            .text(50, 137, "以及您主动填写的手机号码。")
            .text(70, 154, "另起一段，到此为止。"),
            Page().text(50, 60, "二、其他").text(50, 80, "第二页的正文。"),
        )
    )
    assert found.kind is DocumentKind.PDF
    assert found.title == "示例应用隐私政策"
    assert outline(found) == [
        "1 # 示例应用隐私政策",
        "2 ## 一、我们收集的信息",
        "3 我们会收集您的设备信息，包括设备型号、操作系统版本、唯一设备标识符和网络状态以及您主动填写的手机号码。",
        "4 另起一段，到此为止。",
        "5 ## 二、其他",
        "6 第二页的正文。",
    ]
    last = found.blocks[-1]
    assert isinstance(last, Paragraph)
    assert last.lines[0].page == 2


def ruled() -> Page:
    page = Page().text(50, 180, "以下为权限列表").box([50, 200, 350, 545], [200, 220, 260, 300])
    page.text(55, 204, "权限名称").text(205, 204, "功能").text(355, 204, "目的")
    page.text(55, 224, "android.permission.READ_EXTER").text(55, 238, "NAL_STORAGE").text(205, 224, "读取存储").text(355, 224, "更换头像")
    page.text(55, 264, "CAMERA").text(55, 278, "相机").text(205, 264, "拍照")
    return page.text(355, 264, "扫描二维码以及拍摄照片并上传至服务器").text(355, 278, "用于评价")


def test_a_ruled_table_with_values_broken_by_the_column(read: Read) -> None:
    (grid,) = grids(read(pdf(ruled())))
    assert texts(grid) == [
        ["权限名称", "功能", "目的"],
        ["android.permission.READ_EXTERNAL_STORAGE", "读取存储", "更换头像"],
        ["CAMERA\n相机", "拍照", "扫描二维码以及拍摄照片并上传至服务器用于评价"],
    ]


def test_merged_cells_of_a_ruled_table(read: Read) -> None:
    page = Page()
    for left, top, right, bottom in ((50, 100, 50, 180), (200, 100, 200, 180), (400, 100, 400, 180), (50, 100, 400, 100),
                                     (50, 180, 400, 180), (200, 140, 400, 140), (50, 120, 400, 120)):  # fmt: skip
        page.rule(left, top, right, bottom)
    page.text(55, 104, "名称").text(205, 104, "用途").text(55, 124, "示例推送").text(205, 124, "推送").text(205, 154, "统计")
    (grid,) = grids(read(pdf(page)))
    assert texts(grid) == [["名称", "用途"], ["示例推送", "推送"], ["示例推送", "统计"]]
    assert grid.rows[2][0].origin == (1, 0)


def test_a_table_that_goes_on_overleaf_is_one_table(read: Read) -> None:
    first = Page().text(50, 60, "清单").box([50, 250, 450], [700, 720, 740]).text(55, 704, "名称").text(255, 704, "用途")
    first.text(55, 724, "示例推送").text(255, 724, "推送")
    second = Page().box([50, 250, 450], [60, 80, 100]).text(55, 64, "名称").text(255, 64, "用途")
    second.text(55, 84, "示例地图").text(255, 84, "定位")
    (grid,) = grids(read(pdf(first, second)))
    assert texts(grid) == [["名称", "用途"], ["示例推送", "推送"], ["示例地图", "定位"]]
    assert [row[0].lines[0].page for row in grid.rows] == [1, 1, 2]
    assert [row[0].origin for row in grid.rows] == [(0, 0), (1, 0), (2, 0)]


def test_a_table_without_rules_is_found_by_its_columns(read: Read) -> None:
    page = Page().text(50, 60, "第三方清单如下。")
    for at, row in enumerate([("名称", "用途", "政策"), ("示例推送", "推送", "https://push.example/p"), ("示例支付", "支付", "https://pay.example/p")]):
        for left, value in zip((50, 150, 300), row, strict=True):
            page.text(left, 90 + 20 * at, value)
    found = read(pdf(page.text(50, 160, "以上为全部第三方，如有变更，我们会更新本清单并以显著方式告知您。")))
    assert outline(found) == [
        "1 第三方清单如下。",
        "[名称 | 用途 | 政策] [示例推送 | 推送 | https://push.example/p] [示例支付 | 支付 | https://pay.example/p]",
        "11 以上为全部第三方，如有变更，我们会更新本清单并以显著方式告知您。",
    ]


def test_running_headers_footers_and_page_numbers_are_dropped_and_other_edges_kept(read: Read) -> None:
    pages = [
        Page().text(50, 20, "示例公司 隐私政策").text(50, 100, f"正文之{which}。").text(280, 815, f"第 {number} 页 共 3 页")
        for number, which in enumerate("甲乙丙", 1)
    ]
    pages[1].text(50, 795, "脚注只有一次。")
    assert outline(read(pdf(*pages))) == ["1 正文之甲。", "2 正文之乙。", "3 脚注只有一次。", "4 正文之丙。"]


def test_links_belong_to_the_words_they_lie_under(read: Read) -> None:
    found = read(pdf(Page().text(50, 100, "查看详情").text(50, 140, "其他").link(50, 100, 100, 112, "https://x.example/")))
    assert found.links == (("查看详情", "https://x.example/"),)


def test_type_printed_twice_for_boldness_is_read_once(read: Read) -> None:
    assert outline(read(pdf(Page().text(50, 100, "收集信息").text(50.3, 100, "收集信息")))) == ["1 收集信息"]


def test_a_scan_asks_for_ocr(read: Read) -> None:
    found = read(pdf(Page().picture(), Page().picture()))
    assert found.blocks == ()
    assert [gap.reason.en.split(",")[0] for gap in found.gaps] == ["the PDF has no text layer"]


def test_a_scanned_page_among_others_is_named(read: Read) -> None:
    found = read(pdf(Page().text(50, 100, "正文。"), Page().picture()))
    assert outline(found) == ["1 正文。"]
    assert [(gap.location.at, "have it read by OCR" in gap.reason.en) for gap in found.gaps] == [("page 2", True)]


def test_a_bomb_is_refused(read: Read) -> None:
    stream = zlib.compress(bytes(40 << 20))
    planted = b"\n9 0 obj\n<< /Length 1 /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream endobj"
    data = pdf(Page().text(50, 100, "正文。")) + planted
    with pytest.raises(PolicyError, match="unpacks to more than a policy can hold"):
        read(data)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4 nothing here", pdf(Page().text(50, 100, "甲"))[:200]])
def test_a_damaged_pdf_is_one_clear_line(read: Read, data: bytes) -> None:
    with pytest.raises(PolicyError, match=r"policy is a (damaged PDF|PDF without pages)"):
        read(data)


def test_without_pdfplumber_the_message_says_what_to_install(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pdfplumber", None)
    with pytest.raises(PolicyError, match=r"takes pdfplumber to read; pip install 'auditor\[policy\]'"):
        read(pdf(Page().text(50, 100, "甲")))


def test_a_password_is_named(read: Read) -> None:
    data = pdf(Page().text(50, 100, "甲"))
    locked = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"11" * 32)
    with pytest.raises(PolicyError, match="policy is protected by a password"):
        read(data.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00><00>] /Encrypt " + locked))
