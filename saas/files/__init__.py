"""Files (文件): photos, attachments and produced documents, kept by their digest."""
