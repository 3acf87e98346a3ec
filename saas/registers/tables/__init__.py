"""Records of registers as tables: templates, imports of new and changed records."""

from saas.registers.tables.handler import KIND, RegisterRecords, subject_of

__all__ = ["KIND", "RegisterRecords", "subject_of"]
