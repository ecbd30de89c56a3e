"""shim"""
import polars as pl
def candidates(records, width, delimiter, delimiters):
    return pl.DataFrame(schema={"record": pl.UInt32, "how": pl.String, **{f"cell_{i}": pl.String for i in range(width)}})
def choose(typed, names):
    return typed.clear()
