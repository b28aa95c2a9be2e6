"""Workbooks: templates, uploads, what became of them."""

from django.urls import path

from lianxin.imports import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/<slug:key>/", views.import_sheet, name="import_sheet"),
    path("imports/<slug:key>/template.xlsx", views.import_template, name="import_template"),
    path("imports/<slug:key>/mistakes.xlsx", views.import_mistakes, name="import_mistakes"),
    path("imports/<slug:key>/publish/", views.import_publish, name="import_publish"),
    path("imports/<slug:key>/discard/", views.import_discard, name="import_discard"),
]
