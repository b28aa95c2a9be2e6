from django.urls import path

from lianxin.demo import views

urlpatterns = [path("demo/", views.roles, name="demo_roles")]
