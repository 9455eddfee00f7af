"""What people read passes through translation: no Chinese words outside gettext, in sources and in templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType

CHINESE = re.compile("[\u4e00-\u9fff]")
PASSED_ON = re.compile(r"""(?:^translate |_\()(?:"[^"]*"|'[^']*')""")
APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")

EXEMPT = {
    # (file, or file:function, class or constant): why its Chinese is no word of the interface
    "*/migrations/*": "done once: what they wrote stays as it was written",
    "*/management/commands/*": "said to the operator at the console",
    "minshi/servers/*": "said at the console, before Django is there",
    "minshi/settings.py": "read before a language is known",
    "evaluation/replay/*": "the demo's people and what they wrote",
    "minshi/faces/samples.py": "sample data of the page of components",
    "templates/components/all.html": "sample data of the page of components",
    "templates/500.html": "drawn when anything may have failed, translation too",
    "templates/503.html": "drawn where the database does not answer, with nothing that would ask it",
    "templates/audit/keep_roots.txt": "a program that is run beside the site, where no language is known",
    "minshi/masking.py": "surnames and addresses, and what stands for a number in somebody's own text",
    "minshi/residents/naming.py:ADDRESSED": "what follows a name in somebody's own text",
    "minshi/residents/doors.py:_*": "how doors are numbered",
    "minshi/territory/reading.py:_*": "how doors are numbered",
    "minshi/residents/forms.py:BirthMonthField": "how a month is typed",
    "minshi/mydata/actions.py:GONE": "stands in the register in place of a name",
    "minshi/faces/templatetags/faces.py:words_in": "the range of Chinese letters",
    "minshi/residents/rules.py:title_in": "how the names of places end",
    "minshi/territory/divisions.py": "levels and names of the official register",
    "minshi/policy/defaults.py:Arrangement": "kept in the calendar beside the official names of its days",
    "minshi/notifications/actions.py:SIGNATURE": "registered with the carriers as it stands",
    "minshi/intake/columns.py": "how offices write the heads, floors and units of their registers",
    "minshi/intake/plan.py:_*": "how buildings and groups are named",
    "minshi/intake/opening.py:text": "what a cell that says yes or no is read as",
    "minshi/intake/books.py:EXAMPLES": "what stands in the rows of a template to be overwritten",
    "proposals/selectors.py:WISHING": "words in which residents wish, left out where wishes are compared",
    "proposals/showing.py:WISHED": "how a wish is asked for by its number",
    "deliberation/selectors.py:HEADER": "in a file whose digest is published",
    "minshi/faces/words.py:NUMERALS": "digits",
    "deliberation/models/decisions.py:STOOD_IN": "how a record begins that was written so",
}


def unmarked(code: str) -> Iterator[tuple[int, str]]:
    """Line of each Chinese string that no gettext was given, and what it stands in at the top of the file."""
    tree = ast.parse(code)
    words = names_of_gettext(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    passed = {argument for call in calls if call.func.id in words for argument in call.args}
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for statement in tree.body:
        for node in ast.walk(statement):
            if is_chinese(node) and node not in passed | docstrings:
                yield node.lineno, name_of(statement)


def names_of_gettext(tree: ast.Module) -> set[str]:
    """As what this file imports gettext and its kin. Under other names than _ and their own they mark nothing:
    makemessages would not collect the words."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    ours = (node for node in imports if node.module == "django.utils.translation")
    kin = [alias for node in ours for alias in node.names if "gettext" in alias.name]
    return {alias.asname or alias.name for alias in kin if alias.asname in (None, "_")}


def is_chinese(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CHINESE.search(node.value))


def name_of(statement: ast.stmt) -> str:
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", statement)]
    return getattr(targets[0], "name", "") or getattr(targets[0], "id", "")


def unmarked_in_template(template: str) -> Iterator[int]:
    """Line of all Chinese that is neither in a tag that translates nor in a comment."""
    within = ""
    for token in Lexer(template).tokenize():
        tag = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if within:
            within = "" if tag == f"end{within}" else within
        elif token.token_type != TokenType.COMMENT:
            within = tag if tag in ("blocktranslate", "comment") else ""
            words = token.contents if token.token_type == TokenType.TEXT else PASSED_ON.sub("", token.contents)
            lines = enumerate(words.split("\n"), start=token.lineno)
            yield from (number for number, line in lines if CHINESE.search(line))


def everything_unmarked() -> Iterator[tuple[str, int, str]]:
    """(file, line, what it stands in) without regard to exemptions."""
    root = Path(settings.BASE_DIR)
    for path in sorted(path for app in APPS for path in (root / app).rglob("*.py")):
        for line, name in unmarked(path.read_text()):
            yield str(path.relative_to(root)), line, name
    for path in sorted(path for path in (root / "templates").rglob("*") if path.is_file()):
        for line in unmarked_in_template(path.read_text()):
            yield str(path.relative_to(root)), line, ""


def is_exempt(file: str, name: str, pattern: str) -> bool:
    return fnmatch(file, pattern) or fnmatch(f"{file}:{name}", pattern)


@pytest.fixture(scope="module")
def found() -> list[tuple[str, int, str]]:
    return list(everything_unmarked())


def test_all_that_people_read_is_marked_for_translation(found: list[tuple[str, int, str]]) -> None:
    forgotten = [
        f"{file}:{line}" for file, line, name in found if not any(is_exempt(file, name, pattern) for pattern in EXEMPT)
    ]
    assert forgotten == []


@pytest.mark.parametrize("pattern", EXEMPT)
def test_an_exemption_is_there_for_something(pattern: str, found: list[tuple[str, int, str]]) -> None:
    assert any(is_exempt(file, name, pattern) for file, _line, name in found)


SOURCE = '''"""说明不翻译。"""
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MARKED = _("记得翻译"
           "的标题")
FORGOTTEN = "忘了翻译"


class Label:
    text = {"kind": ("忘了", _("没有忘"))}


def title(name: str, count: int) -> str:
    """说明不翻译。"""
    said = gettext("标题：%(name)s") % {"name": name}
    said += gettext(f"{count} 户")
    return said + f"，{name}的"
'''


def test_strings_outside_gettext_are_found_in_a_source() -> None:
    assert sorted(unmarked(SOURCE)) == [(7, "FORGOTTEN"), (11, "Label"), (17, "title"), (18, "title")]


@pytest.mark.parametrize(
    "source",
    [
        '_ = str\nLABEL = _("标题")\n',
        'from django.utils.translation import gettext as _now\nLABEL = _now("标题")\n',
    ],
)
def test_a_name_that_is_not_collected_marks_nothing(source: str) -> None:
    assert list(unmarked(source)) == [(2, "LABEL")]


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        ('{% translate "标题" %}', []),
        ('{% badge _("标题") "done" %}{{ day|date:_("n月j日") }}', []),
        ("{% blocktranslate with n=count %}{{ n }} 户{% endblocktranslate %}", []),
        ("{# 说明 #}{% comment %}说明{% endcomment %}", []),
        ("<p>\n标题</p>", [2]),
        ('{% badge "标题" "done" %}', [1]),
        ('{% badge _("标题") "完" %}', [1]),
        ('{{ day|date:"n月j日" }}', [1]),
        ('\n{% blocktranslate with n=day|date:"n月" %}{{ n }} 起{% endblocktranslate %}止', [2, 2]),
        ('<p>_("标题")</p>', [1]),
    ],
)
def test_words_outside_the_tags_that_translate_are_found_in_a_template(template: str, lines: list[int]) -> None:
    assert list(unmarked_in_template(template)) == lines
