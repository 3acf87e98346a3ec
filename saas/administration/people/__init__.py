"""A person's page (posts, links, seats, delegations) and handing over what is open when a post changes hands."""
