"""Legal bases: the law of the day of the act, whole chains, a city's own rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from api.app import create_app
from api.cases.legal_bases import (
    BasisKind,
    LegalBases,
    highest_fine,
    jurisdiction_chain,
    legal_bases_at,
    load_legal_bases,
)
from api.cases.tables import Case
from pipeline.errors import SettingsError
from pipeline.violations import Subtype, Violation, violation_of

BEIJING = jurisdiction_chain("110000/110105/110105014/")
ROW = """
[[bases]]
id = "{id}"
violation = "MUCK_TRUCK_SPILL"
acts = ["ROAD_SPILL"]
norm = "条例"
jurisdiction = "CN"
verification = "web"
{more}
"""


EXAMPLE = """
version = "our-city-1"

[[bases]]
id = "OUR-1"
violation = "STREET_VENDING"
acts = ["STALL"]
norm = "a regulation of the city"
article = "12"
jurisdiction = "110000"
effective_from = 2026-01-01
verification = "mirror"
"""


def ids(subtype, act_time, chain=BEIJING, **fields):
    rows = legal_bases_at(violation_of(subtype), subtype, chain, act_time, **fields)
    return [row.id for row in rows]


def file_of(tmp_path, *rows, acts=""):
    path = tmp_path / "city.toml"
    path.write_text('version = "city-1"\n' + acts + "".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("act_time", "expected"),
    [
        (datetime(2026, 8, 14, 4, 0, tzinfo=UTC), "NAT-AIR-116"),
        (datetime(2026, 8, 14, 15, 59, 59, tzinfo=UTC), "NAT-AIR-116"),  # 23:59:59 in Beijing
        (datetime(2026, 8, 14, 16, 0, tzinfo=UTC), "NAT-ECO-1129"),  # 00:00 of the 15th
        (datetime(2026, 8, 15, 4, 0, tzinfo=UTC), "NAT-ECO-1129"),
    ],
)
def test_the_law_of_the_day_of_the_act(act_time, expected):
    """LAW-52: acts on 2026-08-14 and on 2026-08-15 fall under different laws."""
    assert ids(Subtype.SPILL_UNCOVERED_LOAD, act_time) == [expected]


def test_a_decision_under_a_newer_law_sees_both():
    """A lighter later law goes before; a person chooses."""
    act, decision = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    found = ids(Subtype.SPILL_UNCOVERED_LOAD, act, decision_time=decision)
    assert found == ["NAT-AIR-116", "NAT-ECO-1129"]


def test_every_norm_that_overlaps_is_named():
    """LAW-51: one act may fall under several norms; the highest fine is told apart."""
    rows = legal_bases_at(
        Violation.MUCK_TRUCK_SPILL,
        Subtype.SPILL_ROAD,
        BEIJING,
        datetime(2026, 11, 23, tzinfo=UTC),
    )
    assert {row.id for row in rows} == {
        "NAT-ECO-1129",
        "NAT-ECO-1169-UNIT",
        "NAT-ECO-1169-INDIVIDUAL",
        "NAT-139-25",
        "NAT-RTSL-48",
    }
    assert highest_fine(rows).id == "NAT-ECO-1169-UNIT"
    assert highest_fine([]) is None


def test_a_citys_norm_holds_in_that_city():
    """Beijing's rows are none of Shanghai's business."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    shanghai = jurisdiction_chain("310000/310115/")
    assert "BJ-SRHW-35-1" in ids(Subtype.VENDING_NO_PERMIT_PLACE, now)
    assert ids(Subtype.VENDING_NO_PERMIT_PLACE, now, shanghai) == ["NAT-WZWZ-13", "NAT-CSDL-42"]


@pytest.mark.parametrize("subtype", list(Subtype))
def test_every_subtype_has_a_basis_in_beijing(subtype):
    """No case of the reference city is handed over without a norm."""
    assert ids(subtype, datetime(2026, 11, 23, tzinfo=UTC))


def test_an_exemption_is_no_basis():
    """A designated place and time exempts; it forbids nothing."""
    shipped = load_legal_bases()
    exempting = shipped.at(
        subtype=Subtype.VENDING_OVER_TIME,
        jurisdictions=BEIJING,
        day=datetime(2026, 11, 23, tzinfo=UTC).date(),
        kind=BasisKind.EXEMPTION,
    )
    assert [row.id for row in exempting] == ["NAT-WZWZ-3"]
    known = {row.id for row in shipped.bases}
    named = {id_ for row in shipped.bases for id_ in row.exempt_if}
    assert named - known == {"LOCAL-APPROVED-OCCUPATION"}  # a zone with an approval, no norm


def test_rows_that_await_a_legal_check():
    """All but those read in a copy of the official text carry the badge."""
    rows = {row.id: row for row in load_legal_bases().bases}
    assert rows["NAT-ECO-1129"].awaits_legal_check
    assert not rows["NAT-AIR-116"].awaits_legal_check


def test_the_subtype_belongs_to_the_violation():
    """A mixed-up pair is a mistake of the caller."""
    with pytest.raises(ValueError, match="does not belong"):
        legal_bases_at(
            Violation.ILLEGAL_AD, Subtype.SPILL_ROAD, BEIJING, datetime(2026, 1, 1, tzinfo=UTC)
        )


def chain(older_to, newer_from, **fields):
    older = {"id": "OLD", "effective_from": "2020-01-01", "effective_to": older_to}
    newer = {"id": "NEW", "effective_from": newer_from, "supersedes": ["OLD"]} | fields
    base = {
        "violation": "MUCK_TRUCK_SPILL",
        "acts": ["ROAD_SPILL"],
        "norm": "n",
        "jurisdiction": "CN",
        "verification": "web",
    }
    rows = [base | older, base | newer]
    return LegalBases.model_validate({"version": "1", "bases": rows})


def test_a_whole_chain_is_taken():
    """The day after the last day of the one before."""
    assert len(chain("2026-08-14", "2026-08-15").bases) == 2


@pytest.mark.parametrize(
    ("older_to", "newer_from", "fields", "words"),
    [
        ("2026-08-13", "2026-08-15", {}, "a gap: it should begin on 2026-08-14"),
        ("2026-08-15", "2026-08-15", {}, "an overlap: it should begin on 2026-08-16"),
        (None, "2026-08-15", {}, "both need the day"),
        ("2026-08-14", None, {}, "both need the day"),
        ("2019-01-01", "2019-01-02", {}, "lies before effective_from"),
        ("2026-08-14", "2026-08-15", {"supersedes": ["GONE"]}, "GONE, which is not there"),
        ("2026-08-14", "2026-08-15", {"id": "OLD"}, "repeated: OLD"),
        ("2026-08-14", "2026-08-15", {"jurisdiction": "110000"}, "another violation or juris"),
    ],
)
def test_gaps_and_overlaps_are_refused(older_to, newer_from, fields, words):
    """A chain of norms in which a day has none, or two, is refused with the day."""
    with pytest.raises(ValueError, match=words):
        chain(older_to, newer_from, **fields)


def test_a_city_adds_and_replaces_rows(tmp_path):
    """A file of its own adds a row, and puts another in the place of a shipped one."""
    own = ROW.format(id="SZ-1", more='article = "7"').replace('"CN"', '"440300"')
    path = file_of(tmp_path, own, ROW.format(id="NAT-139-25", more='article = "25 (checked)"'))
    among = load_legal_bases(path)
    rows = legal_bases_at(
        Violation.MUCK_TRUCK_SPILL,
        Subtype.SPILL_ROAD,
        jurisdiction_chain("440300/"),
        datetime(2026, 11, 23, tzinfo=UTC),
        among=among,
    )
    found = {row.id: row.article for row in rows}
    assert found["SZ-1"] == "7"
    assert found["NAT-139-25"] == "25 (checked)"
    assert among.version.endswith("+city-1")


@pytest.fixture
def city_file(tmp_path):
    """A city's file with a row of its own for the kind of act that tests make."""
    path = tmp_path / "city.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


@pytest.fixture
def settings(settings, city_file):
    """The centre's settings, with that file."""
    return settings.model_copy(update={"legal_bases": city_file})


def test_a_citys_file_is_a_setting(hand_over, reviewer, database):
    """A case names the city's norm beside the nation's, and its page shows the row."""
    hand_over()
    with database.reading() as session:
        case = session.scalars(select(Case)).one()
    assert "OUR-1" in case.legal_bases
    told = reviewer().caller.get(f"/api/v1/cases/{case.id}").json()["legal_bases"]
    assert {row["id"] for row in told} == set(case.legal_bases)


def test_a_file_that_does_not_hold_is_said_at_the_start(settings, secrets, city_file, tmp_path):
    """A centre with a wrong file does not start, rather than fail at the first case."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(EXAMPLE.replace("article", "paragraph"), encoding="utf-8")
    for path in (wrong, tmp_path / "missing.toml"):
        with pytest.raises(SettingsError, match=path.name):
            create_app(settings.model_copy(update={"legal_bases": path}), secrets)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('supersedes = ["NAT-ECO-1129"]\neffective_from = 2027-01-01', "both need the day"),
        ('supersedes = ["NOBODY"]', "NOBODY"),
        ("fines = 5", "fines"),
        ("effective_from = 2026-13-01", "TOML"),
    ],
)
def test_a_citys_mistakes_are_named(tmp_path, more, words):
    """What is wrong in a city's file is told with the file."""
    path = file_of(tmp_path, ROW.format(id="X-1", more=more))
    with pytest.raises(SettingsError, match=words) as refused:
        load_legal_bases(path)
    assert "city.toml" in str(refused.value)


def test_the_documents_example_is_taken(tmp_path):
    """The example of docs/legality.md is a file that a city could add."""
    document = Path(__file__).parents[3] / "docs/legality.md"
    example = document.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "city.toml"
    path.write_text(example, encoding="utf-8")
    assert "OUR-1" in {row.id for row in load_legal_bases(path).bases}
