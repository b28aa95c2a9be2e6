"""People's data: photos, opening a resident's phone, what is to be erased."""

from django.urls import path

from lianxin.cases import erasure_pages, phone_pages, photo_views

urlpatterns = [
    path("photos/<slug:name>/", photo_views.photo, name="photo"),
    path("cases/<int:pk>/phone/<int:reporter>/", phone_pages.open_phone, name="case_phone"),
    path("erasures/", erasure_pages.erasures, name="erasures"),
    path("erasures/propose/<str:code>/", erasure_pages.propose_erasure, name="propose_erasure"),
    path("erasures/<int:pk>/<str:code>/", erasure_pages.erasure, name="erasure"),
]
