"""The audit trail (审计日志): every change, who made it, when."""
