"""Obviously made-up data for the page that shows every component (development and demo only)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone

from minshi.faces.photos import PhotosField


class SampleForm(forms.Form):
    title = forms.CharField(label="一句话说是什么事", help_text="比如：院门口装一盏灯", max_length=40)
    phone = forms.RegexField(
        label="手机号",
        regex=r"^1\d{10}$",
        error_messages={"invalid": "手机号是 11 位数字，请再看一遍。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "tel"}),
    )
    category = forms.ChoiceField(label="哪一类", choices=[("1", "方便交通出行"), ("2", "保障公共安全")])
    text = forms.CharField(label="多说几句", required=False, widget=forms.Textarea)
    choice = forms.ChoiceField(
        label="院里装样例灯，您家同意吗？",
        widget=forms.RadioSelect,
        choices=[("agree", "同意"), ("against", "不同意"), ("abstain", "弃权")],
    )
    helpers = forms.MultipleChoiceField(
        label="您家愿意帮什么",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("hands", "出力"), ("tools", "借工具")],
    )
    day = forms.DateField(label="哪天方便", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    photos = PhotosField(label="照片", required=False)
    agreed = forms.BooleanField(
        label="我看过告知书，同意按它使用我的资料",
        help_text="不同意也可以到社区当面办",
    )


def everything() -> dict[str, Any]:
    midnight = dt.datetime(2031, 11, 27, tzinfo=timezone.get_default_timezone())
    return {
        "until": midnight,
        "at": dt.datetime(2031, 11, 20, 9, 30, tzinfo=timezone.get_default_timezone()),
        "entries": [
            {"label": "提议", "state": "done", "date": dt.date(2031, 11, 3), "who": "样*人"},
            {
                "label": "楼栋长初审：通过",
                "state": "done",
                "date": dt.date(2031, 11, 4),
                "who": "楼栋长",
                "note": "“样例院里晚上看不见路”",
            },
            {
                "label": "居民表决",
                "state": "now",
                "date": "11月19日—26日",
                "note": "每户一票，三分之二参加，其中三分之二同意",
            },
            {"label": "民主商议", "note": "定方案、定预算、定谁来管"},
            {"label": "筹钱 · 实施 · 验收"},
        ],
        "stopped": [
            {"label": "提议", "state": "done", "date": dt.date(2031, 11, 3)},
            {
                "label": "初审：不予受理",
                "state": "stopped",
                "date": dt.date(2031, 11, 5),
                "note": "样例：这是物业的责任，已转物业",
            },
        ],
        "sources": [
            ("街道补助", 1_200_000),
            ("居民自筹（86 户）", 1_045_000),
            ("样例公司赞助", 300_000),
            ("区级财政", 250_000),
            ("投工投劳折价", 150_000),
        ],
        "numbers": [
            {"value": "123", "label": "个项目申报", "note": "45 个在储备库", "url": reverse_lazy("projects")},
            {"value": "1,234", "label": "户次受益", "note": "12 个街道"},
            {"value": "57.05 万", "label": "居民自筹", "note": "补助 500 万"},
            {"value": "92%", "label": "满意", "note": "收回 3,104 份"},
        ],
        "lines": [("哪件事", "样例灯"), ("代表哪一户", "样例院2栋"), ("您家的意见", "同意")],
        "reasons": ["您家的票由户代表来投，户代表是样*人。", "想换户代表，请到社区登记。"],
    }
