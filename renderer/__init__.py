"""The application that users see: pages, forms, lists, API, templates, static files."""

from renderer import convertors

convertors.register()  # before any route is written
