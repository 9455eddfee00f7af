"""What somebody sent before they were asked who they are: kept in the session until they send it again.

Nothing is ever sent by itself: after the way in there is the form, filled, and one button. What a view declares
sensitive (Django's ``sensitive_post_parameters``: a ballot's choice, a rating) is not kept. Files are kept elsewhere
(``minshi.unsent``), where the browser is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.crypto import constant_time_compare, salted_hmac

from minshi.accounts.models import User
from minshi.clock import now
from minshi.prefix import bare

KEY = "sent_before_signing_in"
HINT = "unsent"
"""A cookie that says there is a draft, so that no page asks the session in vain."""
AUTHOR = "author"
"""A cookie that says, unreadably, who last saw a page of their own in this browser: drafts are shown to nobody else."""
AUTHOR_KEPT = timedelta(days=7)
KEPT = timedelta(days=1)
MOST_CHARACTERS = 40_000
FORM_KEY = "form_key"
OF_THE_PAGE = ("csrfmiddlewaretoken", FORM_KEY)
"""What a form carries that nobody typed; drawn again it has its own."""

WHO_ARE_YOU = (
    "account_request_login_code",
    "account_login",
    "fresh_code",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "account_reauthenticate",
    "admin_login",
)
"""Pages that ask who somebody is, on the way to another."""


def asks_who(path: str) -> bool:
    try:
        return resolve(bare(path)).view_name in WHO_ARE_YOU
    except Resolver404:
        return False


def was_turned_back(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a form was sent and the answer is to say first who one is."""
    if request.method != "POST" or response.status_code != 302 or asks_who(request.path):
        return False
    return asks_who(urlsplit(response["Location"]).path)


def keep(request: HttpRequest) -> bool:
    """Keep the text of what was sent; False where there is nothing to keep, or too much."""
    sensitive = getattr(request, "sensitive_post_parameters", ())
    if sensitive == "__ALL__":
        return False
    names = [name for name in request.POST if name not in sensitive and name not in OF_THE_PAGE]
    sent = {name: request.POST.getlist(name) for name in names}
    if sum(len(text) for texts in sent.values() for text in texts) > MOST_CHARACTERS:
        return False
    request.session[KEY] = {
        "path": request.path_info,
        "sent": sent,
        "files": bool(request.FILES) and not getattr(request, "files_kept", False),
        "kept": getattr(request, "kept_tokens", []),
        "at": now().isoformat(),
        "author": author_of(request) if author_of(request) or AUTHOR not in request.COOKIES else FORGED,
    }
    return True


FORGED = "-"
"""In place of a mark that is not ours: no account has it, so nobody is shown what was typed there."""


def author_of(request: HttpRequest) -> str:
    """The mark of whoever was last signed in in this browser, as we signed it; empty for none, old or another's."""
    return str(request.get_signed_cookie(AUTHOR, "", salt=AUTHOR, max_age=AUTHOR_KEPT))


def files_of(request: HttpRequest) -> list[str]:
    """Tokens of the files that were kept with the draft of this address."""
    return list(request.session.get(KEY, {}).get("kept", [])) if is_of(request) else []


def author_mark(user: User) -> str:
    return salted_hmac("minshi.signin.drafts", str(user.pk)).hexdigest()[:32]


def draft_of(request: HttpRequest, user: User) -> QueryDict | None:
    """What this person sent to this address before; nobody sees what another wrote in the same browser."""
    if not is_of(request):
        return None
    kept = request.session[KEY]
    is_theirs = not kept["author"] or constant_time_compare(kept["author"], author_mark(user))
    if not is_theirs or now() - datetime.fromisoformat(kept["at"]) > KEPT:
        forget(request)
        return None
    sent = QueryDict(mutable=True)
    for name, texts in kept["sent"].items():
        sent.setlist(name, texts)
    return sent


def is_kept_for(request: HttpRequest, address: str) -> bool:
    """Whether something was sent to this address and waits for its author to sign in."""
    return HINT in request.COOKIES and bool(request.session.get(KEY, {}).get("path") == bare(urlsplit(address).path))


def is_of(request: HttpRequest) -> bool:
    """Whether what is kept was sent to this address."""
    return bool(request.session.get(KEY, {}).get("path") == request.path_info)


def had_files(request: HttpRequest) -> bool:
    return bool(request.session.get(KEY, {}).get("files"))


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
