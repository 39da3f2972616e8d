"""What phones record, in boxes as ISO/IEC 14496-12 has them: small, and whole."""

SOUND_BYTES = bytes(range(256)) * 64


def box(kind: bytes, content: bytes, *, long: bool = False) -> bytes:
    """`long` writes the size in the eight bytes that files beyond 4 GB need."""
    if long:
        return (1).to_bytes(4) + kind + (len(content) + 16).to_bytes(8) + content
    return (len(content) + 8).to_bytes(4) + kind + content


def track(handler: bytes) -> bytes:
    media = box(b"mdhd", bytes(24)) + box(b"hdlr", bytes(8) + handler + bytes(13))
    return box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", media))


def recorded(brand: bytes, *handlers: bytes, sound_first: bool = False, long: bool = False) -> bytes:
    """A file with a track for each handler; phones write the list of them after what they recorded."""
    beginning = box(b"ftyp", brand + bytes(4) + b"isom" + brand)
    listed = box(b"moov", box(b"mvhd", bytes(100)) + b"".join(track(each) for each in handlers))
    content = box(b"mdat", SOUND_BYTES, long=long)
    return beginning + (content + listed if sound_first else listed + content)


RECORDED = {
    "m4a": (recorded(b"M4A ", b"soun"), "audio/mp4"),
    "mp4": (recorded(b"mp42", b"soun"), "audio/mp4"),
    "3gp": (recorded(b"3gp4", b"soun"), "audio/3gpp"),
    "mp4 with its tracks at the end": (recorded(b"isom", b"soun", sound_first=True), "audio/mp4"),
}
FILMS = {
    "mp4 with pictures": recorded(b"mp42", b"vide", b"soun"),
    "3gp with pictures": recorded(b"3gp4", b"soun", b"vide"),
    "m4a that is a film": recorded(b"M4A ", b"vide"),
    "film with its tracks at the end": recorded(b"isom", b"soun", b"vide", sound_first=True),
    "mp4 without a track": recorded(b"mp42"),
}
