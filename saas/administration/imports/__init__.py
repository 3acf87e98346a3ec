"""What of the organisation can be imported and exported as tables: units, attributes, posts, appointments, people."""
