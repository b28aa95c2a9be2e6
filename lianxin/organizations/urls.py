"""Addresses of the tree, its units and their people. A code is digits, letters, - and _: nothing that climbs."""

from django.urls import path

from lianxin.organizations import views

urlpatterns = [
    path("units/", views.tree, name="tree"),
    path("units/<slug:code>/", views.unit, name="unit"),
    path("units/<slug:code>/history/", views.history, name="history"),
    path("units/<slug:code>/units/", views.units_beneath, name="units_beneath"),
    path("units/<slug:code>/people/", views.people, name="people"),
    path("units/<slug:code>/committees/", views.committees, name="committees"),
    path("people/<int:pk>/", views.person, name="person"),
    path("elections/", views.elections, name="elections"),
    path("entries/<int:pk>/", views.entry, name="entry"),
]
