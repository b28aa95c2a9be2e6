"""Photos: whatever is sent, what is kept is pixels and nothing else."""

import io
import os
import zipfile
from random import Random

import pillow_heif
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from lianxin.cases import actions, photos, receipts
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, Photo
from lianxin.cases.queries.story import story_of
from lianxin.config.folder import Folder
from lianxin.config.verify import verify


def picture(size=(320, 240), form="JPEG", *, exif=None, mode="RGB", seed=1, **how):
    """A picture with something on it, another for each seed; its upper left is bright."""
    numbers, (width, height) = Random(seed), size
    drawn = Image.new("RGB", size, "black")
    for x in range(8):
        for y in range(6):
            shade = numbers.randrange(256) if x + y else 255
            drawn.paste((shade, shade, 90), (x * width // 8, y * height // 6, (x + 1) * width // 8, (y + 1) * height // 6))
    out = io.BytesIO()
    drawn.convert(mode).save(out, form, **({"exif": exif} if exif else {}), **how)
    return out.getvalue()


def upload(data, name="井.jpg"):
    return SimpleUploadedFile(name, data, "image/jpeg")


def cleaned(data):
    [one] = photos.clean_photos([upload(data)])
    return one, Image.open(io.BytesIO(one.jpeg))


def refused(data):
    with pytest.raises(CaseError) as error:
        photos.clean_photos([upload(data)])
    assert "井.jpg" in error.value.messages[0]
    return error.value.code


def with_gps():
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (46.0, 4.0, 12.0)
    exif[0x010F] = "a maker"
    return exif


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_rebuilt_as_a_jpeg(form):
    one, image = cleaned(picture((2000, 1000), form))
    assert (image.format, image.size, one.width, one.height) == ("JPEG", (1600, 800), 1600, 800)


def test_nothing_but_pixels_is_left():
    data = picture(exif=with_gps(), comment=b"who took it") + b"<script>alert(1)</script>"
    _one, image = cleaned(data)
    assert not image.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys()
    assert b"script" not in image.fp.getvalue() and b"a maker" not in image.fp.getvalue()


def test_it_stands_as_it_was_held():
    one, image = cleaned(picture((320, 240), exif=with_gps()))
    assert (one.width, one.height) == (240, 320)
    assert image.getpixel((230, 10))[0] > 240  # the upper left is the upper right now


def test_heic_of_phones_is_read():
    heif = io.BytesIO()
    pillow_heif.from_pillow(Image.open(io.BytesIO(picture((640, 480))))).save(heif, exif=with_gps().tobytes())
    one, image = cleaned(heif.getvalue())
    assert image.format == "JPEG" and {one.width, one.height} == {480, 640} and not image.getexif()


def test_what_is_transparent_turns_white():
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert cleaned(out.getvalue())[1].getpixel((20, 20)) == (255, 255, 255)


def test_what_is_no_photo_is_refused():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.txt", "a")
    assert refused(archive.getvalue()) == "photo_format"
    assert refused(b"") == refused(b"<svg onload=alert(1)>") == refused(picture(form="GIF")) == "photo_format"


def test_a_cut_off_picture_is_refused():
    assert refused(picture((640, 480))[:3000]) == "photo_broken"


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 20_000
    assert refused(bomb.getvalue()) == "photo_pixels"


def test_too_many_and_too_large_are_refused_unread():
    with pytest.raises(CaseError, match="4"):
        photos.clean_photos([upload(b"")] * 5)
    large = upload(b"")
    large.size = photos.BYTES + 1
    with pytest.raises(CaseError, match="10"):
        photos.clean_photos([large])


def test_a_name_is_repeated_without_tricks():
    assert photos.shown("a\u202e\x00\n井.jpg") == "a井.jpg"


# --- kept ------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))
    return tmp_path / "photos"


@pytest.fixture
def received(world, folder):
    report = actions.Report(
        sending="a phone's own key 1", place=world.village, text="水井不出水", photos=photos.clean_photos([upload(picture())])
    )
    return actions.report_case(report=report)


@pytest.fixture
def photo(received):
    return received.reporter.case.photos.get()


def test_the_entry_holds_the_hash_of_what_was_sent(received, photo, folder):
    entry = received.reporter.case.steps.get().entry
    assert photo.original in entry.evidence and photo.digest in entry.evidence
    assert [path.name for path in folder.iterdir()] == [f"{photo.name}.jpg"]
    assert verify().findings == []


def test_a_photo_exchanged_or_lost_is_found(photo, folder):
    [path] = folder.iterdir()
    path.write_bytes(picture(seed=3))
    assert [finding.place for finding in verify().findings] == [f"photos/{photo.name}.jpg"]
    path.unlink()
    assert [finding.place for finding in verify().findings] == [f"photos/{photo.name}.jpg"]


def test_who_reads_the_case_sees_the_photo_and_nobody_else(world, photo):
    address = reverse("photo", args=[photo.name])
    response = world.client("township_officer").get(address)
    assert response.status_code == 200 and response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff" and "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Disposition"].startswith("inline")
    for role in ("sibling_officer", "other_county_officer", "auditor", None):
        assert world.client(role).get(address).status_code == 404


def test_a_resident_sees_it_from_the_page_of_the_receipt_for_half_an_hour(world, photo, received, monkeypatch):
    client, address = world.client(), photos.resident_address(photo)
    assert client.get(address).status_code == 200
    assert client.get(address[:-1] + "x").status_code == 404
    monkeypatch.setattr(photos, "SHOWN_FOR", -1)
    assert client.get(address).status_code == 404


def test_a_note_may_be_a_photo_alone(received):
    step = actions.add_note(reporter=received.reporter, text="", photos=photos.clean_photos([upload(picture(seed=2))]))
    assert step.photos.count() == 1
    with pytest.raises(CaseError):
        actions.add_note(reporter=received.reporter, text="")


def test_the_photo_of_another_case_asks_for_a_call_back(world, received, photo):
    again = actions.Report(sending="a phone's own key 2", place=world.village, text="另一口井")
    case = actions.report_case(report=again).reporter.case
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    mirrored = Image.open(io.BytesIO(picture())).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    out = io.BytesIO()
    mirrored.save(out, "JPEG", quality=60)
    actions.handle_case(
        actor=world.user("secretary"), case=case, text="好了", photos=photos.clean_photos([upload(out.getvalue())])
    )
    assert case.call_backs.get().why == "flagged"


def test_a_file_without_a_row_is_swept_up_after_a_day(photo, folder):
    stray = folder / "stray.jpg"
    stray.write_bytes(b"x")
    assert photos.sweep() == 0
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    assert photos.sweep() == 1
    assert [path.name for path in folder.iterdir()] == [f"{photo.name}.jpg"] and Photo.objects.count() == 1


def test_who_works_on_it_shows_it_the_resident_sees_what_was_said_to_them(world, monkeypatch):
    """A part done stays inside, with its photo; what the resident reads they see, too. Sent twice it is kept once."""
    told = actions.report_case(report=actions.Report(sending="a phone's own key 3", place=world.village, text="水井不出水"))
    led = told.reporter.case
    actions.claim_case(actor=world.user("secretary"), case=led, unit=world.branch)
    numbers = iter("123456789")
    cleaned = {}  # by what was sent: no program is started here
    monkeypatch.setattr(
        photos,
        "clean_photo",
        lambda data, name: cleaned.setdefault(data, photos.Cleaned(data, 4, 4, f"{next(numbers):0<64}", "0f" * 16)),
    )
    secretary, helper = world.client("secretary"), world.client("department_handler")
    part = actions.ask_part(actor=world.user("secretary"), case=led, unit=world.village, text="看泵", due_on=led.reported_on)

    def send(client, move, **said):
        return client.post(f"/cases/{led.pk}/{move}/", {"submission": move.ljust(22, "k"), **said}).status_code

    inside = {"text": "泵坏了", "part": part.pk}
    assert send(helper, "do_part", **inside, photos=upload(b"inside")) == 302
    shown = {"text": "换好了", "photos": [upload(b"shown"), upload(b"shown too")]}
    for _tap in range(2):
        assert send(secretary, "handle", **shown) == 302
        [file.seek(0) for file in shown["photos"]]
    assert send(secretary, "handle", text="换好了", photos=upload(b"another")) == 409
    kept = {photo.step.move: photo for photo in Photo.objects.select_related("step")}
    assert Photo.objects.count() == 3
    page = secretary.get(f"/cases/{led.pk}/").content.decode()
    assert all(photo.name in page for photo in Photo.objects.all())
    reads = [line for line in story_of(told.receipt).lines if line.photos]
    assert [(line.text, len(line.photos)) for line in reads] == [("换好了", 2)]
    Case.objects.filter(pk=led.pk).update(state="dispatch", lead=None, place=world.township)
    neighbour = world.client("member")  # may claim it: sees what residents see
    assert neighbour.get(reverse("photo", args=[kept["handle"].name])).status_code == 200
    assert neighbour.get(reverse("photo", args=[kept["do_part"].name])).status_code == 404


def test_a_bad_photo_of_the_staff_is_refused_like_a_residents(world, led):
    sent = {"submission": "k" * 22, "text": "换好了", "photos": upload(b"no picture")}
    answer = world.client("secretary").post(f"/cases/{led.pk}/handle/", sent)
    assert answer.status_code == 422
    assert all(words in answer.content.decode() for words in ("井.jpg", "换好了", "请重新选择照片"))
    assert not Photo.objects.exists()


def test_a_home_visit_brings_its_photos(world, monkeypatch):
    """Recorded for a resident with what was photographed; the receipt shows it, and sent twice it is one case."""
    monkeypatch.setattr(photos, "clean_photo", lambda data, name: photos.Cleaned(data, 4, 4, "1" * 64, "0f" * 16))
    secretary = world.client("secretary")
    said = {"submission": "k" * 22, "source": "home_visit", "unit": world.branch.code, "place": world.village.code}
    for _tap in range(2):
        answer = secretary.post("/cases/new/", {**said, "text": "井台裂了", "photos": upload(b"one")})
        assert answer.status_code == 200
    kept = Photo.objects.get()
    assert story_of(receipts.receipt_for(f"{world.user('secretary').pk}.{'k' * 22}")).lines[-1].photos
    assert secretary.get(reverse("photo", args=[kept.name])).status_code == 200


def test_a_bad_photo_from_a_home_visit_keeps_the_words(world):
    said = {"submission": "k" * 22, "source": "home_visit", "unit": world.branch.code, "place": world.village.code}
    answer = world.client("secretary").post("/cases/new/", {**said, "text": "井台裂了", "photos": upload(b"no picture")})
    assert answer.status_code == 422
    assert all(words in answer.content.decode() for words in ("井.jpg", "井台裂了", "请重新选择照片"))
    assert not Case.objects.exists()
