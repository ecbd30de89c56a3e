"""What a check's sentence tells of many files."""

from lake_assets.jobs.checks.finding import listed


def test_a_sentence_names_the_first_few_files_and_counts_the_others() -> None:
    assert listed([]) == ""
    assert listed(f"{name}.csv" for name in "abc") == "a.csv, b.csv, c.csv"
    assert listed(f"{name}.csv" for name in "abcde") == "a.csv, b.csv, c.csv and 2 more"
