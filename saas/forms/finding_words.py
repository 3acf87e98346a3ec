"""How the findings of a comparison are worded (兼容检查的用语)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from saas.domain.compatibility import FindingKind, Severity

SEVERITY_LABELS: Mapping[Severity, tuple[object, str, str]] = {
    Severity.BREAKING: (_l("口径变化"), "danger", "alert"),
    Severity.MINDED: (_l("需留意"), "warning", "info"),
    Severity.HARMLESS: (_l("无影响"), "neutral", "check"),
}

KIND_LABELS: Mapping[FindingKind, object] = {
    FindingKind.REMOVED: _l("删除"),
    FindingKind.TYPE_CHANGED: _l("类型变化"),
    FindingKind.MEASURE_CHANGED: _l("计量单位变化"),
    FindingKind.MOVED_ROWS: _l("移入或移出逐条填写"),
    FindingKind.CHOICE_REMOVED: _l("去掉选项"),
    FindingKind.CHOICES_ELSEWHERE: _l("选项来源变化"),
    FindingKind.CALCULATION_CHANGED: _l("计算式变化"),
    FindingKind.SENSITIVITY_LOWERED: _l("降低保护等级"),
    FindingKind.RENAMED: _l("字段名变化"),
    FindingKind.MOVED: _l("移到别的分组"),
    FindingKind.TYPE_WIDENED: _l("类型放宽"),
    FindingKind.ADDED_REQUIRED: _l("新增必填"),
    FindingKind.MADE_REQUIRED: _l("改为必填"),
    FindingKind.RANGE_NARROWED: _l("取值范围收窄"),
    FindingKind.CONSTRAINT_CHANGED: _l("校验变化"),
    FindingKind.CONDITION_CHANGED: _l("显示条件变化"),
    FindingKind.DECIMALS_REDUCED: _l("小数位减少"),
    FindingKind.LENGTH_REDUCED: _l("字数减少"),
    FindingKind.ROWS_REDUCED: _l("行数限制收紧"),
    FindingKind.CHOICE_REWORDED: _l("选项改叫法"),
    FindingKind.NOT_APPLICABLE_REFUSED: _l("不再允许“不适用”"),
    FindingKind.EVIDENCE_WANTED: _l("须附佐证"),
    FindingKind.PREFILL_LOST: _l("不再预填"),
    FindingKind.PREFILL_CHANGED: _l("预填来源变化"),
    FindingKind.ADDED: _l("新增"),
    FindingKind.CHOICE_ADDED: _l("新增选项"),
    FindingKind.RELAXED: _l("要求放宽"),
    FindingKind.REWORDED: _l("文字调整"),
}

# What a finding means, beside that what was filed stays as it was filed.
MEANINGS: Mapping[FindingKind, object] = {
    FindingKind.REMOVED: _l("以后不再收集；正在填的草稿改用新版时此项不带入。"),
    FindingKind.TYPE_CHANGED: _l("前后两版的数据不能直接对比；草稿改用新版时要重新填写。"),
    FindingKind.MEASURE_CHANGED: _l("同一个数前后含义不同，不能直接相加、对比；草稿改用新版时要重新填写。"),
    FindingKind.MOVED_ROWS: _l("一个答案变成多个（或相反），不能直接对比；草稿改用新版时要重新填写。"),
    FindingKind.CHOICE_REMOVED: _l("选过该选项的旧数据照原样保留；草稿里选了它的要重新选择。"),
    FindingKind.CHOICES_ELSEWHERE: _l("新旧选项不能对应；草稿改用新版时要重新选择。"),
    FindingKind.CALCULATION_CHANGED: _l("前后两版算出的数口径不同；草稿按新的算式重新计算。"),
    FindingKind.SENSITIVITY_LOWERED: _l("以后填写的内容会有更多人看到；旧数据按原等级保护。"),
    FindingKind.RENAMED: _l("按同一个问题处理，答案带入；按字段名引用它的地方要相应修改。"),
    FindingKind.MOVED: _l("按同一个问题处理，答案带入；按路径引用它的地方要相应修改。"),
    FindingKind.TYPE_WIDENED: _l("旧答案仍然有效，草稿的答案带入。"),
    FindingKind.ADDED_REQUIRED: _l("以后每份都要多填一项。"),
    FindingKind.MADE_REQUIRED: _l("草稿里没填的，报送前要补上。"),
    FindingKind.RANGE_NARROWED: _l("超出新范围的草稿答案要重新填写。"),
    FindingKind.CONSTRAINT_CHANGED: _l("不符合新校验的草稿，报送前要更正。"),
    FindingKind.CONDITION_CHANGED: _l("被问到的单位和情形会变化，汇总时注意未问与未填的区别。"),
    FindingKind.DECIMALS_REDUCED: _l("小数位更多的草稿答案要重新填写。"),
    FindingKind.LENGTH_REDUCED: _l("超过字数的草稿答案要重新填写。"),
    FindingKind.ROWS_REDUCED: _l("行数不符的草稿，报送前要增减。"),
    FindingKind.CHOICE_REWORDED: _l("旧数据仍按原来的叫法显示；请确认含义没有变。"),
    FindingKind.NOT_APPLICABLE_REFUSED: _l("填“不适用”的草稿要重新填写。"),
    FindingKind.EVIDENCE_WANTED: _l("以后要附照片或文件。"),
    FindingKind.PREFILL_LOST: _l("以后要手工填写。"),
}
