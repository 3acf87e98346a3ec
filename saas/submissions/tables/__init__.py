"""Forms as workbooks (填报表): a template for many units, what comes back of it, and the official layout."""
