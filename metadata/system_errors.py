"""This file says in Portuguese why the operating system refused something.

The start script reads it too, before anything is installed: old syntax, only the standard library.
"""

import errno
import os

_SAID = {
    errno.EACCES: "falta permissão",
    errno.EADDRINUSE: "a porta está ocupada",
    errno.EADDRNOTAVAIL: "o endereço não é desta máquina",
    errno.EBUSY: "está em uso",
    errno.ECONNREFUSED: "a conexão foi recusada",
    errno.EEXIST: "já existe",
    errno.EINVAL: "o sistema não aceita esse nome ou valor",
    errno.EIO: "o disco falhou",
    errno.EISDIR: "é uma pasta",
    errno.ELOOP: "os atalhos dão voltas",
    errno.EMFILE: "há arquivos demais abertos",
    errno.ENAMETOOLONG: "o nome é longo demais",
    errno.ENFILE: "há arquivos demais abertos na máquina",
    errno.ENODEV: "o dispositivo não existe",
    errno.ENOENT: "não existe",
    errno.ENOEXEC: "não é um programa",
    errno.ENOMEM: "falta memória",
    errno.ENOSPC: "o disco está cheio",
    errno.ENOTDIR: "uma parte do caminho não é uma pasta",
    errno.ENOTEMPTY: "a pasta não está vazia",
    errno.ENXIO: "o dispositivo não existe",
    errno.EDQUOT: "a sua cota de disco acabou",
    errno.EPERM: "falta permissão",
    errno.EROFS: "o disco não aceita escrita",
    errno.ESTALE: "a pasta da rede não responde",
    errno.ETIMEDOUT: "o sistema não respondeu a tempo",
    errno.ETXTBSY: "o programa está em uso",
    errno.EXDEV: "fica em outro disco",
}


def said_of(error: OSError) -> str:
    """Return in Portuguese why the system refused; of a rare reason, its number."""
    number = error.errno or 0
    return _SAID.get(number) or "o sistema recusou, erro %d" % number  # noqa: UP031 (old Pythons)


def translated(text: str) -> str:
    """Return what another program said, the system's own words in it in Portuguese."""
    for number, said in _SAID.items():
        text = text.replace(os.strerror(number), said)
    return text
