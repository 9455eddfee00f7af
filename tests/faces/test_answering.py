"""How a page answers an action that refuses: one way for all of them."""

from __future__ import annotations

import pytest
from django import forms

from minshi.refusals import NotAllowed, Refused, answering


class DoorForm(forms.Form):
    photos = forms.CharField(required=False)


def a_form() -> DoorForm:
    form = DoorForm({})
    assert form.is_valid()
    return form


def test_each_reason_stands_beside_its_field_or_above_the_form() -> None:
    form = a_form()
    with answering(form, photo="photos"):
        raise Refused("已经截止", photo="照片太大", door="没有这一户")
    assert form.errors == {"photos": ["照片太大"], "__all__": ["没有这一户", "已经截止"]}


def test_what_comes_after_the_refusal_in_the_block_is_not_done() -> None:
    done, told = [], []
    with answering(told.append):
        done.append("first")
        if done:
            raise Refused("不行")
        done.append("second")
    assert (done, [str(refusal) for refusal in told]) == (["first"], ["不行"])


@pytest.mark.parametrize("error", [NotAllowed("没有权限"), KeyError("bug")])
def test_who_may_not_do_it_and_what_is_no_refusal_go_on_their_way(error: Exception) -> None:
    form = a_form()
    with pytest.raises(type(error)), answering(form):
        raise error
    assert not form.errors
