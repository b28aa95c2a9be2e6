"""Contact points: /points/, /visits/…, /problems/…"""

from django.urls import path

from lianxin.liaison import views

urlpatterns = [
    path("points/", views.my_points, name="my_points"),
    path("visits/", views.visits, name="visits"),
    path("visits/new/", views.new_visit, name="new_visit"),
    path("visits/<int:pk>/", views.visit, name="visit"),
    path("visits/<int:pk>/correct/", views.correct_visit, name="correct_visit"),
    path("visits/<int:pk>/take-back/", views.void_visit, name="void_visit"),
    path("problems/", views.problems, name="problems"),
    path("problems/new/", views.new_problem, name="new_problem"),
    path("problems/<int:pk>/", views.problem, name="problem"),
    path("problems/<int:pk>/<str:move>/", views.move_problem, name="move_problem"),
]
