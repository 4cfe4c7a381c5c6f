"""Networks of other libraries, read as data: each file has one `read(...)` that returns a `SourceNetwork`.

Nothing here makes an estimator, builds a class of another library from a file, or runs code that a file holds.
"""
