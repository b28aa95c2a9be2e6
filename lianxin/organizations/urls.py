"""Addresses of the tree, its units and their people. A code is digits, letters, - and _: nothing that climbs."""

from django.urls import path

from lianxin.organizations import people_forms, tree_forms, views
from lianxin.organizations.changes import change

urlpatterns = [
    path("units/", views.tree, name="tree"),
    path("units/<slug:code>/", views.unit, name="unit"),
    path("units/<slug:code>/history/", views.history, name="history"),
    path("units/<slug:code>/units/", views.units_beneath, name="units_beneath"),
    path("units/<slug:code>/people/", views.people, name="people"),
    path("units/<slug:code>/committees/", views.committees, name="committees"),
    path("units/<slug:code>/found/", change(tree_forms.FoundUnit), name="found_unit"),
    path("units/<slug:code>/move/", change(tree_forms.MoveUnit), name="move_unit"),
    path("units/<slug:code>/merge/", change(tree_forms.MergeUnit), name="merge_unit"),
    path("units/<slug:code>/close/", change(tree_forms.CloseUnit), name="close_unit"),
    path("units/<slug:code>/rename/", change(tree_forms.RenameUnit), name="rename_unit"),
    path("units/<slug:code>/designate/", change(tree_forms.DesignateUnit), name="designate_unit"),
    path("units/<slug:code>/designation/end/", change(tree_forms.EndDesignation), name="end_designation"),
    path("units/<slug:code>/facts/set/", change(tree_forms.SetFact), name="set_fact"),
    path("units/<slug:code>/election/", change(people_forms.HoldElection), name="hold_election"),
    path("units/<slug:code>/posts/give/", change(people_forms.GivePost), name="give_post"),
    path("units/<slug:code>/posts/end/", change(people_forms.EndPost), name="end_post"),
    path("units/<slug:code>/members/take-in/", change(people_forms.TakeIn), name="take_in"),
    path("units/<slug:code>/members/leave/", change(people_forms.LeaveUnit), name="leave_unit"),
    path("people/<int:pk>/", views.person, name="person"),
    path("elections/", views.elections, name="elections"),
    path("entries/<int:pk>/", views.entry, name="entry"),
]
