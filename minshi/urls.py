"""Every address of the site; each app names its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("proposals.urls")),
    path("", include("deliberation.urls")),
    path("", include("funding.urls")),
    path("", include("evaluation.urls")),
    path("", include("minshi.audit.urls")),
    path("", include("minshi.bylaws.urls")),
    path("", include("minshi.disclosure.urls")),
    path("", include("minshi.residents.urls")),
    path("", include("minshi.faces.urls")),
    path("", include("minshi.health.urls")),
    path("", include("minshi.mydata.urls")),
    path("", include("minshi.notifications.urls")),
    path("", include("minshi.signin.urls")),
    path("", include("minshi.unsent.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "minshi.faces.views.bad_request"
handler403 = "minshi.faces.views.permission_denied"
handler404 = "minshi.faces.views.page_not_found"
handler500 = "minshi.faces.views.server_error"
