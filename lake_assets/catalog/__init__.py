"""Who else knows of the lake's tables: so far, a Glue crawler."""
