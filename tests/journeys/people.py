"""People at their phones and desks: each in a browser of their own, signed in the way they sign in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from django.db import models
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from minshi.accounts.models import User
from minshi.notifications.models import Outbox
from minshi.notifications.sealing import unseal
from minshi.signin import second_factor

PASSWORD = "changchang-de-mima"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1280, "height": 900}


def a_photo() -> dict[str, Any]:
    """A small picture as a phone would send it."""
    out = BytesIO()
    Image.new("RGB", (320, 240), (120, 160, 140)).save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def settle(page: Page) -> None:
    """What was pressed has been sent and its answer is there: a form first looks whether there is a network."""
    expect(page.locator("form[data-trying], form[data-sent]")).to_have_count(0, timeout=30_000)
    page.wait_for_load_state()


def last_code() -> str:
    """The six digits of the newest text message."""
    newest = Outbox.objects.filter(message=None).order_by("-id").first()
    assert newest
    found = re.search(r"\d{6}", unseal(newest.sealed))
    assert found
    return found[0]


class Human:
    """One person with one browser. ``page`` is what they look at."""

    def __init__(self, browser: Browser, site: str, user: User, size: Mapping[str, int]) -> None:
        self.user = user
        context = browser.new_context(viewport=dict(size), locale="zh-CN")  # type: ignore[arg-type]
        context.add_cookies([{"name": "elder", "value": "0", "url": site}])
        self.page: Page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.site = site

    # --- getting somewhere -----------------------------------------------------------------------

    def go(self, path: str) -> None:
        """Open a page; whoever is asked for a fresh code gives it and lands where they wanted."""
        answer = self.page.goto(self.site + path)
        assert answer and answer.status < 500, f"{path}: {answer and answer.status}"
        if "/signin/fresh/" in self.page.url:
            self.press("获取验证码", "发验证码", "取验证码", "获取短信验证码")
            self.page.get_by_label(re.compile("验证码")).first.fill(last_code())
            self.press("确认", "继续", "下一步")

    def press(self, *labels: str) -> None:
        """The first of these buttons or links that is there."""
        for label in labels:
            for role in ("button", "link"):
                found = self.page.get_by_role(role, name=label).first  # type: ignore[arg-type]
                if found.count() and found.is_visible():
                    found.click()
                    settle(self.page)
                    return
        raise AssertionError(f"none of {labels} on {self.page.url}: {self.page.inner_text('main')[:400]}")

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    # --- filling in ------------------------------------------------------------------------------

    def fill(self, **values: Any) -> None:
        """By field name: text, a choice's value, a tick, a photo, or several choices."""
        folded = self.page.locator("main form details:not([open]) > summary")
        while folded.count():  # one that is open now is none of them any more
            folded.first.click()
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}'], #content [name='{name}']")
            assert field.count(), f"no {name} on {self.page.url}: {self.page.inner_text('body')[:600]}"
            kind = field.first.get_attribute("type") or field.first.evaluate("node => node.tagName").lower()
            if kind == "radio":
                self.page.locator(f"[name='{name}'][value='{value}']").check(force=True)
            elif kind == "checkbox" and isinstance(value, bool):
                field.first.set_checked(value, force=True)
            elif kind == "checkbox":
                for each in value:
                    self.page.locator(f"[name='{name}'][value='{each}']").check(force=True)
            elif kind == "file":
                field.first.set_input_files(value)
            elif kind == "select":
                chosen = value if isinstance(value, list) else [value]
                field.first.select_option([str(each) for each in chosen])
            else:
                field.first.fill(str(value))


class Resident(Human):
    """Signs in with a phone and the code from the text message."""

    def __init__(self, browser: Browser, site: str, user: User) -> None:
        super().__init__(browser, site, user, PHONE)
        self.go("/signin/")
        self.fill(phone=user.phone)
        self.press("获取验证码")
        self.fill(code=last_code())
        self.press("登录")
        self.page.wait_for_url(re.compile("/mine/"))


class Staff(Human):
    """Signs in with a password and the code of the second factor; works in the admin."""

    def __init__(self, browser: Browser, site: str, user: User) -> None:
        super().__init__(browser, site, user, DESK)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        second_factor.enrol(user, "JBSWY3DPEHPK3PXP" + "A" * 16)
        self.go("/staff/signin/")
        self.fill(login=user.username, password=PASSWORD)
        self.press("下一步")
        self.fill(code=second_factor.present_code(user))
        self.press("确认", "登录", "下一步")
        self.go("/admin/")

    def go(self, path: str) -> None:
        """As before; the second factor is asked for again when the last proof is old."""
        super().go(path)
        for _attempt in range(3):
            if "/staff/factor/confirm/" not in self.page.url:
                break
            self.fill(code=second_factor.present_code(self.user))
            self.page.locator("main form:has([name='code']) button[type='submit']").click()
            settle(self.page)
            if "/staff/factor/confirm/" in self.page.url:  # a code is taken once: wait for the next
                self.page.wait_for_timeout(31_000)

    def step(self, subject: models.Model, label: str, **values: Any) -> None:
        """Open the thing at the desk, press what may be done, fill it in, do it."""
        self.go(f"/admin/{subject._meta.app_label}/{subject._meta.model_name}/{subject.pk}/change/")
        offered = self.page.locator(".desk-steps a").all_inner_texts()
        assert label in offered, f"{self.page.url} offers {offered}"
        self.page.locator(".desk-steps").get_by_role("link", name=label, exact=True).click()
        settle(self.page)
        self.fill(**values)
        self.page.locator(".desk-actions button").click()
        settle(self.page)
        errors = self.page.locator(".desk-errors")
        assert not errors.count(), f"{label}: {errors.inner_text()}"


Maker = Callable[[User], Any]
