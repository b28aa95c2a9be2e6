"""Every address, room by room."""

from django.urls import URLPattern, URLResolver, path

from lianxin.config import views

handler400 = "lianxin.config.failures.bad_request"
handler500 = "lianxin.config.failures.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", views.health, name="health"),
]
