"""Forms on paper: A4, in normal letters or of 18 points, with a QR code, as a page to print and as a PDF.

A form is a template (it extends ``printing/sheet.html``) and a selector that gives its context. Whoever has
both has two views: ``as_page`` and ``as_file``. Nothing is registered.
"""
