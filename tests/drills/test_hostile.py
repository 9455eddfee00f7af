"""Hostile files and texts sent to the real site, several at once: answered, nothing of them left, little memory.

What each field makes of each text is asked in tests/access/test_hostile.py; here all of them are sent to the process
that runs, and what it holds is measured while it works.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html import unescape
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import override_settings

from tests.access.addresses import Browser
from tests.access.staff_table import STEPS
from tests.access.test_hostile import ADDED, ROWS, of_adding, of_row, of_step
from tests.drills.processes import CSRF, environment, place_for_servers, platform
from tests.hostile import BROKEN_OUT, TOGETHER, File, Form, files, left_in, squeezed
from tests.world import World, browser_of, committed_world

pytestmark = pytest.mark.drill

BIG = bool(os.environ.get("MINSHI_DRILL"))
UPLOADS = 300 if BIG else 24
AT_ONCE = 6 if BIG else 3
MOST_MEGABYTES = 300
EDGE = "----------hostile"
WORDS = {"text", "title", "facts", "reason", "note", "where"}
"""Fields of free words, which may say anything."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    sessions = override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db")
    with sessions, committed_world(django_db_blocker, tmp_path_factory.mktemp("media")) as built:
        yield built


@pytest.fixture(scope="module")
def browsers(world: World) -> dict[str, Browser]:
    return {name: Browser(browser_of(world.people.get(name))) for name in ("anonymous", *world.people)}


@pytest.fixture(scope="module")
def forms(world: World, browsers: dict[str, Browser]) -> list[Form]:
    """All that the pages draw, each once: the same form stands on many pages."""
    found = [form for row in ROWS for form in of_row(row, world, browsers)]
    found += [form for label in ADDED for form in of_adding(label, browsers)]
    for label, steps in STEPS.items():
        for name, step in steps.items():
            if step.before is None:
                found += of_step(label, name, world, browsers)
    return list({(form.action, *form.fields): form for form in reversed(found)}.values())


def filled(form: Form) -> dict[str, Any]:
    """What is sent properly, with a photo as its bytes, asked for before several send at once."""
    body = {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in form.body().items()
    }
    return {name: value.read() if hasattr(value, "read") else value for name, value in body.items()}


# --- The site, from outside ------------------------------------------------------------------------


class Site:
    """The real process, asked by people with their own cookies."""

    def __init__(self, port: int, browsers: dict[str, Browser]) -> None:
        self.port, self.browsers = port, browsers

    def ask(self, who: str, path: str, body: bytes = b"") -> tuple[int, str]:
        """Status and page; status 0 where nobody answers."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        cookies = {**self.browsers[who].cookies, "csrftoken": CSRF}
        head = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body:
            head["Content-Type"] = f"multipart/form-data; boundary={EDGE}"
        try:
            link.request("POST" if body else "GET", quote(path, safe="/?&=%"), body or None, head)
            answer = link.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            link.close()


def multipart(body: dict[str, Any], sent: Iterable[tuple[str, File]] = ()) -> bytes:
    """As no browser would write it: a file is called what it is called."""
    parts = []
    for name, values in {"csrfmiddlewaretoken": CSRF, **body}.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, bytes):
                parts.append((f'name="{name}"; filename="photo.jpg"\r\nContent-Type: image/jpeg', value))
            else:
                parts.append((f'name="{name}"', str(value).encode()))
    parts += [
        (f'name="{name}"; filename="{file.name}"\r\nContent-Type: image/jpeg', file.content) for name, file in sent
    ]
    lines = [
        f"--{EDGE}\r\nContent-Disposition: form-data; ".encode() + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    ]
    return b"".join([*lines, f"--{EDGE}--\r\n".encode()])


class Memory:
    """What each process of the site held at most, in megabytes of its own share (PSS), looked at all the while.

    The program that opens a picture is bound by itself (minshi/faces/decoding.py) and no part of it.
    """

    def __init__(self, port: int) -> None:
        self.mark = f"127.0.0.1:{port}\0".encode()
        self.most: dict[int, float] = {}
        self.stopped = threading.Event()
        self.watch = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self.watch.start()
        return self

    def __exit__(self, *_any: object) -> None:
        self.stopped.set()
        self.watch.join()

    def _watch(self) -> None:
        while not self.stopped.wait(0.1):
            for process in Path("/proc").iterdir():
                with suppress(OSError, ValueError):
                    if process.name.isdigit() and self.mark in (process / "cmdline").read_bytes():
                        held = share_of(process)
                        self.most[int(process.name)] = max(held, self.most.get(int(process.name), 0))


def share_of(process: Path) -> float:
    lines = (process / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@pytest.fixture(scope="module")
def running(world: World, browsers: dict[str, Browser], forms: list[Form]) -> Iterator[tuple[Site, Memory, Path]]:
    with place_for_servers() as place, platform(place) as port, Memory(port) as memory:
        yield Site(port, browsers), memory, place


def in_turns(jobs: Iterator[tuple[Any, ...]], work: Any) -> list[str]:
    """Several at once, as a street sends them; what is wrong with the answers."""
    found: list[str] = []
    lock = threading.Lock()

    def run() -> None:
        while True:
            with lock:
                job = next(jobs, None)
            if job is None:
                return
            try:
                found.extend(f"{job[0]}: {why}" for why in work(*job))
            except Exception as error:
                found.append(f"{job[0]}: {error!r}")

    threads = [threading.Thread(target=run) for _each in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# --- Files -----------------------------------------------------------------------------------------


def uploads(forms: list[Form]) -> Iterator[tuple[Form, dict[str, Any], str, File]]:
    """Each field in turn with the next of the files: every field meets many, every file many fields."""
    fields = [(form, filled(form), each.name) for form in forms for each in form.files]
    assert len(fields) >= 10, "which fields take a file is read from the pages"
    turn = 0
    while True:
        for form, body, name in fields:
            yield form, body, name, files()[turn % len(files())]
            turn += 1
        turn += 1


@pytest.mark.drill(only=True)
def test_hostile_files_cost_a_sentence_and_leave_nothing(running: tuple[Site, Memory, Path], forms: list[Form]) -> None:
    site, memory, place = running
    statuses, number = Counter[int](), count(1)

    def send(form: Form, proper: dict[str, Any], name: str, file: File) -> Iterator[str]:
        typed = {each.name: str(proper.get(each.name) or "路") for each in form.typed}
        for name_of_words in WORDS & typed.keys():  # else it is the same form sent twice, and is done once
            typed[name_of_words] += f"，第{next(number)}件"
        anew = {"receipt": str(uuid4())} if "receipt" in proper else {}
        body = {key: value for key, value in {**proper, **typed, **anew}.items() if key != name}
        status, page = site.ask(form.who, form.action, multipart(body, [(name, file)]))
        statuses[status] += 1
        if status in (0, 500) or status > 500:
            yield f"{name} = {file.name!r}: answers {status}"
        if BROKEN_OUT.search(page):
            yield f"{name} = {file.name!r}: the page holds it as it is"
        if status in (301, 302) and not file.is_picture:
            yield f"{name} = {file.name!r}: taken, and is no picture"
        said = squeezed(unescape(page))
        lost = [key for key, text in typed.items() if squeezed(text) not in said]
        if status not in (301, 302) and lost:
            yield f"{name} = {file.name!r}: {status}, and what was typed is lost: {lost}"

    began = time.monotonic()
    found = in_turns(islice(uploads(forms), UPLOADS), send)
    seconds = time.monotonic() - began
    kept = [each for each in (place / "media").rglob("*") if each.is_file() and "unsent" not in each.parts]
    found += [f"{each.relative_to(place)}: {left}" for each in kept if (left := left_in(each.read_bytes()))]
    outside = [*place.rglob("*.php"), *place.rglob("pic*")]
    held = max(memory.most.values())
    fields = sum(len(form.files) for form in forms)
    said = f"{UPLOADS} files to {fields} fields in {seconds:.0f} s: {dict(statuses)}"
    print(f"{said}, {len(kept)} kept; the site held {held:.0f} MB")
    assert not found and not outside, "\n".join([*found, *map(str, outside)])
    assert kept and held < MOST_MEGABYTES


# --- Texts -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not BIG, reason="a minute; tests/access/test_hostile.py asks each form by itself")
def test_hostile_texts_to_every_form(running: tuple[Site, Memory, Path], forms: list[Form]) -> None:
    site, memory, _place = running
    texts = [TOGETHER, "长" * 200_000, "\x00", "=1+1" * 2000]
    wanted = [(form, filled(form)) for form in forms if form.typed]

    def send(form: Form, proper: dict[str, Any], text: str) -> Iterator[str]:
        body = {**proper, **{each.name: text for each in form.typed}}
        status, page = site.ask(form.who, form.action, multipart(body))
        if status == 0 or status >= 500:
            yield f"{text[:20]!r}: answers {status}"
        if BROKEN_OUT.search(page):
            yield f"{text[:20]!r}: the page holds it as it is"

    def look(form: Form, _proper: dict[str, Any]) -> Iterator[str]:
        status, page = site.ask(form.who, form.page)
        if status >= 500 or BROKEN_OUT.search(page):
            yield f"afterwards {form.page} answers {status}, or holds it as it is"

    found = []
    for text in texts:
        found += in_turns(((*each, text) for each in wanted), send)
        print(f"{len(wanted)} forms with {text[:20]!r}: {max(memory.most.values()):.0f} MB")
    found += in_turns(iter(wanted), look)
    held = max(memory.most.values())
    print(f"{len(texts) * len(wanted)} forms with hostile text; the site held {held:.0f} MB")
    assert not found, "\n".join(found)
    assert held < MOST_MEGABYTES


# --- It has teeth ----------------------------------------------------------------------------------


def test_what_a_plain_copy_leaves_in_a_picture_is_noticed() -> None:
    sent = {file.name: file.content for file in files() if file.is_picture}
    for name in ("gps.jpg", "comment.jpg", "xmp.jpg", "archive.jpg"):
        assert left_in(sent[name]), name


def test_a_process_that_holds_too_much_is_noticed() -> None:
    program = "import time; held = bytearray(b'x') * (320 << 20); print(1, flush=True); time.sleep(60)"
    mark = "127.0.0.1:1"
    with subprocess.Popen(
        [sys.executable, "-c", program, mark, ""], stdout=subprocess.PIPE, env=environment()
    ) as child:
        with Memory(1) as memory:
            assert child.stdout and child.stdout.readline()
            time.sleep(1)
        child.kill()
    assert memory.most[child.pid] > MOST_MEGABYTES
