"""The places that messages go to, a module each."""
