"""People's data: photos, and opening a resident's phone."""

from django.urls import path

from lianxin.cases import phone_pages, photo_views

urlpatterns = [
    path("photos/<slug:name>/", photo_views.photo, name="photo"),
    path("cases/<int:pk>/phone/<int:reporter>/", phone_pages.open_phone, name="case_phone"),
]
