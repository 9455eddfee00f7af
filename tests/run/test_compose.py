"""What production is started with, read as the file it is: no engine here runs it."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import yaml
from django.conf import settings

from minshi.servers import ground

COMPOSE: dict[str, Any] = yaml.safe_load((ground.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
CADDY = (ground.ROOT / "Caddyfile").read_text()


def test_each_container_that_stays_says_how_it_is_and_begins_again() -> None:
    for name, service in SERVICES.items():
        if name != "migrate":  # ends by itself
            assert "test" in service["healthcheck"] and service["restart"] == "unless-stopped", name


def test_each_command_of_ours_is_minded_by_a_first_process_that_ends_it_when_silent() -> None:
    for name in ("web", "worker", "beat", "sweeper"):
        assert SERVICES[name]["command"][:4] == ["python", "-m", "minshi.servers.keep", name]
        assert SERVICES[name]["init"] is True


def test_every_name_it_gives_is_one_that_the_site_reads() -> None:
    source = "".join(path.read_text() for path in (ground.ROOT / "minshi").rglob("*.py"))
    example = (ground.ROOT / ".env.example").read_text()
    for name in SERVICES["web"]["environment"]:
        assert name in source, name
    asked = set(re.findall(r"\$\{([A-Z_]+):\?\}", (ground.ROOT / "docker-compose.yml").read_text()))
    assert all(f"{name}=" in example for name in asked)


def test_only_the_proxy_is_reached_from_outside_and_only_its_word_counts() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    address = SERVICES["proxy"]["networks"]["default"]["ipv4_address"]
    assert SERVICES["web"]["environment"]["MINSHI_TRUSTED_PROXIES"] == f"${{MINSHI_TRUSTED_PROXIES:-{address}}}"
    assert "reverse_proxy web:8000" in CADDY and "X-Forwarded" not in re.sub(r"(?m)^#.*$", "", CADDY)
    assert not re.search(r"(?m)^\s*trusted_proxies", CADDY), "a client's own X-Forwarded-For would be believed"
    assert SERVICES["proxy"]["volumes"][0] == "./Caddyfile:/etc/caddy/Caddyfile:ro"


def test_the_proxy_bounds_bodies_as_the_site_does_and_waits_for_the_slow() -> None:
    [most] = re.findall(r"max_size (\d+)MiB", CADDY)
    assert int(most) * 1024 * 1024 == settings.BODY_BYTES
    [buffered] = re.findall(r"request_buffers (\d+)MiB", CADDY)
    assert int(buffered) * 1024 * 1024 >= settings.BODY_BYTES_OF_WORDS
    assert all(word in CADDY for word in ("read_header ", "read_body ", "idle "))
    assert CADDY.count("{") == CADDY.count("}")


def test_the_proxy_is_told_the_host_alone_where_the_site_stands_under_a_path() -> None:
    shell, flag, command = SERVICES["proxy"]["command"]
    said = command.replace("$$", "$").replace("exec caddy run", 'echo "$MINSHI_ORIGIN"; exit #')
    for site in ("https://host.example.cn/minshi/", "https://host.example.cn"):
        told = subprocess.run([shell, flag, said], env={"MINSHI_SITE_URL": site}, capture_output=True, text=True)
        assert told.stdout == "https://host.example.cn\n", told.stderr
    assert "{$MINSHI_ORIGIN} {" in CADDY
