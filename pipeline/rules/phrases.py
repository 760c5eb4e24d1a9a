"""Every reason that a rule can give, in English and in Chinese: the one table of phrases.

The Chinese is in the words of an enforcement officer's record. Field names are the same in both.
"""

from __future__ import annotations

from pipeline.candidate import Witness
from pipeline.rules.wording import Wording


def _time(en: str, zh: str) -> Wording:
    return Wording(witness=Witness.TIME, en=en, zh=zh)


def _place(en: str, zh: str) -> Wording:
    return Wording(witness=Witness.PLACE, en=en, zh=zh)


def _hours(en: str, zh: str) -> Wording:
    return Wording(witness=Witness.SCHEDULE, en=en, zh=zh)


def _network(en: str, zh: str) -> Wording:
    return Wording(witness=Witness.NETWORK, en=en, zh=zh)


def _change(en: str, zh: str) -> Wording:
    return Wording(witness=Witness.CHANGE, en=en, zh=zh)


_ALL: dict[str, Wording] = {
    "prior": _place(
        "no violation is presumed until the witnesses are heard",
        "未经证据印证，推定不违法",
    ),
    "change_silent": _change(
        "no reference view to compare with yet; the other witnesses must say more",
        "参考画面尚未建立，无法比对，需其他证据更充分",
    ),
    "moving": _time(
        "moved {sizes:.1f} times its own size since first seen",
        "自首次出现已移动 {sizes:.1f} 个自身尺寸，属移动状态",
    ),
}

_VENDING: dict[str, Wording] = {
    "place_forbidden": _place(
        "stands in no-vending zone {zone} ({share:share} of its ground)",
        "位于禁摆区 {zone} 内（占地 {share:share}）",
    ),
    "place_permitted": _place(
        "permitted: inside {zone} in its hours, document {document}",
        "允许摆卖：位于疏导点 {zone} 内且在规定时段，文号 {document}",
    ),
    "place_after_hours": _hours(
        "in permitted place {zone} outside its hours, at {local_time}, document {document}",
        "位于疏导点 {zone}，当地时间 {local_time} 已超出规定时段，文号 {document}",
    ),
    "place_permit_invalid": _hours(
        "the permit of {zone} is not valid on {local_date}, document {document}",
        "疏导点 {zone} 的许可在 {local_date} 不在有效期内，文号 {document}",
    ),
    "place_over_line": _place(
        "{outside_share:share} of its ground is over the line of {zone}, document {document}",
        "超出疏导点 {zone} 边线，越线占地 {outside_share:share}，文号 {document}",
    ),
    "place_wrong_kind": _place(
        "sells {business}, which {zone} does not allow, document {document}",
        "经营类别 {business} 不在疏导点 {zone} 允许范围内，文号 {document}",
    ),
    "place_no_zone": _place(
        "stands outside every zone of this rule",
        "不在任何管控区域内",
    ),
    "dwell_forbidden": _time(
        "in the no-vending zone for {present_seconds:time} (rule: {dwell_seconds:.0f} s)",
        "禁摆区内停留 {present_seconds:time}（规则 {dwell_seconds:.0f} 秒）",
    ),
    "dwell_after_hours": _time(
        "stayed {present_seconds:time} outside the hours (rule: {dwell_seconds:.0f} s)",
        "超时停留 {present_seconds:time}（规则 {dwell_seconds:.0f} 秒）",
    ),
    "dwell_permit_invalid": _time(
        "stayed {present_seconds:time} without a valid permit (rule: {dwell_seconds:.0f} s)",
        "无有效许可停留 {present_seconds:time}（规则 {dwell_seconds:.0f} 秒）",
    ),
    "dwell_over_line": _time(
        "over the line for {present_seconds:time} (rule: {dwell_seconds:.0f} s)",
        "越线停留 {present_seconds:time}（规则 {dwell_seconds:.0f} 秒）",
    ),
    "dwell_wrong_kind": _time(
        "of a kind not allowed for {present_seconds:time} (rule: {dwell_seconds:.0f} s)",
        "经营类别不符，停留 {present_seconds:time}（规则 {dwell_seconds:.0f} 秒）",
    ),
    "dwell_not_reached": _time(
        "there for {present_seconds:time} only (rule: {dwell_seconds:.0f} s)",
        "仅停留 {present_seconds:time}，未达规则时限 {dwell_seconds:.0f} 秒",
    ),
    "long_dwell": _time(
        "more than twice the rule's time",
        "停留时间已超过规则时限两倍",
    ),
    "sees_stall": _network("a stall is seen ({level:share})", "识别到摊位（{level:share}）"),
    "sees_goods": _network("goods are seen ({level:share})", "识别到货物（{level:share}）"),
    "sees_parasol": _network(
        "a parasol is seen ({level:share})",
        "识别到摊位遮阳伞（{level:share}）",
    ),
    "sees_tricycle": _network(
        "a tricycle is seen ({level:share})",
        "识别到三轮车（{level:share}）",
    ),
    "sees_no_vending": _network(
        "neither stall, goods, parasol nor tricycle is recognised",
        "未识别到摊位、货物、遮阳伞或三轮车",
    ),
    "hand_umbrella": _network(
        "the umbrella is held by a person, it is no stall's parasol",
        "系行人手持雨伞，非摊位遮阳伞",
    ),
    "vehicle_stands": _network(
        "a car or lorry, and nothing to sell from, is seen there for {share:share} of the time",
        "{share:share} 的时间该处识别为停放的机动车，未见经营物品",
    ),
    "changed": _change(
        "the spot differs from the camera's reference view ({level:share})",
        "该处与参考画面不一致（{level:share}）",
    ),
    "unchanged": _change(
        "the spot looks as in the reference view: nothing new stands there",
        "该处与参考画面一致，无新增物体",
    ),
    "only_tricycle": _change(
        "what differs is the parked tricycle itself; no goods are seen on it",
        "变化仅为停放的三轮车本身，未见货物",
    ),
    "attended": _time(
        "somebody stands at it for {share:share} of the time",
        "{share:share} 的时间有人在摊位旁停留",
    ),
    "customers": _time(
        "two or more people stand at it for {share:share} of the time",
        "{share:share} 的时间有两人以上在摊位旁停留",
    ),
    "attended_little": _time(
        "somebody stands at it for only {share:share} of the time",
        "仅 {share:share} 的时间有人在旁停留",
    ),
    "abandoned": _time(
        "nobody stands at it ({share:share} of the time): left behind or parked, not trading",
        "无人值守（有人时间占 {share:share}），系废弃或停放，未见经营",
    ),
}

_ADVERTISING: dict[str, Wording] = {
    "on_ad_surface": _place(
        "on surface {zone}, where ads are not allowed ({share:share} of it)",
        "位于禁止设置广告的立面 {zone}（占 {share:share}）",
    ),
    "permitted_ad": _place(
        "permitted: inside place for ads {zone}, document {document}",
        "允许设置：位于准设广告位 {zone}，文号 {document}",
    ),
    "persists": _time(
        "there for {present_seconds:time} (rule: {persist_seconds:.0f} s)",
        "已存在 {present_seconds:time}（规则 {persist_seconds:.0f} 秒）",
    ),
    "persists_not_yet": _time(
        "there for {present_seconds:time} only (rule: {persist_seconds:.0f} s)",
        "仅存在 {present_seconds:time}，未达规则时限 {persist_seconds:.0f} 秒",
    ),
    "long_persists": _time(
        "more than four times the rule's time",
        "存在时间已超过规则时限四倍",
    ),
    "sees_banner": _network("a banner is seen ({level:share})", "识别到横幅（{level:share}）"),
    "sees_poster": _network(
        "a poster or sticker is seen ({level:share})",
        "识别到张贴广告（{level:share}）",
    ),
    "sees_billboard": _network(
        "an advertising board is seen ({level:share})",
        "识别到广告牌（{level:share}）",
    ),
    "sees_graffiti": _network("graffiti is seen ({level:share})", "识别到涂写（{level:share}）"),
    "sees_no_ad": _network("no kind of ad is recognised", "未识别到广告类别"),
    "close_look": _network(
        "recognised in close looks at the surface ({level:share}): small in the whole picture",
        "经立面局部放大识别（{level:share}），在全景画面中过小",
    ),
    "patch_advertisement": _network(
        "cut out, the patch looks like an advertisement ({share:share})",
        "局部截图判读为广告（{share:share}）",
    ),
    "patch_graffiti": _network(
        "cut out, the patch looks like graffiti ({share:share})",
        "局部截图判读为涂鸦（{share:share}）",
    ),
    "patch_sign": _network(
        "cut out, the patch looks like a sign ({share:share})",
        "局部截图判读为招牌（{share:share}）",
    ),
    "patch_other": _network(
        "cut out, the patch looks like neither ad, graffiti nor sign ({share:share})",
        "局部截图判读为非广告、涂鸦、招牌（{share:share}）",
    ),
    "signboard": _network(
        "looks like a shop sign ({level:share}), which is legal",
        "形似店铺招牌（{level:share}），属合法设置",
    ),
    "sign_like": _network(
        "looks like a sign of some kind ({level:share}), on a surface where none may be",
        "形似招牌类物体（{level:share}），但该立面不得设置",
    ),
    "known_sign": _change(
        "a sign stood here before, as in the reference view, and only looks different now",
        "该处原有招牌，仅外观变化（如亮灯、换屏），非新增",
    ),
    "new_on_surface": _change(
        "was not there in the reference view ({level:share} differs)",
        "参考画面中没有，系新增（差异 {level:share}）",
    ),
    "already_there": _change(
        "was already there when the reference view was learned",
        "参考画面建立时即已存在，非新增",
    ),
    "novelty_unknown": _change(
        "no reference view of this light yet: not known whether it is new",
        "当前光照下尚无参考画面，无法判断是否新增",
    ),
    "poster_like": _change(
        "the patch is a filled rectangle ({fill:share}), like paper or cloth",
        "变化区域为规则矩形（填充 {fill:share}），形似纸张或布幅",
    ),
    "held": _network("somebody holds it or stands before it", "有人手持或站立其前"),
    "stall_part": _network("belongs to a stall or parasol", "系摊位或遮阳伞的一部分"),
}

_DUST: dict[str, Wording] = {
    "in_site": _place("over site {zone}", "位于工地 {zone} 上方"),
    "plume_persists": _time(
        "for {present_seconds:time} (rule: {persist_seconds:.0f} s)",
        "持续 {present_seconds:time}（规则 {persist_seconds:.0f} 秒）",
    ),
    "plume_too_short": _time(
        "for {present_seconds:time} only (rule: {persist_seconds:.0f} s)",
        "仅持续 {present_seconds:time}，未达规则时限 {persist_seconds:.0f} 秒",
    ),
    "sees_dust": _network("dust is seen ({level:share})", "识别到扬尘（{level:share}）"),
    "sees_no_dust": _network("dust is not recognised", "未识别到扬尘"),
    "veiled": _change(
        "{cover:share} of the site is veiled against the reference view",
        "与参考画面相比，工地 {cover:share} 被遮蔽",
    ),
    "not_veiled": _change(
        "the site is as clear as in the reference view",
        "工地清晰度与参考画面一致，无遮蔽",
    ),
    "grows": _time(
        "the veil grows by {per_minute:share} a minute", "每分钟扩大 {per_minute:share}"
    ),
    "warm": _change(
        "the veil is grey to brown, as dust is (brown by {share:share})",
        "颜色由灰至黄褐，与尘土相近（黄褐程度 {share:share}）",
    ),
    "local": _change("only the site is veiled, not the picture", "仅工地被遮蔽，并非整个画面"),
    "billows": _time("the veil billows", "呈翻滚扩散状"),
    "fog": _change(
        "the whole picture is veiled ({frame_cover:share}): fog, rain or a dirty lens",
        "整个画面被遮蔽（{frame_cover:share}），系雾、雨或镜头脏污",
    ),
    "mist": _change(
        "the veil is bright and white to blue: water mist of a cannon, or steam",
        "颜色发亮、偏白偏蓝，系雾炮水雾或蒸汽",
    ),
    "halo": _change(
        "a still glow at night: the halo of a lamp",
        "夜间静止光晕，系灯光",
    ),
    "still": _time(
        "the veil neither moves nor grows: glare, a stain on the lens or a reflection",
        "遮蔽静止不变，系眩光、镜头污渍或反光",
    ),
    "net": _change(
        "texture is kept and the colour is not soil's: a covering net that moves",
        "纹理保留且颜色不似尘土，系防尘网飘动",
    ),
    "bare_soil": _change(
        "{share:share} of site {zone} is bare soil (rule: {limit:share})",
        "工地 {zone} 裸露土方占 {share:share}（规则 {limit:share}）",
    ),
    "little_bare_soil": _change(
        "only {share:share} of site {zone} is bare soil (rule: {limit:share})",
        "工地 {zone} 裸露土方仅占 {share:share}（规则 {limit:share}）",
    ),
    "soil_persists": _time(
        "uncovered for {present_seconds:time} (rule: {persist_seconds:time})",
        "未覆盖已 {present_seconds:time}（规则 {persist_seconds:time}）",
    ),
    "soil_not_yet": _time(
        "uncovered for {present_seconds:time} only (rule: {persist_seconds:time})",
        "未覆盖仅 {present_seconds:time}，未达规则时限 {persist_seconds:time}",
    ),
}

_SPILL: dict[str, Wording] = {
    "on_road": _place("on road {zone}", "位于道路 {zone}"),
    "truck_passed": _time(
        "a truck passed in between ({trucks} in {span_seconds:.0f} s)",
        "其间有货车通过（{span_seconds:.0f} 秒内 {trucks} 辆）",
    ),
    "truck_glimpsed": _time(
        "a truck was seen to pass in between ({level:share}), though not in the burst",
        "其间见货车通过（{level:share}），但连拍画面中未能识别",
    ),
    "no_truck_passed": _time(
        "no truck was seen to pass in between",
        "其间未见货车通过",
    ),
    "material": _change(
        "material on {area_share:.2%} of the road after the passage and not before",
        "货车通过后路面出现遗撒物（占道路 {area_share:.2%}），通过前没有",
    ),
    "no_material": _change(
        "the road after the passage is as before it",
        "货车通过前后路面一致，未见遗撒",
    ),
    "rough": _change("it is rough, as soil and rubble are", "表面粗糙，与渣土一致"),
    "other_colour": _change(
        "it has a colour of its own, which water and shadow have not",
        "颜色与路面不同，水渍和阴影不会改变色相",
    ),
    "sharp_edge": _change("its outline is sharp", "边界清晰"),
    "sees_spill": _network(
        "spilled material is seen ({level:share})", "识别到遗撒物（{level:share}）"
    ),
    "wet": _change(
        "darker and smooth: a wet patch or a sprinkler's water",
        "颜色变深且表面光滑，系水渍或洒水",
    ),
    "shadow": _change(
        "darker, texture kept and outline soft: a shadow",
        "仅变暗、纹理保留且边界模糊，系阴影",
    ),
    "whole_road": _change(
        "{area_share:share} of the road changed: snow, rain or light",
        "道路 {area_share:share} 同时变化，系雨雪或光照",
    ),
    "load_open_loaded": _network(
        "an open, loaded truck passed ({share:share} of {votes} crops)",
        "通过车辆敞开装载（{votes} 帧中 {share:share}）",
    ),
    "load_unclear": _network(
        "the truck's load could not be told",
        "无法判断货车装载状态",
    ),
    "load_open_empty": _network(
        "the truck was open and empty ({share:share} of {votes} crops)",
        "通过车辆敞开空载（{votes} 帧中 {share:share}）",
    ),
    "load_covered": _network(
        "the truck's load was covered ({share:share} of {votes} crops)",
        "通过车辆已覆盖（{votes} 帧中 {share:share}）",
    ),
    "load_closed": _network(
        "the truck's body was closed ({share:share} of {votes} crops)",
        "通过车辆为密闭车厢（{votes} 帧中 {share:share}）",
    ),
    "uncovered_load": _network(
        "the load is open in {share:share} of {votes} crops (rule: {limit:share})",
        "{votes} 帧中 {share:share} 显示装载未覆盖（规则 {limit:share}）",
    ),
    "lead_only": _place(
        "a lead only: no material fell while in view",
        "仅作线索：画面内未见遗撒",
    ),
}

PHRASES: dict[str, Wording] = _ALL | _VENDING | _ADVERTISING | _DUST | _SPILL
