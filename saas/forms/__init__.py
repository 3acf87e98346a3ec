"""Forms (表单): what is asked, in versions that never change once published."""
