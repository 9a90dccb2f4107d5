from __future__ import annotations

import gzip
import io
import random

import pytest

from tests.intake.samples import ITEM, item, items, json_lines, read, report
from workbench.intake import Limits
from workbench.intake.gunzip import Gunzip
from workbench.intake.rows import Unreadable

LINES = json_lines(item(id="1"), item(id="2"))


def noisy_lines(count: int) -> bytes:
    """Lines that gzip cannot make much of, so that a cut falls between lines."""
    rng = random.Random(7)
    return json_lines(*(item(id=str(i), prompt=f"{rng.getrandbits(2000):x}") for i in range(count)))


@pytest.mark.parametrize("name", ["f.jsonl.gz", "f.jsonl", "f.gz", "f", "F.JSONL.GZ"])
def test_gzip_is_known_by_its_first_bytes(name: str) -> None:
    assert len(items(gzip.compress(LINES), name)) == 2


def test_a_name_that_promises_gzip_must_keep_it() -> None:
    assert report(LINES, "f.jsonl.gz") == ["f.jsonl.gz:1: file: is named .gz but is no gzip"]


def test_all_members_are_read_and_zeros_behind_them_are_padding() -> None:
    data = gzip.compress(json_lines(item(id="1"))) + gzip.compress(json_lines(item(id="2")))
    assert [found.id for found in items(data + bytes(100_000), "f.gz")] == ["1", "2"]


def test_ten_thousand_empty_members_are_nothing() -> None:
    assert read(gzip.compress(b"") * 10_000, "f.gz") == []


def test_a_gzip_that_is_cut_off_gives_its_whole_lines_and_a_problem() -> None:
    packed = gzip.compress(noisy_lines(1000))
    lines = read(packed[: len(packed) // 2], "f.gz")
    good, last = lines[:-1], lines[-1]
    assert all(line.parsed for line in good)
    assert 300 < len(good) < 600
    assert last.fatal
    assert str(last.problems[0]) == (
        f"f.gz:{len(good) + 1}: file: the gzip is cut off: its end is missing"
    )


@pytest.mark.parametrize("cut", [2, 5, 10, -1, -8, -9])
def test_a_gzip_cut_anywhere_is_refused(cut: int) -> None:
    found = report(gzip.compress(LINES)[:cut], "f.gz")
    assert len(found) == 1
    assert found[0].endswith("file: the gzip is cut off: its end is missing")


def test_a_damaged_gzip_is_refused() -> None:
    packed = bytearray(gzip.compress(noisy_lines(1000)))
    packed[len(packed) // 2] ^= 0xFF
    last = read(bytes(packed), "f.gz")[-1]
    assert last.fatal
    assert str(last.problems[0]).endswith("file: the gzip is damaged from here on")


def test_a_wrong_checksum_is_refused() -> None:
    packed = bytearray(gzip.compress(LINES))
    packed[-6] ^= 1
    assert report(bytes(packed), "f.gz")[-1].endswith("the gzip is damaged from here on")


def test_something_behind_a_gzip_is_refused() -> None:
    assert report(gzip.compress(LINES) + b"{}", "f.gz") == [
        "f.gz:3: file: the gzip ends here and something else follows"
    ]


def test_a_gzip_in_a_gzip_is_refused() -> None:
    assert report(gzip.compress(gzip.compress(LINES)), "f.gz") == [
        "f.gz:1: file: holds another packed file; unpack it first"
    ]


def test_a_bomb_is_refused_by_its_ratio() -> None:
    bomb = gzip.compress(json_lines(item(prompt="x" * 900_000)) * 222)
    assert len(bomb) < 400_000
    found = report(bomb, "bomb.jsonl.gz")
    assert found[-1].endswith("file: the gzip unpacks to more than 200 times its size")
    assert len(found) < 5


def test_well_packed_lines_below_the_ratio_are_read() -> None:
    rng = random.Random(3)
    one = json_lines(item(prompt=f"{rng.getrandbits(40_000):x}"))
    packed = gzip.compress(one * 300)
    assert 60 < len(one) * 300 / len(packed) < 200
    assert len(items(packed, "f.gz")) == 300


def test_the_size_that_a_gzip_unpacks_to_is_limited() -> None:
    limits = Limits(unpacked=100_000)
    found = read(gzip.compress(noisy_lines(1000)), "f.gz", limits=limits)
    assert str(found[-1].problems[0]).endswith("the gzip unpacks to more than 100000 bytes")
    assert sum(len(line.raw) for line in found) <= 100_000


def test_never_more_is_unpacked_than_was_asked_for() -> None:
    packed = io.BytesIO(gzip.compress(bytes(900_000)))
    gunzip = Gunzip(packed.read, Limits())
    sizes = []
    while data := gunzip.read(1000):
        sizes.append(len(data))
    assert max(sizes) <= 1000
    assert sum(sizes) == 900_000
    assert gunzip.read(1000) == b""


def test_no_gzip_at_all_is_damaged() -> None:
    with pytest.raises(Unreadable):
        Gunzip(io.BytesIO(b"plain").read, Limits()).read(10)


def test_csv_is_read_out_of_a_gzip() -> None:
    data = gzip.compress(b"id,language,prompt,response.a\n1,en,p,t\n")
    assert [found.id for found in items(data, "f.csv.gz")] == ["1"]


def test_an_item_reads_the_same_packed_and_plain() -> None:
    assert items(gzip.compress(json_lines(ITEM)), "f.gz") == items(json_lines(ITEM))
