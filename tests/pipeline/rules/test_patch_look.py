"""Looks at patches: whose turn it is, what may be looked at, and what a look weighs."""

from itertools import pairwise

import pytest

from pipeline.change.results import ViewState
from pipeline.geometry import Box
from pipeline.rules.advertising import AdvertisingRule
from pipeline.rules.patch_look import PATCH_KINDS, PatchLook, PatchLookRequest, PatchLooks, ad_share
from pipeline.rules.settings import AdvertisingSettings, PatchLookSettings
from pipeline.zones import ZoneKind
from tests.pipeline.rules.street import Moment, Story, Thing, View, camera, observe, rectangle

WALL = {"id": "w1", "kind": ZoneKind.AD_SURFACE, "polygon": rectangle(0.2, 0.1, 0.8, 0.6)}
PAPER = Box(0.30, 0.30, 0.34, 0.38)
NEW = Moment(view=View(proposals=(PAPER,)))  # something that no detector knows
EMPTY = Moment()


def shares(advertisement=0.0, graffiti=0.0, sign=0.0):
    """What the classifier says; the rest is for "other"."""
    said = (advertisement, graffiti, sign, 1 - advertisement - graffiti - sign)
    return dict(zip(PATCH_KINDS, said, strict=True))


class Wall(Story):
    """A story in which every look at a patch is answered in the same way."""

    def __init__(self, answer, settings=None, *zones, tells_patches=True):
        seen_by = camera(*(zones or (WALL,)))
        rule = AdvertisingRule(seen_by, settings, tells_patches=tells_patches)
        super().__init__(rule, seen_by)
        self.answer = answer
        self.looks = []

    def show(self, moment):
        """Show one moment, and answer what the rule asks for."""
        observation = observe(self.seen_by, self.seconds, moment, self.begins)
        outcome = self.rule.observe(observation)
        self.judgements = outcome.judgements
        self.events += self.book.update(observation, outcome.judgements)
        for request in outcome.look_requests:
            if isinstance(request, PatchLookRequest):
                self.looks.append(request)
                if self.answer is not None:
                    self.rule.hear(PatchLook(shares=dict.fromkeys(request.patches, self.answer)))


def new_paper(answer, settings=None, **options):
    """Two and a half minutes of a new paper."""
    return Wall(answer, settings, **options).play(EMPTY, 30).play(NEW, 150)


@pytest.mark.parametrize(
    "answer", [shares(advertisement=0.8), shares(graffiti=0.8), shares(0.2, 0.2, 0.6)]
)
def test_what_is_new_and_looks_like_an_ad_fires(answer):
    """Change and time alone leave it below the bar; the look lifts it over."""
    assert not new_paper(None).opened
    [episode] = new_paper(answer).opened
    said = {r.code: r for r in episode.explanation.reasons}
    [look] = [r for code, r in said.items() if code.startswith("patch_")]
    assert look.weight > 0
    assert look.values["ad_share"] == pytest.approx(ad_share(answer, 0.75), abs=1e-3)


def test_where_a_stall_and_an_ad_are_one_box_the_look_decides():
    """The network calls it a parasol, too: an ad is one all the same, and a parasol is none.

    A banner on a larger stall stays a part of it, whatever the look says.
    """
    parasol = Thing("umbrella", PAPER, 0.6)
    stall = Thing("stall", Box(0.28, 0.25, 0.40, 0.55), 0.6)
    for thing, answer, is_ad in (
        (parasol, shares(0.9), True),
        (parasol, shares(0.1), False),
        (stall, shares(0.9), False),
    ):
        wall = Wall(answer).play(EMPTY, 30).play(Moment((thing,), NEW.view), 240)
        assert bool(wall.opened) == is_ad
        assert ("stall_part" in wall.codes) == (thing is stall)


@pytest.mark.parametrize("answer", [shares(0.5), shares(0.6), shares(), shares(sign=0.6)])
def test_an_unsure_look_or_one_that_denies_does_not_fire(answer):
    """Even odds weigh nothing: what is left is change, which never decides alone."""
    assert not new_paper(answer).opened


def test_a_denial_outweighs_a_weak_detection():
    """A window that the detector half takes for a poster stays a window."""
    half = Moment((Thing("poster", PAPER, 0.32),), View(proposals=(PAPER,)))
    assert Wall(None).play(EMPTY, 30).play(half, 150).opened
    assert not Wall(shares()).play(EMPTY, 30).play(half, 150).opened


def test_the_surer_of_two_networks_counts_once():
    """Detector and classifier are one witness: their words are not added up."""
    sure = Moment((Thing("poster", PAPER, 0.6),), View(proposals=(PAPER,)))
    alone = Wall(None).play(EMPTY, 30).play(sure, 200)
    both = Wall(shares(0.85)).play(EMPTY, 30).play(sure, 200)
    assert both.judgements[0].explanation.score == alone.judgements[0].explanation.score


def test_where_new_signs_are_not_suspect_a_sign_is_no_ad():
    """A site that lets shops hang up what they like."""
    lenient = AdvertisingSettings(new_signs_are_suspect=False)
    assert new_paper(shares(sign=0.95)).opened
    assert not new_paper(shares(sign=0.95), lenient).opened


def test_without_a_classifier_nothing_is_asked():
    """A box without the network decodes nothing for it."""
    assert not new_paper(shares(0.9), tells_patches=False).looks


def test_a_patch_is_looked_at_at_once_and_then_now_and_then():
    """Four looks in the rule's two minutes."""
    told = new_paper(shares(0.9))
    seconds = [request.seconds for request in told.looks]
    assert 3 <= len(seconds) <= 5
    assert min(b - a for a, b in pairwise(seconds)) >= 30
    [box] = told.looks[0].patches.values()
    assert box.iou(PAPER) > 0.9


@pytest.mark.parametrize(
    "moment",
    [
        Moment((Thing("poster", PAPER),), View()),  # as in the reference view
        Moment((Thing("person", PAPER.grown(0.1, 1, 1)),), View(proposals=(PAPER,))),
        Moment((Thing("poster", PAPER),), View(state=ViewState.UNSTABLE)),
        Moment((Thing("poster", PAPER),), None),
    ],
)
def test_what_is_not_new_or_not_in_plain_view_is_not_looked_at(moment):
    """A look would tell of something else, or of nothing."""
    assert not Wall(shares(0.9)).play(EMPTY, 30).play(moment, 150).looks


def test_a_look_counts_once_and_its_answers_are_averaged():
    """The first one holds until the second: somebody may still be at work there."""
    told = Wall(shares(0.9)).play(EMPTY, 30).play(NEW, 40)
    heard = [ad_share_said(told)]
    for answer in (shares(0.1), shares(0.7)):
        told.answer = answer
        told.play(NEW, 30)
        heard.append(ad_share_said(told))
    assert len(told.looks) == 3
    assert heard == pytest.approx([0.9, 0.1, 0.4], abs=0.01)


def ad_share_said(told):
    """The share for an ad in the rule's reasons."""
    [said] = [r for r in told.judgements[0].explanation.reasons if r.code.startswith("patch_")]
    return said.values["ad_share"]


def test_a_restart_keeps_what_looks_said():
    """The shares are part of the presence's figures."""
    told = new_paper(shares(0.8))
    told.restart(AdvertisingRule(told.seen_by, tells_patches=True))
    told.answer = None
    told.seconds += 60
    told.show(NEW)
    codes = {r.code for r in told.judgements[0].explanation.reasons}
    assert "patch_advertisement" in codes


def test_turns_go_to_those_that_waited_longest():
    """More patches than a look takes: each is seen in time, none twice before the others."""
    settings = PatchLookSettings(most_patches=2)
    looks = PatchLooks(settings)
    patches = dict.fromkeys(range(5), PAPER)
    asked = []
    for second in range(0, 60, 2):
        request = looks.due(float(second), patches)
        looks.end_frame(frozenset(patches))
        if request is not None:
            asked.append((second, tuple(request.patches)))
    assert asked[:4] == [(0, (0, 1)), (10, (2, 3)), (20, (4,)), (30, (0, 1))]


def test_looks_can_be_switched_off():
    """A site that does not want them."""
    off = PatchLooks(PatchLookSettings(enabled=False))
    assert off.due(0.0, {1: PAPER}) is None


def test_what_has_gone_is_forgotten():
    """A hundred thousand patches, one after the other, leave nothing behind."""
    looks = PatchLooks(PatchLookSettings())
    for number in range(100_000):
        looks.due(10.0 * number, {number: PAPER})
        looks.hear(PatchLook(shares={number: shares(0.9)}))
        looks.end_frame(frozenset({number}))
    assert looks._asked == {99_999: 999_990.0}
    assert looks.said(99_999) == {}
