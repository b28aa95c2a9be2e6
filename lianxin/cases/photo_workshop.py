"""Rebuilds one picture from its raw pixels. A program of its own: what a stranger sent is decoded nowhere else.

It is started by photos.py, reads the picture from its standard input, and may then open no file, start no process, and use so
much memory and time and no more. It writes one line of JSON (width, height, likeness) and the new picture, a JPEG without any
metadata; or one line saying why not. It knows nothing of the rest of the house, neither its settings nor its database.
"""

import io
import json
import resource
import sys
from typing import Any

BYTES = 10 * 1024 * 1024
PIXELS = 51_000_000
"""The largest pictures of phones have 50 million."""
LONGEST_SIDE = 1600
QUALITY = 82
MEMORY = 640 * 1024 * 1024
SECONDS = 10
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def main() -> None:
    data = sys.stdin.buffer.read(BYTES + 1)
    said, rebuilt = work(data) if len(data) <= BYTES else ({"refused": "large"}, b"")
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + rebuilt)


def work(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What is said of the picture, and the new one."""
    from PIL import Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin  # noqa: F401  # all, before files are shut

    Image.preinit()
    formats = ["JPEG", "PNG", "WEBP"]
    if data[4:8] == b"ftyp" and data[8:12] in BRANDS:
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)
        formats = ["HEIF"]
    Image.MAX_IMAGE_PIXELS = None  # our own bound stands below, and refuses where Pillow's would warn
    shut()
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        if image.width * image.height > PIXELS or not image.width or not image.height:
            return {"refused": "pixels", "pixels": image.width * image.height}, b""
        return rebuild(image)
    except UnidentifiedImageError:
        return {"refused": "format"}, b""
    except MemoryError:
        return {"refused": "pixels", "pixels": 0}, b""
    except Exception:  # whatever a decoder stumbles over: the picture is broken
        return {"refused": "broken"}, b""


def shut() -> None:
    """From here on: no new file, no process, bounded memory and time."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def rebuild(image: Any) -> tuple[dict[str, Any], bytes]:
    """Turned the way it was held, no larger than needed, nothing but pixels."""
    from PIL import Image

    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG: decoded at a fraction of its size
    image.load()
    turn = turn_of(image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        shaped = image.convert("RGBA")
        image = Image.new("RGB", shaped.size, "white")
        image.paste(shaped, mask=shaped.getchannel("A"))
    image = image.convert("RGB")
    image = image.transpose(turn) if turn is not None else image
    clean = Image.frombytes("RGB", image.size, image.tobytes())
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return {"width": clean.width, "height": clean.height, "likeness": likeness(clean)}, out.getvalue()


def turn_of(image: Any) -> Any:
    """How to turn it, as its EXIF says; None: as it is, also where what it says is broken. HEIC was turned on reading."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return None if image.format == "HEIF" else turns.get(image.getexif().get(0x0112, 1))
    except Exception:
        return None


def likeness(image: Any) -> str:
    """Where it grows brighter from left to right, in 8 × 8 fields, and the same of its mirror image: 32 hexadecimal digits."""
    from PIL import Image

    small = image.convert("L").resize((9, 8), Image.Resampling.BILINEAR)
    rows = [small.tobytes()[start : start + 9] for start in range(0, 72, 9)]
    print_ = [[row[at] < row[at + 1] for at in range(8)] for row in rows]
    mirrored = [[row[at] < row[at - 1] for at in range(8, 0, -1)] for row in rows]
    return "".join(f"{int(''.join(str(int(bit)) for row in signs for bit in row), 2):016x}" for signs in (print_, mirrored))


if __name__ == "__main__":
    main()
