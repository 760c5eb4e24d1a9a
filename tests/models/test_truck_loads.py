"""Labelled trucks: the table that ships, and what is refused."""

from __future__ import annotations

import re
from collections import Counter

import cv2
import numpy as np
import pytest

from models.label_sets import LabelSetError, descriptions
from models.truck_loads import LOADS, read_table, read_truck_crops

HEAD = "set,split,picture,line,load\n"


@pytest.fixture
def trucks(pack):
    """The yard with a lorry of each load in each half, and the table that says so."""
    rows = []
    for split in ("train", "val"):
        for number, load in enumerate(LOADS):
            name = f"load{number}.png"
            picture = np.full((100, 200, 3), 10 * number, np.uint8)
            cv2.imwrite(str(pack / "yard/images" / split / name), picture)
            label = "1 0.1 0.1 0.1 0.1\n0 0.5 0.5 0.5 0.4\n"
            (pack / "yard/labels" / split / f"load{number}.txt").write_text(label)
            rows.append(f"yard,{split},{name},2,{load}")
    table = pack.parent / "table.csv"
    table.write_text(HEAD + "\n".join(rows) + "\n")
    return pack, table


def read(trucks, split="train"):
    pack, table = trucks
    return read_truck_crops(pack, split, table=table, datasets=pack.parent / "datasets")


def test_trucks_are_cut_out_with_a_tenth_of_their_sides(trucks):
    """Box 100 x 40 pixels, 10 and 4 on each side."""
    crops = read(trucks)
    assert [c.load for c in crops] == list(LOADS)
    assert {c.image.shape for c in crops} == {(48, 120, 3)}
    assert [int(c.image.mean()) for c in crops] == [10 * i for i in range(len(LOADS))]


def test_a_large_truck_is_made_no_larger_than_needed(trucks):
    """256 px is twice what the network looks at."""
    pack, _ = trucks
    cv2.imwrite(str(pack / "yard/images/train/load0.png"), np.zeros((1000, 2000, 3), np.uint8))
    assert read(trucks)[0].image.shape == (102, 256, 3)


def test_pictures_that_a_small_pack_lacks_are_passed_over(trucks):
    """As long as every load has a crop."""
    pack, table = trucks
    table.write_text(table.read_text() + "yard,train,gone.png,1,covered\n")
    assert len(read(trucks)) == len(LOADS)
    (pack / "yard/images/train/load0.png").unlink()
    with pytest.raises(LabelSetError, match="no train crop of these loads: covered"):
        read(trucks)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("yard,train,load0.png,1,covered", "line 1 is no truck"),
        ("yard,train,load0.png,9,covered", "line 9 is no truck"),
        ("port,train,load0.png,2,covered", "no set is called 'port'"),
        ("yard,train,load0.png,2,full", "line 14: 'full'"),
        ("yard,train,load0.png,0,covered", "line 14: 'covered', line 0"),
        ("yard,train,load0.png,two,covered", "line 14: ValueError"),
        ("yard,train", "line 14: TypeError"),
    ],
)
def test_a_wrong_row_is_named(trucks, row, reason):
    """The file, the line and the reason."""
    _, table = trucks
    table.write_text(table.read_text() + row + "\n")
    with pytest.raises(LabelSetError, match=re.escape(reason)):
        read(trucks)


def test_the_table_that_ships_names_each_truck_once():
    """Sets that are described, no truck twice, no picture in both halves."""
    rows = read_table()
    assert len(rows) > 800
    assert {r.dataset for r in rows} <= {labels.name for labels in descriptions()}
    trucks = Counter((r.dataset, r.split, r.picture, r.line) for r in rows)
    assert set(trucks.values()) == {1}
    assert len({(r.dataset, r.picture) for r in rows}) == len(
        {(r.dataset, r.picture, r.split) for r in rows}
    )
    assert {(r.split, r.load) for r in rows} == {(s, x) for s in ("train", "val") for x in LOADS}
