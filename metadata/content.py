"""This file describes what travels with a package besides structure: data rows and help texts."""

from __future__ import annotations

from metadata.model import Identifier, Model, Names, YesNo


class Data(Model):
    """Rows shipped with a package in a CSV file beside the document.

    owned: kept equal to the package at each apply; otherwise put in once and then left to the site.
    by: the login of an operator of the demonstration, who changes the records that the rows name, once, as on
    the screen: their rights and the rules count.
    """

    data: Identifier
    entity: str
    key: Names
    owned: YesNo = False
    demo: YesNo = False
    by: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.data


class Help(Model):
    """The text behind F1 of a form, a list, an entity, a menu or a process (`about: form plano`).

    examples: groups of examples that it shows below, with what comes of each.
    """

    help: Identifier
    about: str
    title: str
    text: str
    examples: Names = ()
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.help
