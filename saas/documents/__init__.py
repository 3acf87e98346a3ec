"""Official documents (公文): frozen content, number, PDF, page images and the page that verifies them."""
