"""The Python environment, the browser and the fonts."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from minshi.servers import ground
from minshi.servers.progress import Step, Trouble, reason, say, step

VENV = ground.ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ground.ROOT / "requirements"
PIP = (str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
UV_OF_PIP = {
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", ""),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
"""What uv calls a setting of pip, and what stands between several; nothing where it knows one alone."""
LOOKS_EVERY = 0.25  # seconds between two looks at how far a program is
ROOM = 1_500_000_000  # bytes: what the packages and a first database take
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
PACKAGES = ("chromium", "fonts-noto-cjk", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


def prepare(lock: str = "run") -> None:
    """Make the environment from the packages of a ``lock`` (run, test), unless it was made from these already."""
    wanted = LOCKS / f"{lock}.txt"
    mark = VENV / f"{lock}.sha256"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if PYTHON.exists() and mark.exists() and mark.read_text() == digest:
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble("这个 Python 没有 venv 模块：请先安装（Debian、Ubuntu：sudo apt install python3-venv）")
    if shutil.disk_usage(ground.ROOT).free < ROOM:
        raise Trouble(f"磁盘空间不足：{ground.ROOT} 至少要有 {ROOM / 1e9:.1f} GB 空闲")
    if not PYTHON.exists():
        with step("建立 Python 环境"):
            run("Python 环境建不起来", sys.executable, "-m", "venv", "--clear", str(VENV))
    with step("安装依赖") as this:
        if not install_fast(wanted, this):
            argv = [*PIP, "--require-hashes", "-r", str(wanted)]
            run("依赖安装失败", *argv, how_far=partial(_fetched, wanted), step=this)
    mark.write_text(digest)


def install_fast(wanted: Path, step: Step) -> bool:
    """By uv, which takes 2 s of processor for what pip takes 35; False where it cannot be had or does not manage.

    It is told the registries that pip was told, and reads no settings of its own.
    """
    steps = (
        [*PIP, "--require-hashes", "-r", str(LOCKS / "installer.txt")],
        [str(PYTHON), "-m", "uv", "pip", "install", "--no-config", "--quiet", "--python", str(PYTHON),
         "--require-hashes", "-r", str(wanted)],
    )  # fmt: skip
    env = {**os.environ, **registries()}
    try:
        for argv in steps:
            run("", *argv, env=env, how_far=partial(_unpacked, wanted), step=step)
    except Trouble:
        return False
    return True


def _unpacked(wanted: Path, _said: str) -> float:
    """By the packages that lie in the environment; uv and pip both come to that last."""
    return len(list(ground.site_packages().glob("*.dist-info"))) / _packages_of(wanted)


def _fetched(wanted: Path, said: str) -> float:
    """pip names each package as it fetches it, and unpacks all at the end."""
    fetched = len(re.findall("^Collecting ", said, re.MULTILINE)) / _packages_of(wanted)
    return (fetched + _unpacked(wanted, said)) / 2


def _packages_of(wanted: Path) -> int:
    return max(1, len(re.findall("^[A-Za-z0-9].*==", wanted.read_text(), re.MULTILINE)))


def registries() -> dict[str, str]:
    """pip's settings, from wherever it reads them, as uv's environment."""
    asked = [str(PYTHON), "-m", "pip", "config", "list", "--disable-pip-version-check"]
    told = subprocess.run(asked, capture_output=True, text=True).stdout
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^\S+?\.([a-z-]+)=(.*)$", told, re.MULTILINE):
        found.setdefault(key, []).extend(str(ast.literal_eval(value)).split())
    words = {}
    for key, (name, comma) in UV_OF_PIP.items():
        values = [value for value in dict.fromkeys(found.get(key, [])) if _is_there(value)]
        words[name] = comma.join(values) if comma else next(iter(values), "")
    # As pip chooses: among all registries. What comes is checked by its hash.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **{name: value for name, value in words.items() if value}}


def _is_there(address: str) -> bool:
    """A registry may be a directory that is not there: pip goes on with the others, uv would end."""
    return not address.startswith(("file:", "/")) or Path(unquote(urlsplit(address).path)).exists()


def run(
    trouble: str,
    *argv: str,
    env: dict[str, str] | None = None,
    how_far: Callable[[str], float | None] = lambda said: None,
    step: Step | None = None,
) -> str:
    """Run to the end and return what it printed; a failure becomes ``trouble`` and its reason, one line.

    Meanwhile ``step`` says what ``how_far`` makes of what was printed until now.
    """
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        with subprocess.Popen(argv, stdout=out, stderr=err, env=env, cwd=ground.ROOT) as process:
            try:
                while not _has_ended(process):
                    if step:
                        step.reach(how_far(_said(out)))
            except BaseException:
                process.kill()
                raise
        said, complained = _said(out), _said(err)
    if process.returncode:
        log = ground.var() / "log" / "failure.log"
        log.write_text(f"{' '.join(argv)}\n{said}\n{complained}")
        raise Trouble(f"{trouble}：{reason(complained or said)}（详见 {log}）")
    return said


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(LOOKS_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


def _said(file: IO[bytes]) -> str:
    """All of it, without moving where the program that writes stands."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")


# --- Browser, PDF, fonts ----------------------------------------------------------------------


def browser() -> str | None:
    """A Chromium that starts: on the path, or the one playwright keeps."""
    return next((found for found in _browsers() if found and _starts(found)), None)


def _browsers() -> Iterator[str | None]:
    yield os.environ.get("MINSHI_CHROMIUM")
    yield from map(shutil.which, BROWSERS)
    yield _of_playwright()  # the last to be asked: the answer takes a second


def _of_playwright() -> str | None:
    done = subprocess.run([PYTHON, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True)
    return done.stdout.strip() or None


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def prints() -> bool:
    """Whether WeasyPrint finds pango."""
    return subprocess.run([PYTHON, "-c", "import weasyprint"], capture_output=True).returncode == 0


def fetch_browser() -> None:
    """Get what browser and print tests need: from the distribution as root, else playwright's own build."""
    apt = shutil.which("apt-get")
    if os.geteuid() == 0 and apt:
        with step(f"安装 {'、'.join(PACKAGES)}"):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run([apt, "update", "-qq"], capture_output=True, env=quiet)
            subprocess.run(
                [apt, "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
                capture_output=True,
                env=quiet,
            )
    if browser() is None:
        with step("下载 playwright 的浏览器"):
            subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], capture_output=True)


def for_tests() -> tuple[dict[str, str], list[str]]:
    """Environment of the browser and print tests, and what has to be skipped. With CI=true nothing may be."""
    found, can_print = browser(), prints()
    if found is None or not can_print:
        fetch_browser()
        found, can_print = browser(), prints()
    missing = []
    if found is None:
        missing.append(
            "浏览器测试（没有 Chromium：sudo apt install chromium，或 .venv/bin/playwright install chromium）"
        )
    if not can_print:
        missing.append("PDF 测试（没有 pango：sudo apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0）")
    if missing and os.environ.get("CI") == "true":
        raise Trouble("CI 里不能跳过：" + "；".join(missing))
    for line in missing:
        say(f"  将跳过：{line}")
    return {"MINSHI_CHROMIUM": found} if found else {}, missing


def fonts(place: Path) -> dict[str, str]:
    """Where the machine has no Chinese font, point fontconfig at the one among the packages."""
    if shutil.which("fc-list") and subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout.strip():
        return {}
    font = ground.site_packages() / "noto_cjk_sans_otc"
    if not font.exists():
        return {}
    settings = place / "fonts.conf"
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{font}</dir><cachedir>{place / 'fontcache'}</cachedir></fontconfig>\n"
    )
    return {"FONTCONFIG_FILE": str(settings)}
