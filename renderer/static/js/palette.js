/** The palette (Ctrl+K): records, commands, routines and help by fragments; arrows, Enter, Esc. */

import { show } from "./dialog.js";
import { icon } from "./fields.js";
import { commands, pretty, register } from "./keys.js";
import { list } from "./list.js";
import { request } from "./session.js";

const WAIT_MS = 70;
const CAME = "aroeira.paleta"; // the page was asked for here
let dialog = null;
let asked = null;
let timer = 0;
let answered = "";
let waiting = null;
let here = [];

const input = () => dialog.querySelector("input");
const box = () => dialog.querySelector("[role=listbox]");
const options = () => [...dialog.querySelectorAll("[role=option]")];
const shown = () => options().filter((option) => !option.hidden);
const current = () => dialog.querySelector("[role=option][aria-selected=true]");
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Buscar e comandar");
  dialog.innerHTML = `<div class="palette-q">${icon("search", "l")}<input type="text" role="combobox" aria-expanded="true" aria-autocomplete="list" aria-controls="achados" aria-label="Buscar registro, rotina ou comando" autocomplete="off" spellcheck="false"><button type="button" aria-label="Fechar"><kbd>Esc</kbd></button></div>
<div class="opts" id="achados" role="listbox" aria-label="Resultados"></div>
<div class="pop-f"><span><kbd>↑</kbd> <kbd>↓</kbd> mover</span><span><kbd>↵</kbd> abrir</span><span><kbd>Ctrl ↵</kbd> em outra aba</span><span class="push wide"><kbd>&gt;</kbd> só comandos</span></div>
<p class="sr" role="status"></p>`;
  document.body.append(dialog);
  input().addEventListener("input", () => {
    narrow();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input().addEventListener("keydown", onKeyDown);
  dialog.querySelector("button").addEventListener("click", () => dialog.close(""));
  dialog.addEventListener("click", onClick);
}

/** Open the palette; what was focused has the focus back when it closes. */
export async function open(text = "") {
  if (dialog?.open) return;
  if (!dialog) build();
  const back = document.activeElement;
  here = commands().filter((each) => each.label && each.run && each.command !== "palette");
  input().value = text;
  [answered, waiting] = [null, null];
  box().replaceChildren();
  const closed = show(dialog);
  input().focus();
  ask();
  await closed;
  asked?.abort();
  back?.focus?.();
}

const wordsOf = (text) => fold(text.replace(/^>/, "")).split(/\s+/).filter(Boolean);

/** Until the answer comes only what still fits is shown, and nothing of it is chosen: Enter waits. */
function narrow() {
  const words = wordsOf(input().value);
  for (const option of options()) option.hidden = !words.every((word) => fold(option.textContent).includes(word));
  for (const group of box().querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[role=option]:not([hidden])");
  box().setAttribute("aria-busy", "true");
  [answered, waiting] = [null, null];
  select(null);
}

async function ask() {
  const text = input().value;
  asked?.abort();
  const mine = (asked = new AbortController());
  const query = new URLSearchParams({ q: text, fragmento: "1", list: list()?.dataset.list ?? "" });
  let html;
  try {
    const answer = await request(`/paleta?${query}`, { signal: mine.signal });
    html = await answer.text();
    if (!answer.ok) throw new Error(answer.statusText);
  } catch {
    if (mine.signal.aborted) return;
    html = '<p class="opts-h mut">Sem resposta do servidor. As rotinas voltam quando a conexão voltar.</p>';
  }
  if (mine.signal.aborted || input().value !== text) return;
  box().innerHTML = html;
  box().removeAttribute("aria-busy");
  addOwn(text);
  select(options()[0]);
  answered = text;
  if (waiting) {
    const { apart } = waiting;
    waiting = null;
    if (current()) go(current(), apart);
  }
  const count = options().length;
  dialog.querySelector("[role=status]").textContent = count ? `${count} ${count === 1 ? "resultado" : "resultados"}` : "Nenhum resultado";
}

/** The commands of the screen below stand beside those of the server. */
function addOwn(text) {
  const words = wordsOf(text);
  if (!words.length) return;
  const found = here.filter((each) => words.every((word) => fold(each.label).includes(word))).slice(0, 6);
  if (!found.length) return;
  box().querySelector(":scope > p")?.remove();
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Nesta tela");
  group.innerHTML = '<p class="opts-h eyebrow">Nesta tela</p>';
  found.forEach((each, index) => {
    const option = document.createElement("a");
    Object.assign(option, { className: "opt", id: `po-aqui-${index}`, run: each.run, tabIndex: -1 });
    option.setAttribute("role", "option");
    option.innerHTML = `${icon("keyboard")}<span></span><kbd></kbd>`;
    option.querySelector("span").textContent = each.label;
    option.querySelector("kbd").textContent = each.keys.map(pretty)[0] ?? "";
    group.append(option);
  });
  box().append(group);
}

function select(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input().removeAttribute("aria-activedescendant");
  }
}

function onKeyDown(event) {
  const all = shown();
  const at = all.indexOf(current());
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    select(all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    event.stopPropagation();
    const apart = event.ctrlKey || event.metaKey;
    // Who types faster than the answer means the words; who moved has chosen one of those that still fit.
    if (current()) go(current(), apart);
    else if (answered !== input().value) waiting = { apart };
  }
}

function onClick(event) {
  const option = event.target.closest("[role=option]");
  if (option) {
    event.preventDefault();
    go(option, event.ctrlKey || event.metaKey);
  } else if (event.target === dialog) {
    dialog.close("");
  }
}

function go(option, apart) {
  if (option.run) {
    dialog.close("");
    // After the focus is back where it was: a command acts on the focused row or field.
    setTimeout(() => option.run(new KeyboardEvent("keydown")));
  } else if (apart) {
    window.open(option.href, "_blank", "noopener");
  } else {
    dialog.close("");
    sessionStorage.setItem(CAME, "1");
    location.assign(option.href);
  }
}

/** Whoever came by the keyboard goes on with it: a page that has no place for the hands gives them one. */
function arrive() {
  if (!sessionStorage.getItem(CAME)) return;
  sessionStorage.removeItem(CAME);
  if (document.activeElement !== document.body) return;
  (document.querySelector("#lista tbody .k-name a") ?? document.getElementById("conteudo")).focus();
}

let listening = false;

export function start() {
  register("paleta", [{ command: "palette", keys: ["Ctrl+K"], label: "Buscar registro, rotina ou comando", run: () => { open(); }, always: true }]);
  if (listening) return;
  listening = true;
  setTimeout(arrive); // after the other modules: a form knows its own first field
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-command=palette]");
    if (!pressed || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
}
