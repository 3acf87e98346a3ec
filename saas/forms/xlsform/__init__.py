"""Forms as XLSForm workbooks (ODK, KoboToolbox): read with remarks on the rest, written so that they open there."""

from saas.forms.xlsform.mistakes import mistakes_of
from saas.forms.xlsform.reading import Imported, form_from_xlsform
from saas.forms.xlsform.sheets import Remark
from saas.forms.xlsform.writing import form_to_xlsform

__all__ = ["Imported", "Remark", "form_from_xlsform", "form_to_xlsform", "mistakes_of"]
