"""Hostile bundles: each is refused in words that name the part, none is unpacked or followed."""

from __future__ import annotations

import os
import stat
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from pipeline.errors import BundleError
from pipeline.evidence.bundle import MANIFEST_NAME, zip_bundle
from pipeline.evidence.sources import MAX_FILES, open_bundle, read_whole, shown
from pipeline.evidence.verification import MAX_MANIFEST_BYTES, verify_bundle

ITEM = "items/first.jpg"


@pytest.fixture
def packed(bundle, tmp_path):
    """The bundle as a ZIP file."""
    return zip_bundle(bundle.folder, tmp_path / "b.zip")


def first_failure(path):
    """What the verifier says first; it must fail, in printable words, without raising."""
    report = verify_bundle(path)
    assert not report.ok
    assert all(line.isprintable() for line in report.lines())
    return report.first_failure


def add_entry(path, name, content=b"x", **attributes):
    """One more entry in a ZIP file."""
    entry = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(entry, key, value)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, content)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "items/../../evil",
        "/etc/evil",
        "C:/evil",
        "items\\evil",
        "items/./evil",
        "items//evil",
        "items/deep/evil",
        "other/evil",
        "items/\x1b[2J",
        "items/\u202egpj.exe",
    ],
)
def test_names_outside_the_bundle_are_refused(packed, name):
    """Path traversal, absolute paths, drives, control characters: named and refused."""
    add_entry(packed, name)
    failure = first_failure(packed)
    assert failure.file == shown(name)


def test_a_name_with_a_zero_byte_is_refused(packed):
    """zipfile cuts the name there; what is shown is not what is stored."""
    add_entry(packed, "items/xx.jpg")
    packed.write_bytes(packed.read_bytes().replace(b"items/xx.jpg", b"items/\0x.jpg"))
    first_failure(packed)


def test_a_link_in_a_zip_is_refused(packed):
    """An entry that unpackers would make a link of."""
    add_entry(packed, "items/link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)
    assert first_failure(packed).file == "items/link"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(packed):
    """Two contents under one name: which is shown depends on the reader."""
    add_entry(packed, ITEM)
    failure = first_failure(packed)
    assert failure.file == ITEM
    assert "twice" in failure.text


def test_a_bomb_is_not_set_off(packed):
    """Half a gigabyte of zeros in half a megabyte: refused by its claim, in little memory."""
    entry = zipfile.ZipInfo("items/bomb")
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(packed, "a") as archive, archive.open(entry, "w") as sink:
        for _ in range(64):
            sink.write(bytes(1 << 20))
    tracemalloc.start()
    failure = first_failure(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert failure.file == "items/bomb"
    assert "expand" in failure.text
    assert peak < 20 << 20


def test_a_bomb_that_claims_to_be_small_is_cut_off(packed):
    """The directory says 10 bytes, the data hold 64 MB: reading stops at the claim."""
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("items/bomb", bytes(64 << 20))
    content = bytearray(packed.read_bytes())
    place = content.rindex(b"items/bomb") - 46  # the entry's place in the directory
    struct.pack_into("<I", content, place + 24, 10)  # uncompressed size
    packed.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(BundleError, match="items/bomb"):
        list(open_bundle(packed).chunks("items/bomb"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20


def test_a_giant_manifest_is_not_read(bundle):
    """A manifest far beyond its limit is refused by its size."""
    with (bundle.folder / MANIFEST_NAME).open("wb") as file:
        file.truncate(MAX_MANIFEST_BYTES + 1)
    failure = first_failure(bundle.folder)
    assert failure.file == MANIFEST_NAME
    assert "allowed" in failure.text


def test_a_bundle_of_endless_files_is_refused(bundle, tmp_path):
    """More files than any manifest lists, as folder and as ZIP file."""
    for number in range(MAX_FILES):
        (bundle.folder / "items" / str(number)).touch()
    assert "more than" in first_failure(bundle.folder).text
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(MAX_FILES + 1):
            archive.writestr(f"items/{number}", b"")
    assert "at most" in first_failure(tmp_path / "many.zip").text


def test_a_bundle_too_large_is_refused_by_its_claim(bundle):
    """A sparse file of three gigabytes costs nothing to refuse."""
    with (bundle.folder / ITEM).open("r+b") as file:
        file.truncate(3 << 30)
    assert "allowed" in first_failure(bundle.folder).text


def test_links_pipes_and_folders_are_refused_by_name(bundle):
    """Nothing that is no plain file is opened, so nothing is followed and nothing hangs."""
    place = bundle.folder / "items" / "strange"
    makers = {
        "link": lambda: place.symlink_to(bundle.path_of("first.jpg")),
        "dangling": lambda: place.symlink_to("nowhere"),
        "pipe": lambda: os.mkfifo(place),
        "folder": place.mkdir,
    }
    for make in makers.values():
        make()
        assert first_failure(bundle.folder).file == "items/strange"
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
    (bundle.folder / "items2").mkdir()
    assert first_failure(bundle.folder).file == "items2"


def test_an_item_that_became_a_link_is_not_followed(bundle):
    """Even when the folder changes between listing and reading."""
    with_source = open_bundle(bundle.folder)
    with_source.sizes()
    item = bundle.path_of("first.jpg")
    item.unlink()
    item.symlink_to(bundle.path_of("later.jpg"))
    with pytest.raises(BundleError, match="cannot be read"):
        list(with_source.chunks(ITEM))


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_refused(tmp_path, content):
    """Empty, too short, other bytes, an archive of nothing."""
    path = tmp_path / "b.zip"
    path.write_bytes(content)
    first_failure(path)


def test_unusual_zips_are_refused(packed):
    """A comment, a ZIP64 locator, encryption and other packing methods: none is needed."""
    content = packed.read_bytes()
    packed.write_bytes(content[:-2] + b"\x04\x00note")
    assert "comment" in first_failure(packed).text
    locator = b"PK\x06\x07" + bytes(16)
    packed.write_bytes(content[:-22] + locator + content[-22:])
    assert "ZIP64" in first_failure(packed).text
    packed.write_bytes(content)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("items/x", b"x" * 99, compress_type=zipfile.ZIP_BZIP2)
    assert "method 12" in first_failure(packed).text
    encrypted = bytearray(content)
    encrypted[content.rindex(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(encrypted)
    assert "encrypted" in first_failure(packed).text


def test_a_path_without_bundle_is_refused(tmp_path):
    """Nothing there, a device, a name with a zero byte."""
    first_failure(tmp_path / "absent")
    assert "neither" in first_failure(tmp_path.__class__("/dev/null")).text
    first_failure(tmp_path / "a\0b")


def test_an_empty_folder_misses_its_manifest(tmp_path):
    """The first thing that is not there is named."""
    assert first_failure(tmp_path).file == MANIFEST_NAME


def test_other_packers_are_welcome(bundle, tmp_path):
    """Compressed, with an entry for the folder: still the same bundle."""
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("items")
        for file in bundle.folder.rglob("*"):
            if file.is_file():
                archive.write(file, file.relative_to(bundle.folder).as_posix())
    assert verify_bundle(path).ok


def test_a_random_flip_never_ends_in_a_traceback(bundle, tmp_path):
    """100 damaged directories: each verifies (a byte without meaning) or is refused in words."""
    path = zip_bundle(bundle.folder, tmp_path / "b.zip")
    content = path.read_bytes()
    (directory,) = struct.unpack_from("<I", content, len(content) - 6)
    refused = 0
    for place in np.random.default_rng(7).integers(directory, len(content), 100):
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << int(place % 8)
        path.write_bytes(spoilt)
        report = verify_bundle(path)
        assert all(line.isprintable() for line in report.lines())
        refused += not report.ok
    assert refused > 50


def test_small_files_are_read_within_their_limit(bundle):
    """A file that is absent or too large is named."""
    source = open_bundle(bundle.folder)
    with pytest.raises(BundleError, match="missing"):
        read_whole(source, "absent", 10)
    with pytest.raises(BundleError, match="more than the 10"):
        read_whole(source, "README.txt", 10)
