"""A lake's assets: arrivals, dates, replays, files of no dataset, the warehouse."""
