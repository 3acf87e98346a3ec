"""What stands in the records of the demonstration: invented people, matters and places, drawn by the history's seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from saas.demo.draws import Draw

Raw = Mapping[str, list[str]]

_SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪曾周叶苏庄"
_GIVEN = (
    "秀英",
    "桂香",
    "建国",
    "水生",
    "玉兰",
    "金水",
    "志强",
    "春梅",
    "德福",
    "美珍",
    "荣发",
    "月娥",
    "长根",
    "素芬",
)
_ROADS = ("村部至桥头", "一组至三组", "主村道", "沿溪步道", "小学周边", "文化广场", "四组至水口", "新村点")
_DISPUTES = (
    ("farming", "两组共用水渠分水"),
    ("farming", "机耕路占用承包地的补偿"),
    ("wages", "采茶季临时用工工钱结算"),
    ("environment", "养殖场污水排入沟渠"),
    ("housing", "新建房屋滴水相邻界线"),
    ("neighbours", "院墙外排水影响邻居"),
    ("finance", "合作社股金退还"),
    ("neighbours", "两户共用晒场的使用"),
)
_ASSETS = (
    ("building", "原村小学教学楼", "let"),
    ("building", "村部办公楼", "own"),
    ("equipment", "垃圾清运三轮车", "own"),
    ("land", "水库养殖水面", "let"),
    ("building", "旧茶厂厂房", "idle"),
    ("equipment", "变压器和水泵", "own"),
)
_HAZARDS = (
    ("fire", "3号楼楼道", "楼道堆放纸箱，占用疏散通道"),
    ("fire", "沿街店铺二层", "电动自行车在室内充电"),
    ("building", "老旧小区围墙", "围墙开裂外倾，行人经过有危险"),
    ("gas", "小餐馆后厨", "燃气软管老化，没有装报警器"),
    ("traffic", "幼儿园路口", "人行横道标线磨损，没有减速带"),
    ("food", "便民市场熟食摊", "熟食没有防尘罩，刀具混用"),
)
_MEASURES = ("当面说明规定，限期清理", "联系产权单位维修，设临时围挡", "更换部件并做一次全面检查", "增设标志和减速设施")
_CARE = ("行动不便，需要代买生活用品", "血压偏高，提醒按时服药", "听力不好，探访时敲门要重", "膝盖手术后恢复期")


def name_of(draw: Draw) -> str:
    """An invented name."""
    return draw.pick(_SURNAMES) + draw.pick(_GIVEN)


def phone_of(draw: Draw) -> str:
    """A number that nobody can have: none begins with 100."""
    return f"100{draw.between(0, 9)}000{draw.between(1000, 9999)}"


def cleaner(draw: Draw, day: date) -> Raw:
    return {
        "section": [draw.pick(_ROADS)],
        "person.name": [name_of(draw)],
        "person.gender": [draw.pick(("male", "female"))],
        "person.birth_year": [str(draw.between(1958, 1985))],
        "person.phone": [phone_of(draw)],
        "work.hired_on": [(day - timedelta(days=draw.between(30, 900))).isoformat()],
        "work.households": [str(draw.between(25, 140))],
        "work.allowance": [str(draw.between(6, 15) * 100)],
        "work.insured": ["yes" if draw.is_hit(80) else "no"],
    }


def dispute(draw: Draw, day: date) -> Raw:
    field, matter = draw.pick(_DISPUTES)
    return {
        "matter": [matter],
        "field": [field],
        "found.day": [day.isoformat()],
        "found.place": [f"{draw.pick('一二三四五六')}组"],
        "found.people": [str(draw.between(2, 12))],
        "found.risk": [draw.pick(("low", "low", "low", "middle"))],
        "solution.measures": ["村调解小组上门，各听一次意见，再约到村部协商"],
        "solution.deadline": [(day + timedelta(days=draw.between(15, 60))).isoformat()],
        "solution.result": ["双方签了协议，按协议办"],
    }


def asset(draw: Draw, day: date) -> Raw:
    kind, name, use = draw.pick(_ASSETS)
    answers = {
        "asset": [name],
        "kind": [kind],
        "use": [use],
        "value.original": [str(draw.between(8, 260) * 1000)],
        "value.entered_on": [(day - timedelta(days=draw.between(400, 3000))).isoformat()],
    }
    answers |= {"value.area": [str(draw.between(60, 800))]} if kind != "equipment" else {"value.area:na": ["1"]}
    if use == "let":
        answers["contract.number"] = [f"合{day.year}-{draw.between(1, 60):03}"]
        answers["contract.rent"] = [str(draw.between(2, 60) * 500)]
        answers["contract.ends_on"] = [(day + timedelta(days=draw.between(20, 700))).isoformat()]
    return answers


def hazard(draw: Draw, day: date) -> Raw:
    kind, place, what = draw.pick(_HAZARDS)
    return {
        "place": [place],
        "kind": [kind],
        "found.day": [day.isoformat()],
        "found.grade": ["major" if draw.is_hit(12) else "general"],
        "found.what": [what],
        "mending.measures": [draw.pick(_MEASURES)],
        "mending.cost": [f"0.{draw.between(1, 9)}"],
        "mending.done_on": [(day + timedelta(days=draw.between(3, 12))).isoformat()],
    }


def care(draw: Draw, day: date) -> Raw:
    grid = draw.between(1, 4)
    return {
        "grid": [f"第{grid}网格"],
        "person.name": [name_of(draw)],
        "person.phone": [phone_of(draw)],
        "person.address": [f"幸福小区{draw.between(1, 30)}栋{draw.between(1, 3)}单元{draw.between(101, 608)}室"],
        "person.relative": [f"{name_of(draw)} {phone_of(draw)}"],
        "person.consent": ["OK"],
        "health": [draw.pick(_CARE)],
        "service.rhythm": [draw.pick(("day", "week", "week", "half_month"))],
        "service.since": [(day - timedelta(days=draw.between(30, 500))).isoformat()],
        "service.visits": [str(draw.between(4, 90))],
        "service.last": [day.isoformat()],
    }


WRITERS: Mapping[str, Callable[[Draw, date], Raw]] = {
    "cleaners": cleaner,
    "disputes": dispute,
    "village_assets": asset,
    "hazards": hazard,
    "elderly_care": care,
}
"""By the code of a register, who writes what stands in one of its records."""
