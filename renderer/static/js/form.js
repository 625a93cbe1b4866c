/** The page of one record: saves without leaving, undoes, removes, duplicates, goes on; loses nothing typed. */

import { changed, isDirty, start as startChanges } from "./changes.js";
import { confirm, show } from "./dialog.js";
import { drop as dropDraft, end as endDraft, hold as holdDraft, keep as keepDraft, redo, takeBack } from "./drafts.js";
import { start as startEnter, stops } from "./enter.js";
import { arrived as filesArrived, start as startFiles } from "./files.js";
import { entries, icon } from "./fields.js";
import { register } from "./keys.js";
import { request } from "./session.js";
import { announce, swap, toast } from "./swap.js";
import { openNumber, reveal, start as startTabs } from "./tabs.js";

const MUCH = 1; // more changes than this are not undone without asking
const FOCUS = "aroeira.foco"; // where the hands were when the page was saved
let leaving = false;

const page = () => document.querySelector("form[data-form]");
const link = (command) => document.querySelector(`[data-command="${command}"]`);
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

/** Let the field with the focus finish: tidy its text, take the one answer of its lookup. */
async function settle() {
  const active = document.activeElement;
  if (active?.matches("input, textarea, select")) {
    active.dispatchEvent(new Event("change", { bubbles: true }));
    active.blur();
  }
  const open = [...document.querySelectorAll("input[role=combobox]")].some((input) => input === active);
  if (open) await rest(250);
  return active;
}

export async function save({ then = "", confirmed = "" } = {}) {
  const form = page();
  if (!form || form.hasAttribute("aria-busy")) return;
  const had = await settle();
  form.setAttribute("aria-busy", "true");
  await filesArrived();
  await holdDraft(form, true);
  const body = new URLSearchParams(entries(form));
  if (then) body.set("depois", then);
  if (confirmed) body.set("confirmado", confirmed);
  let answer;
  try {
    answer = await request(form.action, { method: "POST", body, headers: { "X-Aroeira": "script", Accept: "text/html" } });
  } catch {
    await holdDraft(form, false);
    unreachable(form, had);
    return;
  } finally {
    form.removeAttribute("aria-busy");
  }
  const next = answer.headers.get("X-Vai-Para");
  if (next) {
    leaving = true;
    const id = had?.id || had?.querySelector?.("input:not([type=hidden]), select, textarea")?.id;
    if (id && !then) sessionStorage.setItem(FOCUS, id);
    await endDraft(form);
    location.assign(next);
    return;
  }
  await redraw(await answer.text());
}

/** Put the answer of the server in place of the page and take the focus to what needs a person. */
async function redraw(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const fresh = answer.getElementById("conteudo");
  if (!fresh?.querySelector("form[data-form]")) {
    await holdDraft(page(), false);
    toast("O servidor não salvou. O que você digitou continua aqui; tente de novo.", { icon: "circle-alert" });
    return;
  }
  const main = document.getElementById("conteudo");
  swap(main, fresh.innerHTML);
  const { start: startAll } = await import("./main.js");
  startAll(main);
  needsYou(main);
}

/** The first thing that needs a person: a conflict, the database, a field with an error. */
function needsYou(root) {
  const asked = root.querySelector("#conflito fieldset:not(:has(:checked)) input[type=radio]") ?? root.querySelector("#fora button");
  const wrong = root.querySelector("form [aria-invalid=true]");
  const target = asked ?? wrong?.closest("td") ?? wrong ?? root.querySelector("#erros") ?? root.querySelector("#avisos button");
  if (!target) return false;
  reveal(target);
  target.focus({ preventScroll: true });
  const title = root.querySelector("#erros h2, #conflito h2, #fora h2, #avisos h2");
  showBoth(title?.closest(".banner"), target);
  if (title) announce(title.textContent);
  return true;
}

/** Scroll so that the list of what is wrong and the first field of it are seen whole; else the field alone. */
function showBoth(banner, target) {
  banner?.scrollIntoView({ block: "start" });
  const end = window.innerHeight - (document.querySelector(".actionbar")?.offsetHeight ?? 0);
  if (!banner || target.getBoundingClientRect().bottom > end) target.scrollIntoView({ block: "center" });
}

/** Where the hands go on a page that asks nothing: back to where they were, or to the first field. */
function settleFocus(form) {
  const was = document.getElementById(sessionStorage.getItem(FOCUS) ?? "");
  sessionStorage.removeItem(FOCUS);
  // Where nothing can be written on the tab that is open, it stays open all the same.
  const target = was ?? stops(form).find((each) => !each.closest(".tabpanel:not(.is-open)"));
  if (!target || document.activeElement !== document.body) return;
  reveal(target);
  (target.closest("td") ?? target).focus({ preventScroll: !was });
}

function unreachable(form, had) {
  keepDraft(form);
  let banner = document.getElementById("fora");
  if (!banner) {
    banner = document.createElement("div");
    banner.id = "fora";
    banner.className = "banner is-bad";
    banner.setAttribute("role", "alert");
    banner.innerHTML = `${icon("cloud-off")}<div class="banner-b"><h2>Sem resposta do servidor: ainda não foi salvo</h2><p class="t-s ink2">O que você digitou está nesta tela e guardado neste computador.</p><div class="row mt1"><button class="btn btn--s" type="button">Tentar de novo</button></div></div>`;
    form.before(banner);
    banner.querySelector("button").addEventListener("click", () => save());
  }
  announce("Sem resposta do servidor. O que você digitou está guardado.");
  had?.focus?.();
}

/** Go somewhere else; with changes, only after saying that the draft stays. */
async function leave(address) {
  const form = page();
  if (form && isDirty(form) && !leaving) {
    const count = changed(form).size;
    const goes = await confirm({
      title: "Sair sem salvar?", yes: "Sair e guardar o rascunho", no: "Continuar aqui", danger: false,
      body: `${count === 1 ? "Uma mudança ainda não foi salva" : `${count} mudanças ainda não foram salvas`}. O rascunho fica guardado para você continuar depois.`,
    });
    if (!goes) return;
    await keepDraft(form);
  }
  leaving = true;
  location.assign(address);
}

async function undo() {
  const form = page();
  const had = document.activeElement?.id;
  const count = changed(form).size;
  if (!count && !form.hasAttribute("data-is-changed")) {
    if (!redo()) announce("Nada a desfazer");
    return;
  }
  const sure = count <= MUCH || await confirm({
    title: "Desfazer tudo?", yes: `Desfazer ${count} mudanças`,
    body: "A tela volta ao que está salvo. Logo depois ainda dá para refazer.",
  });
  if (!sure) return;
  leaving = true;
  if (had) sessionStorage.setItem(FOCUS, had);
  await dropDraft(form);
  location.assign(link("undo").href);
}

/** Show a page of the server as a dialog: the same page works without script. */
async function ask(address) {
  const answer = await request(address, { headers: { Accept: "text/html" } });
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-dialog]");
  if (!found) {
    leave(address);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", found.querySelector("h1, h2").id);
  dialog.append(...found.childNodes);
  document.body.append(dialog);
  dialog.querySelector("[data-keep]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close("");
  });
  dialog.querySelector("form")?.addEventListener("submit", () => {
    leaving = true;
  });
  const closed = show(dialog);
  // What only makes something new may be the answer to Enter; what destroys must be chosen.
  (dialog.querySelector("[data-first]") ?? dialog.querySelector("[data-keep]"))?.focus();
  await closed;
  dialog.remove();
}

const go = (command) => () => (link(command) ? leave(link(command).href) : false);
const tab = (number) => ({ command: `aba-${number}`, keys: [`Alt+${number}`], label: `Aba ${number}`, hidden: number > 1, run: () => openNumber(number) });

const BINDINGS = [
  { command: "save", keys: ["F5", "Ctrl+S"], label: "Salvar", run: () => save() },
  { command: "save-new", keys: ["Ctrl+Enter"], label: "Salvar e incluir outro", run: () => save({ then: "novo" }) },
  { command: "undo", keys: ["F6"], label: "Desfazer o que mudou desde o último salvar", run: () => undo() },
  { command: "new", keys: ["F3"], label: "Incluir", run: () => (link("new") ? leave(link("new").href) : leave(location.pathname)) },
  { command: "remove", keys: ["F4"], label: "Excluir", run: () => (link("remove") ? ask(link("remove").href) : false) },
  { command: "duplicate", keys: ["Ctrl+Shift+D"], label: "Duplicar", run: () => (link("duplicate") ? ask(link("duplicate").href) : false) },
  { command: "look", keys: ["F9"], label: "Consulta rápida", run: go("look") },
  { command: "previous", keys: ["Ctrl+ArrowUp"], label: "Registro anterior", run: go("previous") },
  { command: "next", keys: ["Ctrl+ArrowDown"], label: "Registro seguinte", run: go("next") },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(tab),
];

/** What can be started from the record has no keys of its own: the palette finds it by name. */
const actions = () => [...document.querySelectorAll("a[data-action]")].map((each) => (
  { command: `action:${each.pathname}`, keys: [], label: each.dataset.action, run: () => leave(each.href) }
));

const PRESSED = { save: () => save(), "save-new": () => save({ then: "novo" }), undo, remove: () => ask(link("remove").href), duplicate: () => ask(link("duplicate").href) };

function onClick(event) {
  const pressed = event.target.closest("[data-command]");
  const run = page() && pressed && PRESSED[pressed.dataset.command];
  if (run && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    run();
  }
  const target = event.target.closest("a[href^='#']:not([role=tab])");
  const aim = target && document.getElementById(target.hash.slice(1));
  if (aim?.closest("form[data-form]")) {
    event.preventDefault();
    reveal(aim);
    (aim.closest("td") ?? aim).focus();
  }
}

/** A chosen value of a conflict is seen in its field at once. */
function onChoice(event) {
  const { target: id, text } = event.target.dataset ?? {};
  const control = event.target.name?.startsWith("escolha.") && id && document.getElementById(id);
  if (control && control.matches("input:not([role=combobox]), select, textarea")) control.value = text;
}

let listening = false;

export function start(root) {
  startTabs(root);
  startChanges(root);
  startEnter(root);
  startFiles(root);
  const form = page();
  if (!form) return;
  register("form", [...BINDINGS, ...actions()]);
  if (root === document && !needsYou(document)) settleFocus(form);
  takeBack(form);
  const saved = document.querySelector("[data-saved]");
  if (saved) {
    toast(saved.textContent.trim());
    history.replaceState(null, "", location.pathname);
  }
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChoice);
  document.addEventListener("submit", (event) => {
    if (event.target !== page()) return;
    event.preventDefault();
    const { name, value, dataset } = event.submitter ?? { dataset: {} };
    if (name === "confirmado") save({ then: dataset.then ?? "", confirmed: value });
    else save({ then: value ?? "" });
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && page() && isDirty(page())) event.preventDefault();
  });
}
