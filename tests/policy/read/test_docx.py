"""Word documents read: styles, automatic numbers, merged cells, tracked changes; and files that are no Word document."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Mapping

import pytest

from auditor.errors import PolicyError
from auditor.policy.document import DocumentKind
from tests.forge.documents import cell, paragraph, run, table, word
from tests.policy.read.outlines import Read, grids, outline, texts


def test_headings_come_from_styles_and_numbers_from_the_numbering(read: Read) -> None:
    found = read(
        word(
            paragraph("示例应用隐私政策", style="1"),
            paragraph("一、收集\t3", style="toc"),
            paragraph("二、共享\t5", style="toc"),
            paragraph("收集", style="1", number=(1, 0)),
            paragraph("注册", style="2", number=(1, 1)),
            paragraph("我们收集手机号。"),
            paragraph("登录", style="mine", number=(1, 1)),
            paragraph("要点", number=(2, 0)),
            paragraph("共享", style="1", number=(1, 0)),
            paragraph("目的", style="2", number=(1, 1)),
        )
    )
    assert found.kind is DocumentKind.DOCX
    assert found.title == "示例应用隐私政策"
    assert outline(found) == [
        "1 # 示例应用隐私政策",
        "2 * 一、收集",
        "3 * 二、共享",
        "4 # 一、收集",
        "5 ## 1.1 注册",
        "6 我们收集手机号。",
        "7 ## 1.2 登录",
        "8 * 要点",
        "9 # 二、共享",
        "10 ## 2.1 目的",
    ]


def test_merged_cells_are_expanded(read: Read) -> None:
    found = read(
        word(
            table(
                [cell("SDK名称"), cell("用途"), cell("信息")],
                [cell("示例推送", merge="restart"), cell("推送"), cell("OAID\nIMEI")],
                [cell(merge="continue"), cell("统计与崩溃", span=2)],
                [cell(merge="continue"), cell("地图", merge="restart"), cell("位置")],
                [cell("示例支付"), cell(merge="continue"), cell("订单")],
            )
        )
    )
    (grid,) = grids(found)
    assert texts(grid) == [
        ["SDK名称", "用途", "信息"],
        ["示例推送", "推送", "OAID\nIMEI"],
        ["示例推送", "统计与崩溃", "统计与崩溃"],
        ["示例推送", "地图", "位置"],
        ["示例支付", "地图", "订单"],
    ]
    assert grid.rows[3][0].origin == (1, 0)


def test_deleted_and_hidden_text_is_gone_inserted_text_and_controls_are_there(read: Read) -> None:
    found = read(
        word(
            paragraph(
                inside=run("可见")
                + run("隐藏", "<w:vanish/>")
                + run("未隐藏", '<w:vanish w:val="0"/>')
                + f"<w:del><w:r><w:delText>删去</w:delText></w:r></w:del><w:ins>{run('新增')}</w:ins>"
            ),
            f"<w:sdt><w:sdtContent>{paragraph('控件内')}</w:sdtContent></w:sdt>",
            paragraph(inside=f"<w:r><w:pict><w:txbxContent>{paragraph('文本框')}</w:txbxContent></w:pict></w:r>"),
        )
    )
    assert outline(found) == ["1 可见未隐藏新增", "2 控件内", "3 文本框"]


def test_links_are_kept(read: Read) -> None:
    field = '<w:r><w:instrText> HYPERLINK "https://b.example/y" </w:instrText></w:r>'
    found = read(
        word(
            paragraph(inside=f'<w:hyperlink r:id="l1">{run("政策")}</w:hyperlink>'),
            paragraph(inside=field + run("说明")),
            links={"l1": "https://a.example/x"},
        )
    )
    assert found.links == (("政策", "https://a.example/x"), ("说明", "https://b.example/y"))


def test_a_box_around_text_is_no_grid_and_a_bold_line_a_heading(read: Read) -> None:
    bold = paragraph(inside=run("第三方SDK", "<w:b/>"))
    found = read(word(table([cell("提示文字")]), bold, paragraph(inside=run("甲", "<w:b/>") + run("乙"))))
    assert outline(found) == ["1 提示文字", "2 ###### 第三方SDK", "3 甲乙"]


def test_a_document_of_pictures_asks_for_ocr(read: Read) -> None:
    found = read(word(paragraph("")))
    assert [gap.reason.zh for gap in found.gaps] == ["文档中没有文字，可能全为图片；请提供文字版，或先做文字识别（OCR）"]


def test_entities_are_never_expanded(read: Read) -> None:
    bomb = '<!DOCTYPE w:document [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">' + "".join(
        f'<!ENTITY {this} "{("&" + before + ";") * 10}">' for before, this in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(PolicyError, match="is a damaged Word document"):
        read(word(paragraph("前"), "<w:p><w:r><w:t>&i;</w:t></w:r></w:p>", prolog=bomb + "]>"))
    outside = '<!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    found = read(word(paragraph("前"), "<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", paragraph("后"), prolog=outside))
    assert outline(found) == ["1 前", "2 后"]


def test_deeply_nested_tables_are_cut_and_say_so(read: Read) -> None:
    inner = paragraph("最深")
    for _ in range(12):
        inner = table([cell("甲"), cell(inside=inner)], [cell("乙"), cell("丙")])
    found = read(word(paragraph("首段"), inner))
    assert outline(found)[0] == "1 首段"
    assert "nested too deep" in found.gaps[0].reason.en


def archive(files: Mapping[str, bytes], flags: int = 0) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in files.items():
            written.writestr(name, data)
    made = bytearray(file.getvalue())
    if flags:
        made[made.index(b"PK\x01\x02") + 8] |= flags
    return bytes(made)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (archive({"AndroidManifest.xml": b""}), "policy is an app build, no policy document"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), "policy is an OpenDocument file or e-book"),
        (archive({"a.txt": b"x"}), "policy is an archive; unpack it first"),
        (archive({"[Content_Types].xml": b"spreadsheetml"}), "policy is an Office file, but no Word document"),
        (archive({"[Content_Types].xml": b"x"}, flags=1), "policy is protected by a password"),
        (archive({"[Content_Types].xml": b"wordprocessingml.document.main+xml"}), "policy is a damaged Word document"),
        (word(paragraph("甲"))[:-40], "policy is a damaged archive"),
        (word("<w:p>"), "policy is a damaged Word document"),
        (word(paragraph("甲"), extra={"word/media/a": bytes(65 << 20)}), "policy unpacks to more than a Word document can hold"),
    ],
)
def test_what_is_no_readable_word_document_is_one_clear_line(read: Read, data: bytes, says: str) -> None:
    with pytest.raises(PolicyError) as raised:
        read(data)
    assert str(raised.value).startswith(says)


def test_without_python_docx_the_message_says_what_to_install(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(PolicyError, match=r"takes python-docx to read; pip install 'auditor\[policy\]'"):
        read(word(paragraph("甲")))
