"""Golden cases and properties of the masked forms; domain.md section 7 gives the first three."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshi.masking import (
    COMPOUND_SURNAMES,
    mask_address,
    mask_door,
    mask_name,
    mask_names,
    mask_phone,
    mask_text,
    one_line,
)

HAN = st.text(st.sampled_from("李王张欧阳诸葛司马迎新娜𠮷𡋾红"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("李迎新", "李*新"),
        ("李新", "李*"),
        ("李", "*"),
        ("", "*"),
        ("   ", "*"),
        ("欧阳娜娜", "欧阳*娜"),
        ("欧阳娜", "欧阳*"),
        ("欧阳", "欧*"),
        ("诸葛亮", "诸葛*"),
        ("司马相如", "司马*如"),
        ("爱新觉罗·溥仪", "爱***·**"),
        ("李王小明", "李**明"),
        ("阿依古丽·买买提", "阿***·***"),
        ("阿依古丽•买买提", "阿***·***"),
        ("阿依古丽.买买提", "阿***·***"),
        ("阿依古丽・买买提･吐尔逊", "阿***·***·***"),
        ("阿·买", "*·*"),
        ("·", "*"),
        ("李 新", "李*"),
        ("李　迎　新", "李*新"),
        (" 李迎新 ", "李*新"),
        ("李迎新（2栋301）", "李*新"),
        ("李迎新(组长)", "李*新"),
        ("𠮷田", "𠮷*"),
        ("𠮷", "*"),
        ("李𠮷𡋾", "李*𡋾"),
        ("葛\U000e0100明", "葛*"),  # a variation selector is no letter of the name
        ("李\u200b新", "李*"),
        ("\u202e新迎李", "新*李"),
        ("John Smith", "J*** S****"),
        ("john", "j***"),
        ("J", "*"),
        ("J S", "* *"),
        ("Ｊｏｈｎ", "J***"),
        ("13812345678", "***********"),
        ("李*新", "李*新"),
        ("<script>", "*"),
    ],
)
def test_a_name_is_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(HAN)
def test_a_given_name_never_shows_whole(name: str) -> None:
    masked = mask_name(name)
    assert "*" in masked
    assert len(masked) == len(name)
    shown = [character for character in masked if character != "*"]
    assert len(shown) <= 3
    surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    assert masked[surname:] != name[surname:] or len(name) == 1
    assert masked[1:] != name[1:] or len(name) == 1


@given(
    HAN | st.from_regex(r"[A-Z][a-z]{0,5}( [A-Z][a-z]{0,5}){0,2}", fullmatch=True) | st.tuples(HAN, HAN).map("·".join)
)
def test_masking_a_name_twice_changes_nothing(name: str) -> None:
    assert mask_name(mask_name(name)) == mask_name(name)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("008613812345678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("138****5678", "138****5678"),
        ("0871-63112345", "0871-******45"),
        ("087163112345", "0871-******45"),
        ("010-6311234", "010-*****34"),
        ("63112345", "******45"),
        ("12345", "****"),
        ("12", "****"),
        ("", ""),
        ("没有", ""),
    ],
)
def test_a_phone_is_masked(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_middle_of_a_mobile_number_never_shows(phone: str) -> None:
    assert mask_phone(phone) == f"{phone[:3]}****{phone[7:]}"
    assert mask_phone(mask_phone(phone)) == mask_phone(phone)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("2栋301", "2栋"),
        ("2栋1单元301室", "2栋"),
        ("东风巷14号院2栋1单元301", "东风巷14号院2栋"),
        ("东风巷14号院3-2-501", "东风巷14号院"),
        ("东风巷14号院501号", "东风巷14号院"),
        ("东风巷14号", "东风巷14号"),
        ("东风巷14号301", "东风巷14号"),
        ("明通巷47号院", "明通巷47号院"),
        ("9号楼2单元", "9号楼"),
        ("9号楼", "9号楼"),
        ("3#301", "3#"),
        ("3＃楼301", "3#楼"),
        ("A座1203", "A座"),
        ("甲幢四零二", "甲幢"),
        ("三栋二单元", "三栋"),
        ("３栋２０１", "3栋"),
        ("老干楼301", "老干楼"),
        ("3单元5号", ""),
        ("3楼301", ""),
        ("301室", ""),
        ("301", ""),
        ("三零一室", ""),
        ("2-1-301", ""),
        ("青年路100号2楼", "青年路100号"),
        ("翠湖公寓A301", "翠湖公寓"),
        ("银座商城3层12号", "银座商城"),
        ("朵木得村3组", "朵木得村3组"),
        ("2 栋 3 0 1", "2栋"),
        ("2\u200b栋301", "2栋"),
        ("", ""),
    ],
)
def test_an_address_is_masked_to_the_building(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@given(
    st.sampled_from(["", "东风巷14号院", "明通巷47号", "翠湖公寓"]),
    st.sampled_from(["", "2栋", "9号楼", "A座", "三幢"]),
    st.sampled_from(["", "1单元", "二单元", "3层"]),
    st.integers(101, 9999),
    st.sampled_from(["", "室", "房", "户"]),
)
def test_a_room_never_shows(yard: str, building: str, unit: str, room: int, word: str) -> None:
    masked = mask_address(f"{yard}{building}{unit}{room}{word}")
    assert str(room) not in masked
    assert (yard + building).startswith(masked)
    assert mask_address(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请打13812345678找我", "请打138****5678找我"),
        ("请打138 1234 5678。", "请打138****5678。"),
        ("电话：１３８－１２３４－５６７８", "电话：138****5678"),
        ("+8613812345678", "138****5678"),
        ("13812345678，13987654321", "138****5678，139****4321"),
        ("身份证530102199001011234", "身份证（号码已隐去）"),
        ("53010219900101123X没带", "（号码已隐去）没带"),
        ("老证530102900101123", "老证（号码已隐去）"),
        ("卡号 6222 0212 3456 7890 123", "卡号 （号码已隐去）"),
        ("写信 li.yx@example.com 给我", "写信 （邮箱已隐去） 给我"),
        ("座机0871-63112345", "座机0871-******45"),
        ("1\u200b3812345678", "138****5678"),
        ("一共 36,800.00 元，2026-11-21", "一共 36,800.00 元，2026-11-21"),
        ("编号 686175779-202212-404131", "编号 686175779-202212-404131"),
        ("投资 1234567890 元", "投资 1234567890 元"),
        ("两行\n文字", "两行\n文字"),
        ("", ""),
    ],
)
def test_numbers_in_free_text_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


SPELLINGS = [
    "138-001-38000",
    "138/0013/8000",
    "138.0013.8000",
    "138 0013 8000",
    "138_0013_8000",
    "138，0013，8000",
    "138、0013、8000",
    "138*0013*8000",
    "138 - 0013 - 8000",
    "138(0013)8000",
    "【138】0013【8000】",
    "138～0013～8000",
    "138\n0013\n8000",
    "1380 013 8000",
    "138 00 13 80 00",
    "1 3 8 0 0 1 3 8 0 0 0",
    "1-3-8-0-0-1-3-8-0-0-0",
    "1、3、8、0、0、1、3、8、0、0、0",
    "１３８００１３８０００",
    "１３８－００１３－８０００",
    "一三八零零一三八零零零",
    "一三八〇〇一三八〇〇〇",
    "幺三八零零幺三八零零零",
    "壹叁捌零零壹叁捌零零零",
    "一三八 0013 8000",
    "一三八、零零一三、八零零零",
    "138OO138OOO",
    "l38OOl38OOO",
    "①③⑧⓪⓪①③⑧⓪⓪⓪",
    "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣",
    "+86 138-001-38000",
    "0086-138/0013/8000",
    "86 13800138000",
    "١٣٨٠٠١٣٨٠٠٠",
]


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("around", ["请打{}找我", "{}", "电话：{}。", "2栋301，{}"])
def test_a_mobile_number_is_masked_however_it_is_spelled(spelled: str, around: str) -> None:
    masked = mask_text(around.format(spelled))
    assert "138****8000" in masked
    assert mask_text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "13、14、15、16、17、18号楼",
        "13、14、15、16、17、8号楼",
        "1501、1502、303三户",
        "131、132、133、134户",
        "值班的日子是 15 16 17 18 19 2 号",
        "2026-11-26 14:30到15:30，共13人",
        "1380 元，0013 号，8000 份",
        "第一、三、八条，零零散散一共三十八处",
        "1380013800元",
        "138001380001",
        "编号 138-0013",
        "一共 138,001.38 元，结余 000 元",
        "IIIIIIIIIII、ooooooooooo、lllllllllll",
        "一三五七九上午，二四六八下午",
        "面积 135.5 平方米，1380 元一平方米",
    ],
)
def test_what_rings_nobody_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text


def test_an_office_may_print_its_own_landline() -> None:
    assert mask_text("拨打0871-63112345或13812345678", landlines=False) == "拨打0871-63112345或138****5678"


@given(
    st.text(max_size=20),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "，", "\n", "号"]),
)
def test_a_mobile_number_never_survives_in_text(before: str, phone: str, after: str) -> None:
    text = f"{before.rstrip('0123456789')}电话{phone}{after}"
    assert phone not in mask_text(text)
    assert mask_text(mask_text(text)) == mask_text(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  关于“样板巷１４号院”：\n睦邻驿站（一期）  ", "关于“样板巷14号院”： 睦邻驿站（一期）"),
        ("睦\u200b邻\u202e驿站", "睦邻驿站"),
        ("ＡＢ　座", "AB 座"),
        ("", ""),
    ],
)
def test_a_title_is_one_plain_line(text: str, line: str) -> None:
    assert one_line(text) == line


# --- Whose name, whose door --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我是李迎新，灯不亮", "我是李*新，灯不亮"),
        ("李 迎 新说的", "李*新说的"),
        ("李·迎·新", "李*新"),
        ("李*新说的", "李*新说的"),
        ("迎新晚会", "迎新晚会"),
        ("王小二和李迎新", "王小二和李*新"),
    ],
)
def test_a_name_is_masked_in_free_text(text: str, shown: str) -> None:
    assert mask_names(text, ["李迎新", "", "李"]) == shown
    assert mask_names(shown, ["李迎新"]) == shown


def test_a_latin_name_is_no_part_of_a_word() -> None:
    assert mask_names("Ann lives in Annapolis", ["Ann"]) == "A** lives in Annapolis"


def test_what_stands_for_a_name_may_be_said() -> None:
    assert mask_names("李迎新，李迎新", ["李迎新"], by="某人") == "某人，某人"


@pytest.mark.parametrize(
    "written",
    [
        "2单元301",
        "2单元301室",
        "我住301",
        "301室",
        "３０１室",
        "三〇一室",
        "2-301",
        "3栋2单元 301",
        "301 号",
        "二单元301户",
    ],
)
def test_ones_own_door_is_taken_out_of_free_text(written: str) -> None:
    found = mask_door(f"漏水的是{written}，请看", "2单元301", by="…")
    assert "…" in found and "301" not in found and "三〇一" not in found and "３０１" not in found


@pytest.mark.parametrize("door", ["301", "2单元301"])
@pytest.mark.parametrize("text", ["要价301元", "1301室", "3012室", "2栋门口", "2026-301号文件里第3011条", "12单元3010"])
def test_another_number_is_no_door(text: str, door: str) -> None:
    assert mask_door(text, door, by="…") == text


def test_a_short_door_is_no_day() -> None:
    assert mask_door("11-12 前修好 12号楼", "12", by="…") == "11-12 前修好 12号楼"
