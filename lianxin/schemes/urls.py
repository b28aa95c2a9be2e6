"""Addresses of the schemes."""

from django.urls import path

from lianxin.schemes import views

urlpatterns = [
    path("units/<str:code>/standings/<slug:key>/", views.standing, name="standing"),
    path("units/<str:code>/standings/<slug:key>/waive/", views.waive, name="waive"),
    path("units/<str:code>/standings/<slug:key>/waivers/end/", views.end_waiver, name="end_waiver"),
    path("units/<str:code>/standings/<slug:key>/doubt/", views.doubt, name="doubt"),
    path("units/<str:code>/standings/<slug:key>/doubts/answer/", views.answer_doubt, name="answer_doubt"),
    path("schemes/", views.scheme_list, name="schemes"),
    path("schemes/new/", views.new_scheme, name="new_scheme"),
    path("schemes/doubts/", views.doubts, name="doubts"),
    path("schemes/<slug:key>/<str:version>/", views.scheme_version, name="scheme_version"),
    path("schemes/<slug:key>/<str:version>/end/", views.end_trial, name="end_trial"),
    path("schemes/<slug:key>/", views.scheme, name="scheme"),
]
