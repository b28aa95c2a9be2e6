"""The front door, the desk, the board, the brief."""

from django.urls import path

from lianxin.home import views

urlpatterns = [
    path("", views.front_door, name="front_door"),
    path("desk/", views.desk, name="desk"),
    path("desk/changes/", views.changes, name="changes"),
    path("board/", views.board, name="board"),
    path("board/units/", views.board_units, name="board_units"),
    path("board/units/export/", views.export_standings, name="export_standings"),
    path("brief/", views.brief, name="brief"),
    path("figures/<str:key>/", views.figure, name="figure"),
]
