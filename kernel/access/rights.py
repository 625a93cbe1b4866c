"""This file names the rights of the product itself, which roles grant beside those of packages."""

from __future__ import annotations

from kernel.access.access import Access
from metadata.package import Configuration

MANAGE = "ADMINISTRAR ACESSOS"
EXPLAIN = "EXPLICAR ACESSOS"
VIEW_AS = "VER COMO"
OPEN_AUDIT = "ABRIR AUDITORIA"
CONFIGURE_PARAMETERS = "CONFIGURAR PARAMETROS"
SEE_PARAMETERS = "VER PARAMETROS"
PAUSE_SCHEDULES = "PAUSAR AGENDAS"

RIGHTS = {
    MANAGE: "Muda papéis e dá papéis a operadores",
    EXPLAIN: "Vê os papéis, a matriz de acessos e por que alguém não pode algo",
    OPEN_AUDIT: "Abre a auditoria, e vê dela o que os seus papéis mostram",
    SEE_PARAMETERS: "Vê os parâmetros do sistema, desde quando valem e de onde vem cada valor",
    CONFIGURE_PARAMETERS: "Dá valores aos parâmetros do sistema, os corrige e os retira; vê todos",
    PAUSE_SCHEDULES: "Para agendas e as põe a trabalhar de novo, dos processos que pode executar",
    VIEW_AS: "Vê as telas como outro operador, ou como um papel, sem gravar nada",
}


def called(configuration: Configuration, name: str) -> str:
    """Return what people call a right: as its package says, as the product does, or by its name."""
    return configuration.rights.get(name) or RIGHTS.get(name, name)


def has_right(access: Access, name: str) -> bool:
    """Tell whether somebody has a right."""
    return access.profile is None or access.profile.has_right(name)
