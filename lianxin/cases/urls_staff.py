"""The working pages of those who take cases up: /cases/…"""

from django.urls import path

from lianxin.cases import views

urlpatterns = [
    path("", views.cases, name="cases"),
    path("pool/", views.case_pool, name="case_pool"),
    path("new/", views.new_case, name="new_case"),
    path("<int:pk>/", views.case, name="case"),
    path("<int:pk>/<str:move>/", views.move_case, name="move_case"),
]
