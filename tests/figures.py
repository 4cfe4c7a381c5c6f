"""The table of figures at the end of a run: what tests wrote down by `record_property`, each with its test.

The properties come with the reports, so it does not matter which worker of xdist ran a test.
"""

FIGURES = "figure: "  # what the name of such a property begins with; others are of no interest here


def figures(reports):
    """(test, name, value) of every figure, in the order of the tests."""
    found = []
    for report in reports:
        test = report.nodeid.rpartition("::")[2]
        for name, value in report.user_properties:
            if name.startswith(FIGURES):
                reached = f"{value}" if report.passed else f"{value}, and FAILED"
                found.append((report.nodeid, test, name.removeprefix(FIGURES), reached))
    return [rest for _, *rest in sorted(found)]


def lines(found):
    """A table of Markdown, whose columns are as wide as their texts."""
    rows = [("figure", "reached", "test"), *((name, value, test) for test, name, value in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    made = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [made[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *made[1:]]


def pytest_terminal_summary(terminalreporter):
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", "") == "call"
    ]
    found = figures(reports)
    if found:
        terminalreporter.section("figures")
        for line in lines(found):
            terminalreporter.write_line(line)
