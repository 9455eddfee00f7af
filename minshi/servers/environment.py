"""The Python environment, the browser and the fonts."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from minshi.servers import ground
from minshi.servers.progress import Trouble, reason, say, step

VENV = ground.ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ground.ROOT / "requirements.txt"
ROOM = 1_500_000_000  # bytes: what the packages and a first database take
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
PACKAGES = ("chromium", "fonts-noto-cjk", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


def prepare() -> None:
    """Make the environment from the locked packages, unless it was made from these already."""
    mark = VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if PYTHON.exists() and mark.exists() and mark.read_text() == wanted:
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble("这个 Python 没有 venv 模块：请先安装（Debian、Ubuntu：sudo apt install python3-venv）")
    if shutil.disk_usage(ground.ROOT).free < ROOM:
        raise Trouble(f"磁盘空间不足：{ground.ROOT} 至少要有 {ROOM / 1e9:.1f} GB 空闲")
    if not PYTHON.exists():
        with step("建立 Python 环境"):
            run("Python 环境建不起来", sys.executable, "-m", "venv", "--clear", str(VENV))
    with step("安装依赖（第一次约一分钟）"):
        run(
            "依赖安装失败", str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
            "--require-hashes", "-r", str(REQUIREMENTS),
        )  # fmt: skip
    mark.write_text(wanted)


def run(trouble: str, *argv: str, env: dict[str, str] | None = None) -> str:
    """Run to the end and return what it printed; a failure becomes ``trouble`` and its reason, one line."""
    done = subprocess.run(argv, capture_output=True, text=True, env=env, cwd=ground.ROOT, errors="replace")
    if done.returncode:
        log = ground.var() / "log" / "failure.log"
        log.write_text(f"{' '.join(argv)}\n{done.stdout}\n{done.stderr}")
        raise Trouble(f"{trouble}：{reason(done.stderr or done.stdout)}（详见 {log}）")
    return done.stdout


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
