/** F1: what the focused field means, where it comes from, an example; `?`: the keys of this screen. */

import { build, layer, show } from "./dialog.js";
import { isOn as enterIsOn, turn as turnEnter } from "./enter.js";
import { commands, pretty, register } from "./keys.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

const ID = "ajuda";
let back = null;

/** What the help is asked about: the field with the focus, else the screen. */
function subject() {
  const box = document.activeElement?.closest("[data-field]");
  const entity = box?.closest("[data-grid]")?.dataset.entity ?? box?.closest("form[data-entity]")?.dataset.entity ?? document.querySelector("form[data-form]")?.dataset.form;
  const query = new URLSearchParams();
  if (box && entity) {
    query.set("entidade", entity);
    query.set("campo", box.dataset.field);
  }
  const asked = new URL(document.querySelector("[data-command=help]")?.href ?? "/ajuda", location.href);
  if (!query.size) return asked.pathname + asked.search;
  query.set("tela", location.pathname.split("/").slice(0, 3).join("/"));
  return `/ajuda?${query}`;
}

function close() {
  document.getElementById(ID)?.remove();
  back?.forget();
  back?.focus?.focus();
  back = null;
}

export async function openHelp() {
  const focus = document.activeElement;
  let html;
  try {
    const answer = await request(subject(), { headers: { "X-Aroeira": "script" } });
    html = await answer.text();
  } catch {
    html = '<div class="side-in"><h2>Sem resposta do servidor</h2><p>A ajuda volta quando a conexão voltar.</p></div>';
  }
  let side = document.getElementById(ID);
  if (!side) {
    side = document.createElement("aside");
    Object.assign(side, { id: ID, className: "side side--help", tabIndex: -1 });
    side.setAttribute("aria-label", "Ajuda");
    // Under an open dialog the rest of the page is inert: the help has to stand inside it.
    (document.querySelector("dialog[open]") ?? document.body).append(side);
    back = { focus, forget: layer("ajuda", close) };
    side.addEventListener("click", onClick);
  } else if (!side.contains(focus)) {
    back.focus = focus;
  }
  side.innerHTML = html;
  side.focus();
  const box = focus?.closest(".field[data-field], td[data-field]");
  document.dispatchEvent(new CustomEvent("help-shown", { detail: { side, box } }));
}

async function onClick(event) {
  if (event.target.closest("[data-close]")) close();
  const form = event.target.closest("button[data-ask]")?.form;
  if (!form) return;
  event.preventDefault();
  const answer = await request(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Aroeira": "script" } });
  const said = answer.ok ? "Anotado. Quem cuida desta tela vai melhorar a explicação." : "Não foi enviado; tente de novo.";
  const line = document.createElement("p");
  line.className = "hint";
  line.textContent = said;
  form.replaceWith(line);
  document.getElementById(ID)?.focus();
  announce(said);
}

/** List the keys that work now, the top layer first. */
export async function openKeys() {
  const list = document.createElement("dl");
  list.className = "keylist";
  const seen = new Set();
  for (const { command, label, keys } of commands()) {
    if (seen.has(command) || !keys.length) continue;
    seen.add(command);
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    for (const key of keys) term.append(Object.assign(document.createElement("kbd"), { textContent: pretty(key) }));
    words.textContent = label;
    list.append(term, words);
  }
  const choice = document.createElement("label");
  choice.className = "check";
  choice.innerHTML = '<input type="checkbox"><span>Enter vai ao próximo campo (Tab sempre vai)</span>';
  const box = choice.querySelector("input");
  box.checked = enterIsOn();
  box.addEventListener("change", () => turnEnter(box.checked));
  const dialog = build({ title: "Teclas desta tela", body: [list, choice], buttons: [["Fechar", "", ""]] });
  const closed = show(dialog);
  dialog.querySelector("footer button").focus();
  await closed;
  dialog.remove();
}

let listening = false;

export function start() {
  register("geral", [
    { command: "help", keys: ["F1"], label: "Ajuda do campo ou da tela", run: openHelp, always: true },
    { command: "keys", keys: ["?"], label: "Teclas desta tela", run: openKeys },
  ]);
  if (listening) return;
  listening = true;
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-command=help], [data-command=keys]");
    if (!pressed || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    (pressed.dataset.command === "help" ? openHelp : openKeys)();
  });
}
