"""Every address, room by room."""

from django.urls import URLPattern, URLResolver, include, path

from lianxin.accounts.gate import public
from lianxin.config import views
from lianxin.ui import views as ui

handler400 = "lianxin.config.failures.bad_request"
handler403 = "lianxin.config.failures.forbidden"
handler404 = "lianxin.config.failures.not_found"
handler500 = "lianxin.config.failures.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lianxin.home.urls")),
    path("", include("lianxin.reminders.urls")),
    path("health/", views.health, name="health"),
    path("language/", public("POST")(ui.choose_language), name="choose_language"),
    path("text-size/", public("POST")(ui.choose_text), name="choose_text"),
    path("", include("lianxin.demo.urls")),
    path("", include("lianxin.accounts.urls")),
    path("", include("lianxin.cases.urls")),
    path("", include("lianxin.liaison.urls")),
    path("", include("lianxin.gatherings.urls")),
    path("", include("lianxin.imports.urls")),
    path("", include("lianxin.schemes.urls")),
    path("", include("lianxin.organizations.privacy_urls")),
    path("", include("lianxin.organizations.urls")),
]
