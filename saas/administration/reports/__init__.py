"""Reports over the tree (统计): a number of a form or an attribute, by unit, as it was then or as it is now."""
