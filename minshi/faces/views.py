"""The elder-mode switch, the error pages and the page that shows every component."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from minshi.faces import elder, samples
from minshi.faces.last import last_page
from minshi.prefix import is_ours


# A token in this form would make every anonymous page unique and set a cookie on it. A forged request
# can only change the size of somebody's letters.
@csrf_exempt
@require_POST
def elder_mode(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    if not is_ours(back, request):
        back = reverse("home")
    response = HttpResponseRedirect(back)
    elder.remember(response, on=request.POST.get("elder") == "1")
    return response


CHUNK = 64 * 1024


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Without the request: its headers or cookies may be the very thing that was wrong.
    is_long = isinstance(exception, RequestDataTooBig)
    if is_long:  # to its end, or the browser is cut off while it sends, and shows nothing at all
        with suppress(OSError):
            while request.read(CHUNK):
                pass
    return HttpResponse(loader.render_to_string("400.html", {"is_long": is_long}), status=413 if is_long else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the reasons, whether they come from a refused action or from Django."""
    reasons = getattr(exception, "reasons", None) or [text for text in (str(exception),) if text]
    return render(request, "403.html", {"reasons": reasons}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return last_page(request, "500.html", 500, is_open=True)


def style_page(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    form = samples.SampleForm(request.POST or None, request.FILES or None)
    asked = request.method == "POST" or "errors" in request.GET
    if "errors" in request.GET:
        form = samples.SampleForm({"title": "", "phone": "123"})
        form.is_valid()
    context = {**samples.everything(), "form": form}
    return render(request, "components/all.html", context, status=422 if asked and form.errors else 200)
