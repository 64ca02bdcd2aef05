"""What a batch handler does with its columns: check them, say which rows are wrong, and write rows as text.

A handler works on whole columns. `Checks` collects the rows whose arguments are out of range and hands back columns
that are safe to compute with; `finish` puts each row's error at its place in the result.
"""
