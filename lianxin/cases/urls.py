"""Residents' problems: every address of the room. Each part keeps its own in a file beside this one."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lianxin.cases.urls_public")),
    path("", include("lianxin.cases.urls_words")),
    path("cases/", include("lianxin.cases.urls_lists")),
    path("cases/", include("lianxin.cases.urls_staff")),
    path("", include("lianxin.cases.urls_guard")),
    path("", include("lianxin.cases.urls_catalogue")),
    path("open311/", include("lianxin.cases.open311.urls")),
    path("", include("lianxin.cases.urls_office")),
]
