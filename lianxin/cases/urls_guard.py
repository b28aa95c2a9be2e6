"""People's data: photos, and opening a resident's phone."""

from django.urls import path

from lianxin.cases import photo_views

urlpatterns = [
    path("photos/<slug:name>/", photo_views.photo, name="photo"),
]
