"""Taking evidence in: its type is found in its bytes, its size is counted as it comes, half of it leaves nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.intake.evidence_kinds import load_kinds
from tests import people
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import PNG, SOUND, Scene
from tests.services.recordings import FILMS, RECORDED
from tests.waiting import wait_until

PIECE = bytes(range(256)) * 256
MEGABYTE = 2**20
BOUNDARY = "a-boundary"

TEXT = people.TEXTS[1]
PICTURES = {
    "png": (PNG, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + bytes(64), "image/jpeg"),
    "webp": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(64), "image/webp"),
    "heif": (b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHE" + bytes(64), "image/heif"),
    "heif of ten bits": (b"\0\0\0\x18ftypheix\0\0\0\0mif1heix" + bytes(64), "image/heif"),
    "heif named in general": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafheic" + bytes(64), "image/heif"),
    "heif in motion": (b"\0\0\0\x1cftypmsf1\0\0\0\0msf1hevciso8" + bytes(64), "image/heif"),
    "gif": (b"GIF89a" + bytes(64), "image/gif"),
}
PDF = (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(64), "application/pdf")
MAIL = (b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n", "message/rfc822")
SOUNDS = {
    "mp3": (SOUND, "audio/mpeg"),
    **RECORDED,
    "wav": (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(64), "audio/wave"),
    "ogg": (b"OggS\0\x02" + bytes(64), "application/ogg"),
    "amr": (b"#!AMR\n\x3c\x55" + bytes(64), "audio/amr"),
    "amr in wide band": (b"#!AMR-WB\n\x04" + bytes(64), "audio/amr-wb"),
    "aac": (b"\xff\xf1\x50\x80\x02" + bytes(64), "audio/aac"),
}
TEXTS = {
    "utf-8": TEXT.encode() * 100,
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "gb18030": TEXT.encode("gb18030") * 2000,
    "csv": f"ID;Date;Text\r\n1;2025-09-26;{TEXT}\r\n".encode(),
    "json": f'{{"text": "{TEXT}"}}'.encode(),
    "begins like a mail": f"From: support\n{TEXT}\n".encode(),
    "begins like a picture": f"BM 2025-09-26 {TEXT}\n".encode(),
}
NO_PICTURES = {"text": TEXTS["utf-8"], "pdf": PDF[0], **{name: sound for name, (sound, _) in SOUNDS.items()}}
WRONG = {
    "elf": b"\x7fELF\x02\x01\x01" + bytes(64),
    "exe": b"MZ\x90\0\x03\0\0\0" + bytes(64),
    "class": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(64),
    "script": b"#!/bin/sh\nrm -rf /\n",
    "php": b"<?php system($_GET[0]); ?>",
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "html with a mark": b"\xef\xbb\xbf<html><script>alert(1)</script></html>",
    "html after space": b" \r\n\t<html></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "xml": b"<?xml version='1.0'?><svg/>",
    "zip": b"PK\x03\x04\x14\0\x08\0" + bytes(64),
    "film": b"RIFF\x24\0\0\0AVI LIST" + bytes(64),
    "avif": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(64)),
    "says amr and goes on": b"#!AMRIKA\nrm -rf /\n",
    **FILMS,
    "riff of nothing": b"RIFF\x24\0\0\0XXXX" + bytes(64),
    "zeros": bytes(64),
}


@pytest.fixture
def scene(house: Running) -> Iterator[Scene]:
    """Large files go afterwards: in so much ciphertext the last test would find short names by chance."""
    scene = Scene(house)
    yield scene
    for file in on_disk(scene):
        if file.stat().st_size > MEGABYTE:
            file.unlink()


def on_disk(scene: Scene) -> set[Path]:
    return set((scene.running.backend.settings.data_dir / "evidence").iterdir())


def must_take(scene: Scene, content: bytes, kind: str, media_type: str) -> None:
    """The name and the declared type of the file lie: neither is believed."""
    shown = answered(scene.app.upload("invoice.exe", content, kind), 201)
    assert (shown["media_type"], shown["size_bytes"]) == (media_type, len(content))
    downloaded = scene.app.get(f"/v1/evidence/{shown['evidence_id']}/content")
    assert (downloaded.content, downloaded.headers["Content-Type"].partition(";")[0]) == (content, media_type)


def must_refuse(scene: Scene, content: bytes, kind: str) -> None:
    before = on_disk(scene)
    refused(scene.app.upload("picture.png", content, kind), 415, "unsupported-media-type")
    assert on_disk(scene) == before


@pytest.mark.parametrize("name", list(PICTURES))
def test_a_screenshot_is_a_picture_of_any_of_these_types(scene: Scene, name: str) -> None:
    must_take(scene, PICTURES[name][0], "screenshot", PICTURES[name][1])


@pytest.mark.parametrize("name", list(SOUNDS))
def test_a_call_recording_is_a_sound_of_any_of_these_types(scene: Scene, name: str) -> None:
    must_take(scene, SOUNDS[name][0], "call_recording", SOUNDS[name][1])


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize("kind", ["chat_transcript", "transaction_record"])
def test_a_text_is_a_text_whatever_it_begins_with(scene: Scene, kind: str, name: str) -> None:
    must_take(scene, TEXTS[name], kind, "text/plain")


@pytest.mark.parametrize("kind", ["email", "other"])
@pytest.mark.parametrize(("content", "media_type"), [PDF, MAIL], ids=["pdf", "mail"])
def test_letters_and_mails_are_documents(scene: Scene, kind: str, content: bytes, media_type: str) -> None:
    must_take(scene, content, kind, media_type)


@pytest.mark.parametrize("name", list(WRONG))
@pytest.mark.parametrize("kind", list(load_kinds()))
def test_what_runs_or_is_something_else_is_no_evidence_of_any_kind(scene: Scene, kind: str, name: str) -> None:
    must_refuse(scene, WRONG[name], kind)


@pytest.mark.parametrize("name", list(NO_PICTURES))
def test_a_screenshot_is_nothing_but_a_picture(scene: Scene, name: str) -> None:
    must_refuse(scene, NO_PICTURES[name], "screenshot")


def test_a_call_recording_is_no_picture(scene: Scene) -> None:
    must_refuse(scene, PICTURES["webp"][0], "call_recording")


def test_an_empty_file_is_no_picture(scene: Scene) -> None:
    must_refuse(scene, b"", "screenshot")


def test_an_unknown_kind_is_named(scene: Scene) -> None:
    for kind in ("letter", "x" * 65, "截图"):
        refused(scene.app.upload("x.png", PNG, kind), 422, "evidence-kind-unknown")


@pytest.mark.parametrize("kind", list(load_kinds()))
def test_a_file_of_exactly_the_limit_is_taken_and_no_byte_more(scene: Scene, kind: str) -> None:
    limit = load_kinds()[kind].max_bytes
    head = {"call_recording": SOUND, "email": PDF[0]}.get(kind, PNG)
    before = on_disk(scene)
    refused(streamed(scene, kind, head, limit + 1), 413, "file-too-large")
    assert on_disk(scene) == before
    taken = answered(streamed(scene, kind, head, limit), 201)
    assert taken["size_bytes"] == limit


def streamed(scene: Scene, kind: str, head: bytes, size: int, sent: list[int] | None = None) -> httpx.Response:
    """Upload a file of this size that is never whole in the memory of who sends it; `sent` is told every piece."""

    def body() -> Iterator[bytes]:
        yield opening(kind)
        yield head
        left = size - len(head)
        while left > 0:
            piece = PIECE[: min(left, len(PIECE))]
            left -= len(piece)
            if sent is not None:
                sent.append(resident_bytes())
            yield piece
        yield closing()

    return scene.app.request("POST", "/v1/evidence", content=body(), headers=multipart())


def multipart() -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def opening(kind: str | None = "screenshot", name: str = "file") -> bytes:
    kind_part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n' if kind else ""
    file_part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="x.png"\r\n\r\n'
    return (kind_part + file_part).encode()


def closing() -> bytes:
    return f"\r\n--{BOUNDARY}--\r\n".encode()


def resident_bytes() -> int:
    """What this process, client and server, holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def test_a_large_file_is_never_held_in_memory(scene: Scene) -> None:
    held: list[int] = []
    taken = answered(streamed(scene, "call_recording", SOUND, 90 * MEGABYTE, held), 201)
    assert taken["size_bytes"] == 90 * MEGABYTE
    assert max(held) - held[0] < 30 * MEGABYTE


def test_a_file_of_two_hundred_megabytes_is_refused_and_nothing_of_it_held(scene: Scene) -> None:
    before, held = on_disk(scene), list[int]()
    refused(streamed(scene, "screenshot", PNG, 200 * MEGABYTE, held), 413, "file-too-large")
    assert max(held) - held[0] < 30 * MEGABYTE
    assert on_disk(scene) == before


def test_a_file_is_refused_at_its_limit_and_not_at_its_end(scene: Scene) -> None:
    before = on_disk(scene)
    with begun_upload(scene, 200 * MEGABYTE) as connection:
        connection.sendall(opening() + PNG)
        for _ in range(20 * MEGABYTE // len(PIECE)):
            connection.sendall(PIECE)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert on_disk(scene) == before


KIND = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="kind"\r\n\r\nscreenshot'.encode()
WHOLE = opening() + PNG + closing()
BROKEN = {
    "nothing": b"",
    "garbage": b"\0\xff garbage",
    "json": b'{"kind": "screenshot"}',
    "no end": opening() + PNG,
    "half an end": WHOLE[:-5],
    "no file": KIND + closing(),
    "no kind": opening(None) + PNG + closing(),
    "an empty kind": opening("x").replace(b"x", b"", 1) + PNG + closing(),
    "kind after file": opening(None) + PNG + b"\r\n" + KIND + closing(),
    "two files": opening() + PNG + b"\r\n" + opening(None) + PNG + closing(),
    "two kinds": KIND + b"\r\n" + opening() + PNG + closing(),
    "a header without end": f"--{BOUNDARY}\r\nX: ".encode() + b"x" * 100_000,
    "many headers": f"--{BOUNDARY}\r\n".encode() + b"X: x\r\n" * 1000 + b"\r\n" + closing(),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_what_is_no_upload_is_refused_and_leaves_nothing(scene: Scene, name: str) -> None:
    before = on_disk(scene)
    answer = scene.app.request("POST", "/v1/evidence", content=BROKEN[name], headers=multipart())
    refused(answer, 400, "malformed-multipart")
    assert on_disk(scene) == before


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 71,
        "multipart/mixed; boundary=" + BOUNDARY,
        "application/x-www-form-urlencoded",
    ],
)
def test_an_upload_is_multipart_with_a_boundary(scene: Scene, media_type: str) -> None:
    before = on_disk(scene)
    answer = scene.app.request("POST", "/v1/evidence", content=WHOLE, headers={"Content-Type": media_type})
    refused(answer, 400, "malformed-multipart")
    assert on_disk(scene) == before


def test_an_upload_needs_a_key_before_anything_is_read(scene: Scene) -> None:
    answer = scene.app.request("POST", "/v1/evidence", key=None, content=BROKEN["garbage"], headers=multipart())
    refused(answer, 400, "idempotency-key-missing")


@pytest.mark.parametrize("cut", [0, 100, 500_000])
def test_an_upload_that_breaks_off_leaves_nothing(scene: Scene, cut: int) -> None:
    before = on_disk(scene)
    with begun_upload(scene, 2 * MEGABYTE) as connection:
        connection.sendall((opening() + PNG + bytes(MEGABYTE))[:cut])
        wait_until(lambda: len(on_disk(scene)) == len(before) + 1, what="the upload to begin")
    wait_until(lambda: on_disk(scene) == before, what="the half file to be thrown away")


def begun_upload(scene: Scene, size: int) -> socket.socket:
    """A connection on which the headers of an upload were sent, and nothing else yet."""
    port = scene.running.backend.settings.port
    headers = {
        "Host": "x",
        "Authorization": f"Bearer {scene.app.token}",
        **scene.app.headers,
        **multipart(),
        "Idempotency-Key": str(uuid4()),
        "Content-Length": str(size),
    }
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"POST /v1/evidence HTTP/1.1\r\n{lines}\r\n".encode())
    return connection
