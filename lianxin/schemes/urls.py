"""Addresses of the schemes."""

from django.urls import path

from lianxin.schemes import views

urlpatterns = [
    path("units/<str:code>/standings/<slug:key>/", views.standing, name="standing"),
    path("schemes/", views.scheme_list, name="schemes"),
    path("schemes/new/", views.new_scheme, name="new_scheme"),
    path("schemes/<slug:key>/", views.scheme, name="scheme"),
]
