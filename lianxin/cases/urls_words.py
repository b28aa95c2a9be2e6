"""What is made of residents' words: /cases/suggest/."""

from django.urls import path

from lianxin.cases import suggest_views as views

urlpatterns = [
    path("cases/suggest/", views.suggested, name="suggest_items"),
]
