"""The front door: for strangers; whoever is signed in goes on to the desk."""

from tests.world import World


def test_a_stranger_finds_the_front_door_and_nothing_that_leads_nowhere(world: World):
    page = world.client().get("/")
    assert page.status_code == 200
    words = page.content.decode()
    assert "/sign-in/" in words


def test_whoever_is_signed_in_goes_on_to_the_desk(world: World):
    assert world.client("secretary").get("/").headers["Location"] == "/desk/"


def test_the_desk_wants_a_sign_in(world: World):
    assert world.client().get("/desk/").headers["Location"].startswith("/sign-in/")
    assert world.client("secretary").get("/desk/").status_code == 200
