"""Addresses of the tree, its units and their people. A code is digits, letters, - and _: nothing that climbs."""

from django.urls import path

from lianxin.organizations import act_forms, views
from lianxin.organizations.changes import change

urlpatterns = [
    path("units/", views.tree, name="tree"),
    path("units/<slug:code>/", views.unit, name="unit"),
    path("units/<slug:code>/history/", views.history, name="history"),
    path("units/<slug:code>/units/", views.units_beneath, name="units_beneath"),
    path("units/<slug:code>/people/", views.people, name="people"),
    path("units/<slug:code>/committees/", views.committees, name="committees"),
    path("units/<slug:code>/found/", change(act_forms.FoundUnit), name="found_unit"),
    path("units/<slug:code>/move/", change(act_forms.MoveUnit), name="move_unit"),
    path("units/<slug:code>/merge/", change(act_forms.MergeUnit), name="merge_unit"),
    path("units/<slug:code>/close/", change(act_forms.CloseUnit), name="close_unit"),
    path("units/<slug:code>/rename/", change(act_forms.RenameUnit), name="rename_unit"),
    path("units/<slug:code>/designate/", change(act_forms.DesignateUnit), name="designate_unit"),
    path("units/<slug:code>/designation/end/", change(act_forms.EndDesignation), name="end_designation"),
    path("units/<slug:code>/facts/set/", change(act_forms.SetFact), name="set_fact"),
    path("units/<slug:code>/election/", change(act_forms.HoldElection), name="hold_election"),
    path("units/<slug:code>/posts/give/", change(act_forms.GivePost), name="give_post"),
    path("units/<slug:code>/posts/end/", change(act_forms.EndPost), name="end_post"),
    path("units/<slug:code>/members/take-in/", change(act_forms.TakeIn), name="take_in"),
    path("units/<slug:code>/members/leave/", change(act_forms.LeaveUnit), name="leave_unit"),
    path("people/<int:pk>/", views.person, name="person"),
    path("elections/", views.elections, name="elections"),
    path("entries/<int:pk>/", views.entry, name="entry"),
]
