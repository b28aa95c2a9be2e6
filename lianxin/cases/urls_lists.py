"""Beside the list of cases: taking it out, and the choices somebody keeps: /cases/…"""

from django.urls import path

from lianxin.cases import list_views

urlpatterns = [
    path("export/", list_views.export_cases, name="export_cases"),
    path("filters/", list_views.keep_filter, name="keep_filter"),
    path("filters/<int:pk>/", list_views.drop_filter, name="drop_filter"),
]
