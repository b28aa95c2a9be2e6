"""Acts that wait at the same time are saved in one transaction, and each fares as if alone."""

import pytest
from django.db import DatabaseError, transaction
from django.utils.translation import get_language, override

from lianxin.accounts.models import User
from lianxin.ledger import clock, together
from lianxin.ledger.together import _Waiting, save_together

pytestmark = pytest.mark.django_db


def make_account(name):
    return User.objects.create_user(name, created_at=clock.now())


def wait(act):
    together._waiting.append(waiting := _Waiting(act))
    return waiting


def test_what_fails_fails_alone_and_the_others_are_saved():
    def fails():
        make_account("half")
        raise ValueError("no")

    first, second, third = wait(lambda: make_account("one").username), wait(fails), wait(lambda: make_account("two").username)
    together._save_all()
    assert (first.result, third.result) == ("one", "two") and not first.failure and not third.failure
    assert isinstance(second.failure, ValueError)
    assert set(User.objects.values_list("username", flat=True)) >= {"one", "two"}
    assert not User.objects.filter(username="half").exists() and all(each.over for each in (first, second, third))


def test_nobody_is_told_it_is_saved_where_the_transaction_cannot_be_committed():
    first, second = wait(lambda: make_account("one")), wait(lambda: None)
    second.make = lambda: transaction.set_rollback(True)  # as a disk that is full leaves it
    together._save_all()
    assert isinstance(first.failure, DatabaseError) and isinstance(second.failure, DatabaseError)
    assert first.over and not together._waiting and not User.objects.filter(username="one").exists()


def test_an_act_speaks_the_language_of_who_asked_for_it():
    with override("en"):
        asked = wait(get_language)
    with override("zh-hans"):
        together._save_all()
    assert asked.result == "en"


def test_within_a_transaction_it_is_part_of_it():
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        save_together(lambda: make_account("one"))
        raise ValueError("no")
    assert not User.objects.filter(username="one").exists()
