"""What no form means to be given; pages must show it as text or refuse it beside the field."""

from __future__ import annotations

SCRIPT = "<script>alert(1)</script>"
TURNED = "路灯\u202e灯路\u200b"
NUL = "路\x00灯"
NOT_AMOUNTS = ("1e3", "NaN", "Infinity", "１００", "٣", "1_000", "-5", "1,000", "0x10", "9" * 30, "1.005")
NOT_COUNTS = ("1e3", "１２", "٣", "1_0", "-1", "1.0", "9" * 30)

WORDS = {
    "title": "院里装一盏路灯",
    "need": "晚上看不清路，老人容易摔跤",
    "plan": "在院门口装一盏太阳能路灯",
    "spot": "院门口",
    "kind": "works",
    "category": "safety",
    "cost": "20000",
    "subsidy": "12000",
    "keeper": "院落自管小组",
    "liable": "no",
    "private": "no",
}
