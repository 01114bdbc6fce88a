"""From facts to a result with reasons, by the rules of an edition. Pure: no Django, no clock."""
