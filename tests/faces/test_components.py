"""Each component from its tag, with what it must say and what it must escape."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template

CHINA = ZoneInfo("Asia/Shanghai")
HOSTILE = "<script>alert(1)</script>\"'"


def draw(source: str, **context: object) -> str:
    return Template("{% load faces %}" + source).render(Context(context))


@time_machine.travel(dt.datetime(2026, 11, 20, 12, tzinfo=CHINA))
def test_what_is_now_says_until_when_and_offers_one_button() -> None:
    end = dt.datetime(2026, 11, 27, tzinfo=CHINA)
    html = draw("{% now_card '现在：居民表决中' until=end days_left=3 url='/vote/' button='代表我家投票' %}", end=end)
    assert "3 个工作日" in html
    assert "11月26日 24:00 截止" in html
    assert html.count('href="/vote/"') == 1


def test_the_last_day_is_not_said_to_have_no_days() -> None:
    page = draw("{% now_card 'x' days_left=days %}", days=0)
    assert "快到期了" in page and "0 个工作日" not in page


def test_who_may_not_act_reads_why_and_gets_no_button() -> None:
    html = draw("{% now_card '现在' url='/vote/' button='投票' reasons=why %}", why=["户代表是李*新。"])
    assert "户代表是李*新。" in html
    assert "/vote/" not in html


def test_a_button_that_changes_something_is_a_form_with_a_token() -> None:
    html = draw("{% now_card '现在' url='/x/' button='办' method='post' %}", csrf_token="token-1")
    assert '<form method="post" action="/x/">' in html
    assert 'value="token-1"' in html


def test_the_way_says_its_states_in_words_too() -> None:
    entries = [
        {"label": "提议", "state": "done", "date": dt.date(2020, 11, 3), "who": "李*新"},
        {"label": "表决", "state": "now"},
        {"label": "商议"},
        {"label": "不予受理", "state": "stopped", "note": "物业的责任"},
    ]
    html = draw("{% way entries %}", entries=entries)
    for words in ("已完成", "正在进行", "还没到", "到此为止", "2020年11月3日 · 李*新", "物业的责任"):
        assert words in html
    assert html.count('aria-current="step"') == 1


def test_money_is_drawn_to_scale_and_written_in_full() -> None:
    sources = [("街道补助", 1_200_000), ("居民自筹", 1_045_000), ("没有的", 0)]
    html = draw("{% money_bar sources gap=1435000 %}", sources=sources)
    assert "36,800.00" in html
    assert "已落实 22,450.00 元" in html
    assert "14,350.00" in html
    assert 'x="0.00%" width="32.61%"' in html
    assert 'x="32.61%" width="28.40%"' in html
    assert "没有的" not in html
    assert "style=" not in html


def test_money_of_nothing_is_drawn_without_dividing_by_it() -> None:
    assert "0.00" in draw("{% money_bar sources %}", sources=[])


def test_a_count_names_its_denominator_and_its_mark() -> None:
    html = draw("{% count_bar 121 193 label='已投票' need=129 %}")
    assert "已投票" in html
    assert "/ 193 户" in html
    assert "要达到 129 户" in html
    assert 'width="62.69%"' in html


@pytest.mark.parametrize(("done", "total"), [(0, 0), (5, 3)])
def test_odd_counts_do_not_break_the_bar(done: int, total: int) -> None:
    assert "<svg" in draw("{% count_bar done total %}", done=done, total=total)


def test_long_work_asks_again_only_until_it_is_done() -> None:
    assert 'hx-get="/how-far/"' in draw("{% steps_progress 40 120 label='正在导入' poll='/how-far/' %}")
    finished = draw("{% steps_progress 120 120 label='正在导入' poll='/how-far/' %}")
    assert "hx-get" not in finished
    assert "已完成" in finished


def test_a_receipt_has_number_time_and_a_way_to_check() -> None:
    html = draw(
        "{% receipt 'K7Q2' at=at lines=lines check_url='/check/' until=until %}",
        at=dt.datetime(2020, 11, 20, 9, 30, tzinfo=CHINA),
        until=dt.datetime(2020, 11, 27, tzinfo=CHINA),
        lines=[("您家的意见", "同意")],
    )
    for words in ("K7Q2", "2020年11月20日 09:30", "您家的意见", "/check/", "2020年11月26日 24:00 前可以改"):
        assert words in html


def test_a_pager_links_only_where_there_is_more() -> None:
    assert draw("{% pager %}").strip() == ""
    html = draw("{% pager older='?before=3' %}")
    assert "下一页" in html
    assert "上一页" not in html


@pytest.mark.parametrize(
    "source",
    [
        "{% now_card bad text=bad note=bad url=bad button=bad %}",
        "{% now_card bad reasons=many %}",
        "{% way entries %}",
        "{% money_bar sources url=bad caption=bad %}",
        "{% count_bar 1 2 label=bad unit=bad note=bad need=1 %}",
        "{% totals totals %}",
        "{% badge bad bad %}{% mark bad %}",
        "{% project_card bad bad place=bad stage=bad line=bad waits=bad photo=bad %}",
        "{% notice_card bad bad kind=bad place=bad number=bad note=bad %}",
        "{% empty_state bad bad url=bad button=bad %}",
        "{% pager newer=bad older=bad %}",
        "{% steps_progress 1 2 label=bad unit=bad poll=bad %}",
        "{% receipt bad at=at title=bad lines=pairs check_url=bad %}",
    ],
)
def test_nothing_typed_by_people_becomes_markup(source: str) -> None:
    entry = {"label": HOSTILE, "date": HOSTILE, "who": HOSTILE, "note": HOSTILE, "url": HOSTILE}
    html = draw(
        source,
        bad=HOSTILE,
        many=[HOSTILE],
        entries=[entry],
        sources=[(HOSTILE, 5)],
        totals=[{"value": HOSTILE, "label": HOSTILE, "note": HOSTILE, "url": HOSTILE}],
        pairs=[(HOSTILE, HOSTILE)],
        at=dt.datetime(2020, 1, 1, tzinfo=CHINA),
    )
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "\"'" not in html
