"""Renderers: documents laid out for the terminal, Markdown, LaTeX, HTML and JSON. None of them calculates."""
