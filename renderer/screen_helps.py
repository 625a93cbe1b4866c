"""This file has the help (F1) of screens of the product itself, which belong to no package."""

from __future__ import annotations

# Screens of the product itself, which belong to no package: title and text, in the form of help documents.
SCREENS = {
    "auditoria": (
        "Auditoria",
        """
- **Alterações**: o que foi mudado em cada registro, por quem, quando e de onde;
  escolha De quê para filtrar por campo.
- **Entradas**: quem entrou, quem foi recusado na porta, e o que mudou em contas, senhas e chaves.
- **Recusas**: telas, registros e campos além dos papéis de alguém, contados por hora;
  a linha mostra a última vez. As suas próprias só aparecem a você se nada limita o que você vê.
- **Parâmetros**: que valor cada um tinha e passou a ter, desde quando e por quê; para quem vê parâmetros.

Você vê o que os seus papéis mostram. Abre a auditoria quem tem o direito **ABRIR AUDITORIA**.
""",
    ),
    "papeis": (
        "Papéis",
        """
Um papel diz o que se pode ver e fazer. Quem tem vários pode o que qualquer um deles deixa, menos o que
algum **nega**.

- Cada nível contém os anteriores: ver, incluir, mudar, excluir, configurar.
- **Só onde** limita os registros por uma condição, escrita como nas regras: situacao = "ativo".
- **Exceções por campo** valem em lugar do que o cadastro diz.
- O que você muda aqui fica por cima do pacote, linha por linha; o que uma versão nova trouxer continua
  chegando. Se o pacote mudar uma linha sua, a tela mostra o que ele diz.
- **Conferir** mostra, antes de salvar, quem ganha e quem perde, e quantos registros passa a ver.
""",
    ),
    "operadores": (
        "Operadores",
        """
Quem entra no sistema. Cada conta tem papéis, com o dia em que começam e, se preciso, terminam.

- **Novo operador** mostra, só uma vez, a senha com que ele entra e que precisa trocar.
- **Desligar a conta** encerra as sessões dela na hora; nada do que ela fez se perde.
- **Ver como ele** mostra as telas como ele as vê. Nada é gravado, e fica anotado na auditoria.
""",
    ),
    "matriz": (
        "Matriz de acessos",
        """
O que cada papel, ou cada operador, pode de fato com cada cadastro, com tudo somado.

- **em parte**: só alguns registros, por uma condição.
- **mascarado**: o valor não aparece.
- O nome do cadastro abre os campos dele; cada palavra leva à explicação.
""",
    ),
    "parametros": (
        "Parâmetros",
        """
Valores que valem para o sistema todo: tolerâncias, prazos, taxas. Cada um vale **a partir de um dia**;
o que contou em cada dia continua guardado.

- **Cascata**: vale o primeiro que estiver preenchido, do mais específico ao mais geral: por exemplo, o do
  plano, senão o do sistema, senão o padrão do pacote.
- **Novo valor**: digite o valor e o primeiro dia em que vale. Em um dia que já passou, é uma correção:
  diga o motivo. O valor de antes fica na linha do tempo, riscado, com quem o deu.
- **Retirar** apaga o efeito de um valor: vale de novo o que valia antes dele.
- **De onde vem este valor?** Escolha um registro e um dia: a resposta mostra que nível deu o valor.

Vê esta tela quem tem o direito **VER PARAMETROS**; muda valores quem tem **CONFIGURAR PARAMETROS**.
Tudo o que se muda fica na auditoria, em Parâmetros.
""",
    ),
    "consulta": (
        "Consulta rápida",
        """
Tudo de um registro em uma página, só para ler. Abre com **F9**, na lista ou no cadastro.

- Em cima, os **fatos**: o que vale hoje. O que está em branco não aparece.
- Embaixo, o que se liga ao registro, do mais novo ao mais antigo; **Ver na lista** mostra tudo.
- A última linha diz do que não há nada.

Você vê o que os seus papéis mostram; campos e linhas fora deles não aparecem.
""",
    ),
    "processos": (
        "Processos",
        """
Um processo faz o mesmo com muitos registros de uma vez, passo a passo: faturar, suspender, reajustar.

- **Simular** faz tudo e não grava nada: mostra quantas linhas, quanto dá, e o que ficaria de fora.
- **Executar** grava, depois de perguntar de novo com os números da simulação de hoje. Pode fechar a tela.
- Repetir uma execução não faz nada duas vezes: só o que ainda não está lá.
- Duas execuções com as mesmas respostas não rodam ao mesmo tempo; a tela mostra a que está em andamento.

Vê um processo quem tem o direito que ele pede.
""",
    ),
    "fila": (
        "Fila dos processos",
        """
O que os processos ainda têm a fazer, das execuções que você pode ver.

- O que falha é tentado de novo sozinho, com pausas cada vez maiores; a hora da próxima vez aparece ao lado.
- O que não dá certo em nenhuma tentativa fica no alto. **Ver o motivo** abre a execução: corrija o que diz
  e use **Continuar**; faz-se só o que falta, nada duas vezes.
- **Tirar da fila** limpa a linha, e a execução fica como está.
""",
    ),
    "agendas": (
        "Agendas",
        """
Uma agenda faz um processo começar por si, no dia e na hora que ela diz.

- **Próxima** é quando começa de novo; **Última**, o que houve da última vez.
- **Parar** segura a agenda até alguém a retomar; o que passou enquanto isso não se faz depois.
- **Executar agora** começa na hora, com as respostas de hoje, e não muda a próxima vez.
- Se ninguém trabalhava na hora marcada, a página da agenda diz o que acontece com essa vez.

Vê uma agenda quem pode executar o processo dela; para e retoma quem tem também o direito **PAUSAR AGENDAS**.
""",
    ),
    "diferencas": (
        "Diferenças entre execuções",
        """
Esta execução, ou simulação, ao lado de outra: primeiro no total, depois registro por registro, da maior
diferença para a menor.

- **Por quê** diz o que mudou: linhas a mais ou a menos, outro valor com a mesma quantidade, mudanças de
  faixa.
- **Novos** não havia na anterior; **Não há mais** havia e não há nesta.
- **Comparar com** troca a execução que fica ao lado. De início, é a última que terminou de outra
  competência, com as mesmas escolhas.
""",
    ),
    "relatorio": (
        "Relatório de uma execução",
        """
Linhas que a execução, ou a simulação, guardou como estavam quando ela rodou.

- Onde há somas, linhas iguais no resto viram uma só; a última linha é o total.
- **CSV** e **Excel** levam todas as linhas, não só as desta página.
- O relatório fica mesmo depois de desfazer. Guardam-se os das últimas 40 execuções de cada processo.

Só o abre quem pode ler tudo de que as colunas são feitas.
""",
    ),
    "execucao": (
        "Execução de um processo",
        """
- **Parar** guarda o que foi feito até ali; **Continuar** faz só o que falta.
- **Exceções** são as linhas que ficaram de fora, cada uma com o motivo. Corrija a causa no cadastro e use
  **Refazer só as que ficaram de fora**.
- **Desfazer** remove o que a execução incluiu e devolve o que ela mudou. Só é possível enquanto ninguém
  mudou nem usou o que ela fez; a tela mostra o que impede.
- A **comparação** põe esta execução ao lado da última que terminou.
""",
    ),
    "porque": (
        "Por que não posso?",
        """
Diga quem, o que quer fazer e com quê. A resposta mostra, papel por papel, o que cada um deixa ou nega,
e se o registro atende à condição dele.

Uma negação vence tudo o que outros papéis deixam.
""",
    ),
}
