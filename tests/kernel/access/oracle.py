"""A slow and independent answer to “may I see this?”: each role by itself, row by row, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LEVELS = ("none", "read", "add", "change", "remove", "configure")
Row = Mapping[str, Any]
Data = Mapping[str, Mapping[int, dict[str, Any]]]
Condition = Callable[["Oracle", int, Row], bool]

# The conditions that roles of the test use, each said twice: as an expression, and in Python.
CONDITIONS: Mapping[str, Mapping[str, Condition]] = {
    "cliente": {
        "nivel >= 2": lambda o, key, row: row["nivel"] is not None and row["nivel"] >= 2,
        'plano.codigo in ("P1", "P2")': lambda o, key, row: row["plano"] in (2, 3),
        "count(telefones) > 1": lambda o, key, row: len(o.phones(key)) > 1,
        "nivel = user.nivel": lambda o, key, row: row["nivel"] == o.user("nivel"),
        "empresa in user.empresas": lambda o, key, row: row["empresa"] in (o.user("empresas") or ()),
        "renda = null": lambda o, key, row: row["renda"] is None,
    },
    "plano": {
        "preco > 10": lambda o, key, row: row["preco"] is not None and row["preco"] > 10,
        'nome = "ana"': lambda o, key, row: row["nome"] == "ana",
    },
    "telefone": {"segredo != true": lambda o, key, row: row["segredo"] is not True},
    "empresa": {"id = 1": lambda o, key, row: key == 1},
    "operador": {},
}
PRIVACY = {("cliente", "apelido"): "personal", ("cliente", "doenca"): "sensitive"}
LINKS = {("cliente", "empresa"): "empresa", ("cliente", "plano"): "plano", ("telefone", "cliente"): "cliente"}
SHOWN = {"personal": "shown", "sensitive": "masked"}


class Oracle:
    """What somebody with some roles may see of the rows; working: the only company that they read now."""

    def __init__(
        self, data: Data, roles: list[dict[str, Any]], record: int | None, working: int | None = None
    ) -> None:
        self.data = data
        self.roles = roles
        self.record = record
        self.working = working

    def user(self, name: str) -> Any:
        """Return a field of the operator."""
        return self.data["operador"][self.record][name] if self.record else None

    def phones(self, client: int) -> list[int]:
        """Return the rows below a client."""
        return [id for id, row in self.data["telefone"].items() if row["cliente"] == client]

    def sees(self, entity: str, id: int) -> bool:
        """Tell whether a record is there."""
        return any(self.grants(role, entity, id, "", 1) for role in self.roles) and self.rest(
            entity, id, "", 1
        )

    def cell(self, entity: str, id: int, field: str, shown: tuple[str, ...] = ("shown",)) -> bool:
        """Tell whether the value of a field is there as it is."""
        if not self.sees(entity, id):
            return False
        if field == "dobro" and not self.may_compute():
            return False
        if (entity, field) in LINKS and not self.reaches(LINKS[entity, field]):
            return False
        if (entity, field) == ("telefone", "cliente"):  # a row belongs to what stands above it
            return True
        privacy = PRIVACY.get((entity, field), "")
        played = [
            role
            for role in self.roles
            if not privacy
            or role.get("everything")
            or role.get("privacy", {}).get(privacy, SHOWN[privacy]) in shown
        ]
        return any(self.grants(role, entity, id, field, 1) for role in played) and self.rest(
            entity, id, field, 1
        )

    def reaches(self, entity: str) -> bool:
        """Tell whether any record of an entity may be read at all; a link elsewhere is not there."""
        denied = [role.get("deny", {}).get("entities", {}).get(entity) for role in self.roles]
        if any(said and said["level"] == "read" and not said.get("rows") for said in denied):
            return False
        levels = [(role.get("entities", {}).get(entity) or {"level": "none"})["level"] for role in self.roles]
        return any(role.get("everything") for role in self.roles) or any(level != "none" for level in levels)

    def may_compute(self) -> bool:
        """`dobro` is there where `renda` is there of every client that is, or where a role names it."""
        if any("cliente.dobro" in role.get("fields", {}) for role in self.roles):
            return True
        if any("cliente.renda" in role.get("deny", {}).get("fields", {}) for role in self.roles):
            return False
        return self.ways("cliente", "") == self.ways("cliente", "renda")

    def ways(self, entity: str, field: str) -> set[str]:
        """Return the conditions under which the roles show a field; {""} where one asks nothing."""
        found = set()
        privacy = PRIVACY.get((entity, field), "")
        for role in self.roles:
            said = role.get("entities", {}).get(entity)
            level = role.get("fields", {}).get(f"{entity}.{field}", said or {"level": "none"})["level"]
            is_shown = not privacy or role.get("privacy", {}).get(privacy, SHOWN[privacy]) == "shown"
            if role.get("everything") or (LEVELS.index(level) >= 1 and is_shown):
                found.add((said or {}).get("rows", ""))
        return {""} if "" in found else found

    def whole(self, entity: str, field: str) -> bool:
        """Tell whether a field is shown of every record that is there."""
        denied = any(f"{entity}.{field}" in role.get("deny", {}).get("fields", {}) for role in self.roles)
        return not denied and self.ways(entity, "") == self.ways(entity, field)

    def rest(self, entity: str, id: int, field: str, level: int) -> bool:
        """Tell whether nothing takes it away again: no denial, no other company, no secrecy."""
        denied = any(self.denies(role, entity, id, field, level) for role in self.roles)
        return not denied and self.near(entity, id) and self.open(entity, id)

    def unlimited(self) -> bool:
        """Tell whether some role has no limits."""
        return any(role.get("everything") for role in self.roles)

    def open(self, entity: str, id: int) -> bool:
        """Tell whether a record is not closed, or open to somebody called `alguem` with these roles."""
        if entity == "telefone":
            return self.open("cliente", self.data[entity][id]["cliente"])
        if entity != "cliente" or id not in self.data["fechado"] or self.unlimited():
            return True
        to = self.data["fechado"][id]
        return "alguem" in to["operators"] or any(role["role"] in to["roles"] for role in self.roles)

    def near(self, entity: str, id: int) -> bool:
        """Tell whether a record is of a company of the operator."""
        if entity == "telefone":
            return self.near("cliente", self.data[entity][id]["cliente"])
        if entity not in ("cliente", "empresa"):
            return True
        company = id if entity == "empresa" else self.data[entity][id]["empresa"]
        if company is None:
            return True
        mine = self.unlimited() or company in (self.user("empresas") or ())
        return mine and self.working in (None, company)

    def grants(self, role: dict[str, Any], entity: str, id: int, field: str, level: int) -> bool:
        """Tell whether one role grants a level of a record, or of a field of it."""
        if role.get("everything"):
            return True
        said = role.get("entities", {}).get(entity)
        of_field = role.get("fields", {}).get(f"{entity}.{field}") if field else None
        if said is None and entity == "telefone":
            above = self.data[entity][id]["cliente"]
            if of_field is None:
                return self.grants(role, "cliente", above, "telefones", level)
            speaks = "cliente" in role.get("entities", {}) or any(
                name.startswith("cliente.") for name in role.get("fields", {})
            )
            return speaks and LEVELS.index(of_field["level"]) >= level and self.rows(role, "cliente", above)
        if said is None and of_field is None:
            return False
        wanted = of_field["level"] if of_field is not None else (said or {"level": "none"})["level"]
        return LEVELS.index(wanted) >= level and self.rows(role, entity, id)

    def rows(self, role: dict[str, Any], entity: str, id: int) -> bool:
        """Tell whether a record meets the condition that a role has."""
        text = (role.get("entities", {}).get(entity) or {}).get("rows", "")
        return not text or self.meets(entity, text, id, unknown=False)

    def meets(self, entity: str, text: str, id: int, *, unknown: bool) -> bool:
        """Tell whether a record meets a condition; one about an operator who is nobody is `unknown`."""
        if "user" in text and self.record is None:
            return unknown
        return CONDITIONS[entity][text](self, id, self.data[entity][id])

    def denies(self, role: dict[str, Any], entity: str, id: int, field: str, level: int) -> bool:
        """Tell whether a role takes away a level of a record, or of a field of it."""
        deny = role.get("deny", {})
        said = deny.get("entities", {}).get(entity)
        if said and LEVELS.index(said["level"]) <= level:
            text = said.get("rows", "")
            if not text or self.meets(entity, text, id, unknown=True):
                return True
        of_field = deny.get("fields", {}).get(f"{entity}.{field}") if field else None
        if of_field and LEVELS.index(of_field["level"]) <= level:
            return True
        if entity == "telefone":
            return self.denies(role, "cliente", self.data[entity][id]["cliente"], "telefones", level)
        return False
