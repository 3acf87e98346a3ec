"""The organisation and its posts, with the people who hold them."""
