"""Who is told what is wrong: incidents from what was seen, messages, and the places they go to.

Nothing here knows Dagster: ``components.alerts.sensor`` looks, and brings what it saw.
"""
