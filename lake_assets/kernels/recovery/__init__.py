"""Damaged records that the contract leaves one reading of."""
