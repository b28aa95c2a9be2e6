"""The front door, the desk, the board, the brief."""

from django.urls import path

from lianxin.home import views

urlpatterns = [
    path("", views.front_door, name="front_door"),
    path("desk/", views.desk, name="desk"),
]
