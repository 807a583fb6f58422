"""A TIFF of a few fields, written and read without a library: what libvips does not hand on is seen."""
import struct

CODES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 7: "s", 10: "ii", 12: "d", 16: "Q", 18: "Q"}
EXIF, GPS, IPTC = 34665, 34853, 33723


def packed(order, type, values):
    if type in (2, 7):
        data = values if isinstance(values, bytes) else values.encode() + b"\0"
        return len(data), data
    code = CODES[type]
    return len(values) // len(code), struct.pack(order + code * (len(values) // len(code)), *values)


def directory(order, big, at, tags, following=0):
    """The bytes of a directory at `at`, with what it leads to behind it."""
    entry, wide = (20, 8) if big else (12, 4)
    head = (8 if big else 2) + entry * len(tags) + wide
    out, behind = struct.pack(order + ("Q" if big else "H"), len(tags)), b""
    for id in sorted(tags):
        if isinstance(tags[id], dict):
            below = at + head + len(behind)
            behind += directory(order, big, below, tags[id])
            type, count, data = (18, 1, struct.pack(order + "Q", below)) if big else \
                (4, 1, struct.pack(order + "I", below))
        else:
            type = tags[id][0]
            count, data = packed(order, type, tags[id][1])
        if len(data) > wide:
            place = at + head + len(behind)
            behind += data + b"\0" * (len(data) % 2)
            data = struct.pack(order + ("Q" if big else "I"), place)
        out += struct.pack(order + ("HHQ" if big else "HHI"), id, type, count) + data.ljust(wide, b"\0")
    return out + struct.pack(order + ("Q" if big else "I"), following) + behind


def write_tiff(path, width, height, pixels, tags, bands=1, bits=8, format=1, order="<", big=False):
    write_pages(path, width, height, [(pixels, tags)], bands, bits, format, order, big)


def write_pages(path, width, height, pages, bands=1, bits=8, format=1, order="<", big=False):
    """Of one size each; of each its pixels and its fields."""
    data = (b"II" if order == "<" else b"MM") + \
        (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    for i, (pixels, tags) in enumerate(pages):
        own = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * bands), 259: (3, [1]),
               262: (3, [2 if bands == 3 else 1]), 273: (4, [0]), 277: (3, [bands]),
               278: (4, [height]), 279: (4, [len(pixels)]), 339: (3, [format] * bands)}
        if bands not in (1, 3):
            own[338] = (3, [0] * (bands - 1))
        own.update(tags)
        behind = len(data) + len(directory(order, big, len(data), own))
        own[273] = (4, [behind])
        following = behind + len(pixels) + len(pixels) % 2
        last = i + 1 == len(pages)
        data += directory(order, big, len(data), own, 0 if last else following) + pixels
        data += b"" if last else bytes(len(pixels) % 2)
    with open(path, "wb") as f:
        f.write(data)


def read_tags(path, at=None, page=0):
    """The fields of a directory, with those below it; numbers as a list, text and IPTC as bytes."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    wide, entry = (8, 20) if big else (4, 12)
    offset = order + ("Q" if big else "I")
    at = struct.unpack_from(offset, data, 8 if big else 4)[0] if at is None else at
    for _ in range(page + 1):
        count = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0]
        first = at + (8 if big else 2)
        at = struct.unpack_from(offset, data, first + count * entry)[0]
    tags, last = {}, -1
    for i in range(count):
        place = first + i * entry
        id, type = struct.unpack_from(order + "HH", data, place)
        n = struct.unpack_from(offset, data, place + 4)[0]
        assert id > last, f"{path}: field {id} stands behind {last}"
        last = id
        code = order + (f"{n}s" if type in (2, 7) else CODES[type] * n)
        if id == IPTC:
            type, code = 7, f"{struct.calcsize(code)}s"
        inside = struct.calcsize(code) <= wide
        where = place + 4 + wide if inside else struct.unpack_from(offset, data, place + 4 + wide)[0]
        values = struct.unpack_from(code, data, where)
        tags[id] = values[0].rstrip(b"\0") if type in (2, 7) else list(values)
        if id in (EXIF, GPS, 40965):
            tags[id] = read_tags(path, values[0])
    return tags


def many_pages(path, count):
    """A TIFF of `count` pages of 16 x 16, all of the same bytes."""
    entries = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
               (277, 3, 1, 1), (278, 3, 1, 16), (279, 4, 1, 256)]
    fields = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    first, size = 8 + 256, len(fields) + 4
    with open(path, "wb") as f:
        f.write(struct.pack("<2sHI", b"II", 42, first) + bytes(range(256)))
        for i in range(count):
            f.write(fields + struct.pack("<I", first + (i + 1) * size if i < count - 1 else 0))
