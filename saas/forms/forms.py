"""WTForms of forms: registration, shared lists and new questions. Input only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from saas.domain.fields import FieldType
from saas.domain.form_editing import CHECK, CHECKLIST, CHECKLIST_ITEM

TYPE_LABELS = {
    FieldType.TEXT: _l("文字"),
    FieldType.INTEGER: _l("整数"),
    FieldType.DECIMAL: _l("小数"),
    FieldType.DATE: _l("日期"),
    FieldType.SELECT_ONE: _l("单选"),
    FieldType.SELECT_MULTIPLE: _l("多选"),
    FieldType.RANK: _l("排序"),
    FieldType.TIME: _l("时间"),
    FieldType.DATETIME: _l("日期和时间"),
    FieldType.RANGE: _l("区间打分"),
    FieldType.GEOPOINT: _l("地理位置（经纬度）"),
    FieldType.ACKNOWLEDGE: _l("勾选确认"),
    FieldType.IMAGE: _l("照片"),
    FieldType.FILE: _l("文件"),
    FieldType.CALCULATE: _l("自动计算（不显示）"),
    FieldType.HIDDEN: _l("隐藏值"),
    FieldType.NOTE: _l("说明文字"),
    FieldType.GROUP: _l("分组"),
    FieldType.REPEAT: _l("逐条填写（可增行）"),
}
LABEL_LENGTH = 200


class RegistrationForm(FlaskForm):
    """Who asks for a form, on what basis and until when (表单登记)."""

    name = StringField(
        _l("表单名称"),
        validators=[DataRequired(_l("请填写表单名称")), Length(max=100, message=_l("名称最多 100 字"))],
        render_kw={"maxlength": 100},
    )
    owner_unit = SelectField(
        _l("制表单位"), validators=[DataRequired(_l("请选择制表单位"))], render_kw={"required": True}
    )
    legal_basis = StringField(
        _l("填报依据"),
        description=_l("依据的文件名称和文号；没有依据的表单不能发布"),
        validators=[DataRequired(_l("请填写填报依据")), Length(max=300, message=_l("填报依据最多 300 字"))],
    )
    expires_on = DateField(
        _l("有效期至"), description=_l("过期后不能再填报；留空表示长期有效"), validators=[Optional()]
    )


class NewFormForm(RegistrationForm):
    """A new form: empty, or from a file in the form format (新建表单)."""

    code = StringField(
        _l("编码"),
        description=_l("小写字母、数字、下划线，供导入导出使用；留空自动编号"),
        validators=[
            Optional(),
            Regexp(r"^[a-z][a-z0-9_]{0,63}$", message=_l("编码以小写字母开头，只能用小写字母、数字、下划线")),
        ],
    )
    file = FileField(
        _l("从文件新建"), description=_l("XLSForm（.xlsx，ODK、KoboToolbox 通用）或 TOML 格式；不选则新建空白表单")
    )


class EditFormForm(RegistrationForm):
    """The registration of a form that exists."""

    is_active = BooleanField(_l("启用（停用后不能再填报）"))


class ApprovalForm(FlaskForm):
    """The decision that a form is collected, and until when (批准收集)."""

    number = StringField(
        _l("批准（备案）文号"),
        description=_l("批准或备案的文件名称和文号"),
        validators=[DataRequired(_l("请填写批准（备案）文号")), Length(max=100, message=_l("文号最多 100 字"))],
        render_kw={"maxlength": 100},
    )
    expires_on = DateField(
        _l("有效期至"), description=_l("过期后不能再填报；留空表示长期有效"), validators=[Optional()]
    )


class UploadForm(FlaskForm):
    """A definition as a file (上传定义)."""

    file = FileField(_l("表单定义文件"), validators=[DataRequired(_l("请选择文件"))])
    version = HiddenField(default="")


class ChoiceListForm(FlaskForm):
    """A list of choices that forms share (公用选项): typed, pasted from a spreadsheet, or uploaded."""

    name = StringField(
        _l("名称"), validators=[DataRequired(_l("请填写名称")), Length(max=100, message=_l("名称最多 100 字"))]
    )
    code = StringField(
        _l("编码"),
        description=_l("表单用它引用这个列表，建立后不能改；从 XLSForm 导入时对应 CSV 的文件名"),
        validators=[
            DataRequired(_l("请填写编码")),
            Regexp(r"^[A-Za-z0-9][\w.-]{0,63}$", message=_l("编码用字母、数字、_、.、-")),
        ],
    )
    source = StringField(
        _l("来源"), description=_l("如标准名称和编号"), validators=[Length(max=200, message=_l("来源最多 200 字"))]
    )
    lines = TextAreaField(
        _l("选项"),
        description=_l("每行一项：代号、名称，可以从 Excel 复制粘贴。第一行写列名时，后面的列可供选项筛选使用"),
        render_kw={"rows": 12, "spellcheck": "false"},
    )
    file = FileField(_l("或上传文件"), description=_l("Excel 或 CSV，第一行为列名；上传后替换全部选项"))


NEW_KINDS = [SelectChoice(kind.value, label) for kind, label in TYPE_LABELS.items()] + [
    SelectChoice(CHECKLIST, _l("检查清单（必须、建议、禁止）")),
    SelectChoice(CHECKLIST_ITEM, _l("清单项（是、否、不适用）")),
    SelectChoice(CHECK, _l("核对规则（几个数对不上时提醒）")),
]


class AddFieldForm(FlaskForm):
    """A new question, its type and what it asks (添加问题)."""

    type = SelectField(_l("类型"), choices=NEW_KINDS)
    label = StringField(
        _l("问题"),
        validators=[DataRequired(_l("请填写问题")), Length(max=LABEL_LENGTH, message=_l("问题最多 200 字"))],
        render_kw={"maxlength": LABEL_LENGTH},
    )
    parent = HiddenField(default="")
    version = HiddenField(default="")
