"""Texts to typed values, by evidence where a text has two readings; and rules over them."""
