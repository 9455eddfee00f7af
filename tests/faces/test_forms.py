"""Fields with what they ask, how they help and what was wrong beside them."""

import re

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.utils.datastructures import MultiValueDict

from minshi.faces.photos import PhotosField


class WishForm(forms.Form):
    title = forms.CharField(label="是什么事", help_text="一句话", max_length=5)
    choice = forms.ChoiceField(
        label="同意吗", choices=[("agree", "同意"), ("against", "不同意")], widget=forms.RadioSelect
    )
    kind = forms.CharField(widget=forms.HiddenInput)
    agreed = forms.BooleanField(label="我看过告知书")
    photos = PhotosField(label="照片", required=False, most=2, most_megabytes=1)


def draw(source: str, form: forms.Form, **context: object) -> str:
    return Template("{% load faces %}" + source).render(Context({"form": form, **context}))


def test_a_whole_form_carries_token_fields_and_encoding() -> None:
    html = draw("{% form form submit='交票' cancel='/' %}", WishForm(), csrf_token="token-1")
    assert 'value="token-1"' in html
    assert 'enctype="multipart/form-data"' in html
    assert "交票" in html
    assert "errors" not in html
    for name in WishForm.base_fields:
        assert f'name="{name}"' in html


def test_a_correction_is_said_on_top_and_beside_the_field_and_nothing_typed_is_lost() -> None:
    html = draw("{% form form %}", WishForm({"title": "超过五个字的题目", "choice": "against", "kind": "x"}))
    assert 'role="alert"' in html
    assert '<a href="#id_title">是什么事</a>' in html
    assert 'id="id_title_error"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert "超过五个字的题目" in html
    assert re.search(r'<input[^>]*value="against"[^>]*checked', html)


def test_errors_of_hidden_fields_and_of_the_whole_form_are_not_swallowed() -> None:
    form = WishForm({"title": "灯", "choice": "agree", "agreed": "on"})
    form.add_error(None, "投票已经截止。")
    html = draw("{% form_errors form %}", form)
    assert "投票已经截止。" in html
    assert "还有 2 处" in html


def test_an_answer_can_carry_a_hint() -> None:
    html = draw(
        "{% choice_rows form.choice legend='您家同意吗？' hints=hints %}",
        WishForm(),
        hints={"agree": "出不出钱另外问"},
    )
    assert "您家同意吗？" in html
    assert "出不出钱另外问" in html
    assert 'id="id_choice"' in html


def test_what_was_typed_is_escaped_everywhere() -> None:
    html = draw("{% form form %}", WishForm({"title": "<script>", "choice": "<script>"}))
    assert "<script" not in html


def photo(name: str = "a.jpg", size: int = 10) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"x" * size, content_type="image/jpeg")


def posted(*photos: SimpleUploadedFile) -> WishForm:
    data = {"title": "灯", "choice": "agree", "kind": "x", "agreed": "on"}
    return WishForm(data, MultiValueDict({"photos": list(photos)}))


def test_camera_and_album_arrive_as_one_list() -> None:
    form = posted(photo("camera.jpg"), photo("album.jpg"))
    assert form.is_valid()
    assert [one.name for one in form.cleaned_data["photos"]] == ["camera.jpg", "album.jpg"]


def test_no_photo_is_an_empty_list() -> None:
    form = posted()
    assert form.is_valid()
    assert form.cleaned_data["photos"] == []


def test_too_many_or_too_large_photos_are_refused_with_the_limit() -> None:
    many = posted(photo(), photo(), photo())
    assert not many.is_valid()
    assert "最多 2 张" in str(many.errors["photos"])
    large = posted(photo("big.jpg", 1024 * 1024 + 1))
    assert not large.is_valid()
    assert "不超过 1 MB" in str(large.errors["photos"])
