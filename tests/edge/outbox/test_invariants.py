"""Whatever happens in whatever order: nothing changes on the way or vanishes without a gap."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.outbox.outbox import Outbox, OutboxSettings
from edge.outbox.priority import EntryState, Holding, Urgency, Worth, drop_order
from pipeline.violations import Subtype
from tests.edge.bundles import NOW, BundleMaker

QUOTA = 60_000  # bytes; some eight bundles of these tests
CANDIDATES = st.integers(1, 3)


class OutboxLife(RuleBasedStateMachine):
    """Bundles come, are sent, refused or lost, the process is killed, the quota bites."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.maker = BundleMaker(self.folder)
        self.outbox = self.open()
        self.made: dict[int, list[str]] = {}  # sequence -> digests
        self.updates: dict[int, int] = {}
        self.acknowledged: set[int] = set()
        self.refused: set[int] = set()
        self.sent_updates: dict[str, int] = {}
        self.gap_numbers: list[int] = []
        self.gap_sequences: set[int] = set()
        self.largest = 0
        self.sending = None

    def open(self):
        limits = OutboxSettings(quota_bytes=QUOTA, min_free_bytes=0)
        return Outbox(self.folder / "outbox", limits, now=lambda: NOW)

    @rule(
        candidate=CANDIDATES,
        size=st.sampled_from([100, 2000, 8000]),
        subtype=st.sampled_from([Subtype.SPILL_ROAD, Subtype.AD_BANNER]),
        killed=st.booleans(),
    )
    def bundle(self, candidate, size, subtype, killed):
        update = self.outbox.free_update(UUID(int=candidate), self.updates.get(candidate, -1) + 1)
        self.updates[candidate] = update
        bundle = self.maker.make(candidate, update, size=size, subtype=subtype)
        self.made[bundle.manifest.sequence] = sorted(i.sha256 for i in bundle.evidence)
        taken = sum(i.size_bytes for i in bundle.evidence) + 12_000  # its texts and its candidate's
        self.largest = max(self.largest, taken)
        if not killed:
            self.outbox.take_in(bundle.folder)
            self.learn_gaps()

    @rule()
    def kill_and_restart(self):
        self.outbox.close()
        self.sending = None
        self.outbox = self.open()
        self.outbox.sweep(self.maker.evidence)
        self.learn_gaps()

    @precondition(lambda self: self.sending is None)
    @rule()
    def start_sending(self):
        self.sending = self.outbox.next_entry()

    @precondition(lambda self: self.sending is not None)
    @rule(answer=st.sampled_from(["receipt", "receipt", "later", "no", "damaged"]))
    def answer(self, answer):
        entry, self.sending = self.sending, None
        digests = [
            hashlib.sha256(self.outbox.path_of(blob).read_bytes()).hexdigest()
            for blob in entry.blobs
        ]
        assert sorted(digests) == self.made[entry.sequence], "the bytes are those of the bundle"
        if answer == "receipt":
            before = self.sent_updates.get(entry.candidate_id, -1)
            assert entry.update > before, "updates arrive in order, and none twice"
            assert entry.sequence not in self.acknowledged
            self.sent_updates[entry.candidate_id] = entry.update
            self.acknowledged.add(entry.sequence)
            self.outbox.acknowledge(entry)
        elif answer == "later":
            self.outbox.postpone(entry)
        elif answer == "no":
            self.refused.add(entry.sequence)
            self.outbox.refuse(entry, "no")
        else:
            self.outbox.declare_damaged(entry, "gone")
            self.learn_gaps()

    @rule()
    def report_gaps(self):
        if self.gap_numbers:
            self.outbox.forget_gaps(self.gap_numbers[-1])

    def learn_gaps(self):
        for gap in self.outbox.gaps(500):
            if gap.number not in self.gap_numbers:
                self.gap_numbers.append(gap.number)
                self.gap_sequences.add(gap.sequence)

    @invariant()
    def gaps_are_numbered_without_holes(self):
        assert self.gap_numbers == list(range(1, len(self.gap_numbers) + 1))

    @invariant()
    def the_quota_is_kept(self):
        assert self.outbox.figures().used_bytes <= QUOTA + self.largest

    @invariant()
    def nothing_acknowledged_becomes_a_gap(self):
        assert not self.acknowledged & self.gap_sequences

    def teardown(self):
        """Send the rest: then every bundle was acknowledged, refused, or is a gap."""
        self.kill_and_restart()
        while (entry := self.outbox.next_entry()) is not None:
            self.sending = entry
            self.answer("receipt")
        told = self.acknowledged | self.refused | self.gap_sequences
        assert told == set(self.made)
        self.outbox.close()
        shutil.rmtree(self.folder)


OutboxLife.TestCase.settings = settings(
    max_examples=3,
    stateful_step_count=25,
    deadline=None,  # the disk's syncs take what they take
    suppress_health_check=list(HealthCheck),
)
# Every step waits for the disk; a machine that is busy with its disk needs minutes.
TestOutboxLife = pytest.mark.timeout(900)(OutboxLife.TestCase)

HOLDINGS = st.lists(
    st.builds(
        Holding,
        entry_id=st.integers(1, 10**6),
        candidate_id=st.sampled_from("abc"),
        update=st.integers(0, 5),
        state=st.sampled_from(EntryState),
        urgency=st.sampled_from(Urgency),
    ),
    max_size=20,
    unique_by=lambda h: h.entry_id,
)


@given(HOLDINGS)
def test_redundant_data_goes_before_the_newest_evidence_of_a_violation(holdings):
    """In the whole order no unsent newest update stands before something that is redundant."""
    order = drop_order(holdings)
    worths = [worth for worth, _ in order]
    assert worths == sorted(worths)
    newest = {}
    for holding in holdings:
        if holding.state is not EntryState.REFUSED:
            newest[holding.candidate_id] = max(newest.get(holding.candidate_id, 0), holding.update)
    for worth, holding in order:
        is_newest = holding.update == newest.get(holding.candidate_id)
        if holding.state is EntryState.WAITING and is_newest:
            assert worth >= Worth.NEWS
    assert not [h for _, h in order if h.state is EntryState.UPLOADING]
    assert len(order) == sum(h.state is not EntryState.UPLOADING for h in holdings)


@given(HOLDINGS)
def test_the_less_urgent_goes_first_and_then_the_oldest(holdings):
    """Within one worth."""
    order = drop_order(holdings)
    for (worth, earlier), (next_worth, later) in pairwise(order):
        if worth == next_worth:
            assert earlier.urgency >= later.urgency
            if earlier.urgency == later.urgency:
                assert earlier.entry_id < later.entry_id
