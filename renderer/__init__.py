"""The application that users see: pages, forms, lists, API, templates, static files."""
