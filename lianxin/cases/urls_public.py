"""Pages of residents: /report/, /receipt/…; and the sheet of a village's code."""

from django.urls import path

from lianxin.cases import public_views as views

urlpatterns = [
    path("report/", views.report, name="report"),
    path("report/similar/", views.similar, name="similar"),
    path("receipt/", views.receipt, name="receipt"),
    path("receipt/story/", views.story, name="story"),
    path("receipt/close/", views.close, name="close_receipt"),
    path("receipt/<str:act>/", views.act, name="receipt_act"),
    path("places/<str:code>/code/", views.village_code, name="village_code"),
]
