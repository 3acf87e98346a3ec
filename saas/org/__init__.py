"""Organisation (组织机构): units in a dated tree, posts, who holds them, and links across the tree."""
