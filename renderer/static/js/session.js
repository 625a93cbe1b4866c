/** Every request of the page: where the session has ended, the sign-in comes over the page and the request goes on. */

import { build, show } from "./dialog.js";
import { icon } from "./fields.js";
import { announce } from "./swap.js";

const ENDED = 401;
const HERE = { "X-Aroeira-Sessao": "avisar" };
let asking = null;

/** Like fetch; comes back when the server has answered somebody who is signed in. */
export async function request(address, options = {}) {
  const headers = { ...options.headers, ...HERE };
  for (;;) {
    const answer = await fetch(address, { ...options, headers });
    if (answer.status !== ENDED || options.signal?.aborted) return answer;
    asking ??= ask().finally(() => {
      asking = null;
    });
    if (!await asking) return answer;
  }
}

const field = (id, label, attributes) => {
  const box = document.createElement("div");
  box.className = "field";
  const name = document.createElement("label");
  name.htmlFor = id;
  name.textContent = label;
  const frame = document.createElement("div");
  frame.className = "input";
  const input = document.createElement("input");
  Object.assign(input, { id, required: true, spellcheck: false, ...attributes });
  frame.append(input);
  box.append(name, frame);
  return { box, input };
};

const line = (text) => {
  const paragraph = document.createElement("p");
  paragraph.className = "t-s";
  paragraph.textContent = text;
  return paragraph;
};

function refusal() {
  const box = document.createElement("p");
  box.className = "error";
  box.setAttribute("role", "alert");
  box.hidden = true;
  return { box, say(text) {
    box.innerHTML = `${icon("circle-alert")}<span></span>`;
    box.querySelector("span").textContent = text;
    box.hidden = false;
  } };
}

async function send(address, values) {
  const headers = { "X-Aroeira": "script", ...HERE };
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(values), headers }).catch(() => null);
  if (!answer) return { says: "Sem resposta do servidor. Tente de novo." };
  if (answer.status === 204) return { waits: answer.headers.get("X-Falta") === "codigo" };
  const body = await answer.json().catch(() => ({}));
  return { says: body.detail ?? "Não foi possível entrar. Tente de novo.", isOver: body.code === "R474" };
}

/** Another account must not go on with what this one typed, so the login is fixed. */
function form() {
  const login = field("sessao-usuario", "Usuário", { value: document.body.dataset.login, readOnly: true, autocomplete: "username" });
  const password = field("sessao-senha", "Senha", { type: "password", autocomplete: "current-password" });
  const code = field("sessao-codigo", "Código do telefone, ou de recuperação", { autocomplete: "one-time-code" });
  const wrong = refusal();
  const other = document.createElement("a");
  other.className = "link t-s";
  other.href = "/entrar?volta=/entrar/pronto";
  other.target = "_blank";
  other.textContent = "Entrar de outro modo, em outra janela";
  const after = line("Depois de entrar lá, use “Continuar” aqui.");
  return { login, password, code, wrong, other, after };
}

/** Ask who it is, over the page; resolves to whether the session goes on. */
async function ask() {
  const had = document.activeElement;
  const { login, password, code, wrong, other, after } = form();
  const dialog = build({
    title: "Sua sessão terminou",
    body: [line("O que você digitou continua nesta tela. Entre de novo para seguir."), login.box, password.box, code.box, wrong.box, other, after],
    buttons: [["Agora não", "", ""], ["Continuar", "segue", "btn--primary"]],
  });
  const [later, go] = dialog.querySelectorAll("footer button");
  later.type = "button"; // Enter in a field must not mean "not now"
  later.addEventListener("click", () => dialog.close(""));
  const needs = (what) => {
    for (const each of [password, code]) {
      each.box.hidden = each !== what;
      each.input.disabled = each !== what;
      each.input.value = "";
    }
    what.input.focus();
  };
  other.addEventListener("click", () => {
    password.input.required = false;
  });
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    if (!code.box.hidden) await judge("/entrar/codigo", { codigo: code.input.value });
    else if (password.input.value) await judge("/entrar", { usuario: login.input.value, senha: password.input.value });
    else dialog.close("segue");
  });
  async function judge(address, values) {
    go.disabled = true;
    const { says, waits, isOver } = await send(address, values);
    go.disabled = false;
    if (waits) needs(code);
    else if (!says) dialog.close("segue");
    else {
      if (isOver) needs(password);
      wrong.say(says);
      (code.box.hidden ? password : code).input.select();
    }
  }
  const closed = show(dialog);
  needs(password);
  const said = await closed;
  dialog.remove();
  had?.focus?.();
  announce(said ? "Você entrou de novo" : "Você não entrou; nada foi salvo");
  return said === "segue";
}

export function start() {}
