"""How often codes are sent, counted in PostgreSQL on the platform's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.refusals import Refused
from minshi.signin import actions
from minshi.signin.addresses import address_of
from minshi.signin.limits import exceeds, forget_tallies, forgive
from minshi.signin.models import Code, Tally, keyed
from tests.signin.conftest import last_code

MINUTE = timedelta(minutes=1)


def ask(phone: str, session_key: str = "browser", address: str = "203.0.113.7") -> str:
    """Empty when a code was sent, else why not."""
    try:
        actions.ask(phone, Code.Purpose.SIGN_IN, session_key=session_key, address=address)
    except Refused as refusal:
        return str(refusal)
    return ""


def test_one_in_sixty_seconds(db: None, clock: Any) -> None:
    assert ask("13700000001") == ""
    assert "60 秒" in ask("13700000001", session_key="another browser", address="198.51.100.1")
    assert ask("13700000002") == ""
    clock.move(seconds=61)
    assert ask("13700000001") == ""


def test_ten_a_day_in_any_twenty_four_hours(db: None, clock: Any) -> None:
    for _ in range(10):
        assert ask("13700000001") == ""
        clock.move(minutes=10)
    assert "明天再试" in ask("13700000001")
    clock.move(hours=22, minutes=21)
    assert ask("13700000001") == "", "the first of the ten is a day old now"
    assert "60 秒" in ask("13700000001")
    clock.move(seconds=61)
    assert "明天再试" in ask("13700000001")


def test_what_was_refused_is_not_counted(db: None, clock: Any) -> None:
    for _ in range(20):
        ask("13700000001")
    assert Code.objects.count() == 1
    clock.move(seconds=61)
    assert ask("13700000001") == ""


def test_an_address_is_capped_gently(db: None, settings: Any, clock: Any) -> None:
    settings.SIGNIN_CODES_PER_ADDRESS_AN_HOUR = 30
    answers = [ask(f"137000001{number:02}") for number in range(32)]
    assert answers[:30] == [""] * 30
    assert "网络" in answers[30]
    assert ask("13700000999", address="198.51.100.1") == ""
    clock.move(hours=1, seconds=1)
    assert ask("13700000998") == ""


def test_the_days_spending_is_capped(db: None, settings: Any, clock: Any, caplog: Any) -> None:
    settings.SIGNIN_CODES_A_DAY = 5
    answers = [ask(f"137000001{number:02}", address=f"203.0.113.{number}") for number in range(6)]
    assert answers[:5] == [""] * 5
    assert "已经发完" in answers[5]
    assert "daily cap" in caplog.text
    clock.move(days=1, seconds=1)
    assert ask("13700000001") == ""


def test_a_second_tap_leads_on_to_the_code_already_sent(client: Client, db: None) -> None:
    first, second = (client.post("/signin/", {"phone": "13700000001"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/signin/code/"
    assert Code.objects.count() == 1


def test_another_browser_hears_to_wait_and_keeps_what_was_typed(client: Client, db: None) -> None:
    client.post("/signin/", {"phone": "13700000001"})
    response = Client().post("/signin/", {"phone": "137 0000 0001"})
    assert response.status_code == 422
    assert "137 0000 0001" in response.content.decode()


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
    ],
)
def test_a_forwarded_address_is_believed_from_the_proxy_alone(
    rf: Any, settings: Any, peer: str, forwarded: str, believed: str
) -> None:
    settings.TRUSTED_PROXIES = {"10.0.0.2", "10.0.0.3"}
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == believed


# --- Many at once -----------------------------------------------------------------------------


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    start = Barrier(number)
    answers: list[Any] = [None] * number

    def run(index: int) -> None:
        start.wait()
        try:
            answers[index] = work(index)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_code_for_many_taps_at_the_same_moment(transactional_db: None) -> None:
    answers = at_once(10, lambda index: ask("13700000001", session_key=str(index)))
    assert answers.count("") == 1
    assert Code.objects.count() == 1


def asked(phone: str) -> str:
    actions.ask(phone, Code.Purpose.SIGN_IN, session_key="browser", address="")
    code = Code.objects.get()
    return next(
        f"{digits:06}"
        for digits in range(10**6)
        if keyed("code", phone, Code.Purpose.SIGN_IN, "browser", f"{digits:06}") != code.digest
    )


def test_forty_parallel_guesses_are_counted_as_five(transactional_db: None) -> None:
    not_it = asked("13700000001")
    at_once(10, lambda _: [actions.prove(not_it, Code.Purpose.SIGN_IN, session_key="browser") for _ in range(4)])
    assert Code.objects.get().guesses == 5


def test_the_right_guess_wins_once_among_many(transactional_db: None, texts: Any) -> None:
    actions.ask("13700000001", Code.Purpose.SIGN_IN, session_key="browser", address="")
    code = last_code("13700000001")
    answers = at_once(10, lambda _: actions.prove(code, Code.Purpose.SIGN_IN, session_key="browser"))
    assert answers.count("13700000001") == 1


def test_reading_the_counter_before_writing_it_lets_more_through(transactional_db: None) -> None:
    """The naive twin, whose misses are what the counting statement is for."""
    asked("13700000001")

    def naive(_: int) -> int:
        looked_at = 0
        for _guess in range(4):
            code = Code.objects.get()
            if code.guesses < 5:
                looked_at += 1
                code.guesses += 1
                code.save(update_fields=["guesses"])
        return looked_at

    assert sum(at_once(10, naive)) > 5


def test_a_tally_counts_each_of_many_at_once(transactional_db: None) -> None:
    answers = at_once(10, lambda _: [exceeds(15, MINUTE, "something") for _ in range(4)])
    assert sum(answer.count(False) for answer in answers) == 15
    assert Tally.objects.get().count == 40


def test_a_tally_begins_anew_after_its_window(db: None, clock: Any) -> None:
    assert [exceeds(1, MINUTE, "x"), exceeds(1, MINUTE, "x")] == [False, True]
    clock.move(seconds=61)
    assert not exceeds(1, MINUTE, "x")
    forgive("x")
    assert not exceeds(1, MINUTE, "x")


def test_a_tally_names_nobody(db: None) -> None:
    exceeds(1, MINUTE, "codes of an address", "203.0.113.7")
    assert "203.0.113.7" not in str(list(Tally.objects.values()))


def test_what_no_limit_counts_any_more_is_forgotten(db: None, clock: Any) -> None:
    ask("13700000001")
    assert actions.forget() == 0
    clock.move(hours=26)
    actions.forget()
    assert not Code.objects.exists()
    assert not Tally.objects.exists()
    assert forget_tallies() == 0


def test_the_database_itself_refuses_a_sixth_guess(resident: User) -> None:
    ask(str(resident.phone))
    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.update(guesses=6)
