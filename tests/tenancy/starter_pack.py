"""A small starter pack with one of everything, to be written into a folder, changed and read."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "pack.toml": """
schema = 2
version = "1.0"
kind = "starter"
name = "village-works"
title = "村级事务起步包"
description = "试点村每月报送公共事务办理情况。"
topic = "村级事务"

[branding]
letterhead = "青山县人民政府文件"
agency_code = "青政发"
issuing_unit = "@root"
signature_name = "青山县人民政府"
addressees = "各乡镇人民政府"

[calendar]
units_valid_from = 2024-01-01

[notes]
undetermined = ["考核周期由县里确定"]
""",
    "org/unit_types.csv": "code,name,level,is_territorial,parents\ntownship,乡镇,2,是,\nvillage,村,3,是,township\n",
    "org/attributes.csv": "unit_type,name,label,type,measure,choices\nvillage,is_pilot,试点,yes_no,,\n",
    "org/posts.csv": "unit,name,roles,sort_order\n@root,专班办公室主任,office,5\n@root,分管副县长,leader,3\n",
    "org/post_templates.csv": "unit_type,name,roles,sort_order\nvillage,事务专干,village_clerk,20\n",
    "org/functions.csv": "unit,function,starts_on\n@root,统筹,2024-01-01\n",
    "org/hierarchies.csv": "code,name,purpose,alternative_to\nparty,党组织,party,administrative\n",
    "org/link_kinds.csv": (
        "name,from_people,from_units,from_types,to_types,layers,covers_targets,covers_sources,note\n"
        "挂点,是,,,village,一级包保|二级包保,是,否,每村至少一名\n"
    ),
    "cohorts.toml": """
[[cohorts]]
code = "pilot"
name = "试点村"
starts_on = "{year}-01-01"
definition = { unit_types = ["village"], where = [{ attribute = "is_pilot", equals = true }] }
""",
    "bodies.toml": """
[[templates]]
code = "village_group"
name = "村级工作组"
kind = "work_group"
unit_types = ["village"]
duty = "办理村级事务"
rules = { head = [1, 1], deputy = [1, 2], quorum = "more_than_half" }

  [[templates.seats]]
  role = "head"
  by = "post"
  post = "事务专干"

  [[templates.seats]]
  role = "member"
  by = "function"
  function = "宣传"

[[bodies]]
code = "affairs_group"
name = "村级事务领导小组"
kind = "leading_group"
unit = "@root"
rules = { head = [1, 1] }

  [[bodies.seats]]
  role = "head"
  by = "post"
  post = "@root/分管副县长"

  [[bodies.seats]]
  role = "member"
  by = "function"
  function = "宣传"
  is_lead = true

[[bodies]]
code = "affairs_office"
name = "领导小组办公室"
kind = "office"
unit = "@root"
parent = "affairs_group"
host_unit = "@root"
""",
    "routes.toml": """
[[routes]]
code = "affairs_review"
name = "村级事务审核"

  [[routes.steps]]
  code = "office"
  name = "专班审核"
  kind = "accept"
  who = { post = "专班办公室主任", at = "unit:@root" }
""",
    "forms/affairs_report.toml": """
code = "affairs_report"
name = "村级事务月报"

[registration]
owner_unit = "@root"
legal_basis = "村级事务{year}年实施方案"
expires_on = "{year+1}-12-31"

[[fields]]
type = "integer"
name = "handled"
label = "办理事项"
required = true
min = 0
measure = "件"
""",
    "collections.toml": """
[[collections]]
code = "affairs_report"
name = "村级事务月报"
form = "affairs_report"
route = "affairs_review"
plan = "affairs_plan"
cadence = "month"
starts_on = "{year}-01-01"
cohort = { unit_types = ["village"], under = ["@root"] }

  [collections.window]
  opens = { from = "start", days = 0 }
  due = { from = "end", days = 5 }
  due_inclusive = true
""",
    "targets.toml": """
plan = "affairs_plan"

[[targets]]
code = "T01"
name = "办结率"
comparator = "at_least"
kind = "percent"
figure = 95
measure = "件"
numerator = "办结事项"
denominator = "受理事项"
deadline = "{year}-12-31"
responsible_unit = "@root"
""",
    "plans/affairs_plan.toml": """
code = "affairs_plan"
title = "{year}年村级事务实施方案"
topic = "村级事务"
unit = "@root"
route = "affairs_review"
starts_on = "{year}-01-01"
ends_on = "{year}-12-31"
basis = "根据有关要求，制定本方案。"
goals = "办好村级事务。"
signatory = "分管副县长"

[[sections]]
heading = "总体要求"
body = "按月报送。"

[[tasks]]
code = "1"
title = "宣传"
mode = "lead_responsible"

  [[tasks.parts]]
  code = "a"
  due_on = "{year}-06-30"
  units = [
    { function = "宣传", role = "lead" },
    { unit_type = "village", label = "各村", role = "responsible" },
    { unit = "@root", role = "supervisor" },
  ]
""",
}


def write_starter(folder: Path, **changed: str) -> Path:
    """Write the pack into a folder. `changed` replaces files by their names with `_` for `/` and without suffix."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, text.lstrip("\n")), encoding="utf-8")
    return folder
