"""Organisational life: /gatherings/…, /units/<code>/gatherings/"""

from django.urls import path

from lianxin.gatherings import views

urlpatterns = [
    path("gatherings/", views.gatherings, name="gatherings"),
    path("gatherings/new/", views.new_gathering, name="new_gathering"),
    path("gatherings/<int:pk>/", views.gathering, name="gathering"),
    path("gatherings/<int:pk>/correct/", views.correct_gathering, name="correct_gathering"),
    path("gatherings/<int:pk>/take-back/", views.void_gathering, name="void_gathering"),
    path("gatherings/<int:pk>/join/<str:signature>/", views.join_gathering, name="join_gathering"),
    path("units/<slug:code>/gatherings/", views.unit_gatherings, name="unit_gatherings"),
]
