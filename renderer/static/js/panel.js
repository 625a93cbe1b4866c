/** A linked record in a panel at the side: change it, save it, and be back at the same row, scroll and focus. */

import { confirm, layer } from "./dialog.js";
import { entries, icon } from "./fields.js";
import { arrived as filesArrived } from "./files.js";
import { stops } from "./enter.js";
import { list, navigate } from "./list.js";
import { start as startAll } from "./main.js";
import { request } from "./session.js";
import { announce, toast } from "./swap.js";
import { reveal } from "./tabs.js";

const APART = "p-";
const REFERRING = ["for", "form", "aria-labelledby", "aria-describedby", "aria-controls", "data-colour-of", "data-target"];
const box = () => document.getElementById("painel");
let opened = null;

/** Open an empty record for a lookup; resolves with the id and words of what was saved, or null. */
export const add = (address, input) => new Promise((done) => {
  open(address, input, done);
});

/** The ids of a second form on the page are its own: labels, tabs and errors must not meet those of the first. */
function setApart(page) {
  for (const part of page.querySelectorAll("[id]")) part.id = APART + part.id;
  for (const name of REFERRING) {
    for (const part of page.querySelectorAll(`[${name}]`)) {
      part.setAttribute(name, part.getAttribute(name).split(" ").map((id) => APART + id).join(" "));
    }
  }
  for (const link of page.querySelectorAll("a[href^='#']")) link.setAttribute("href", `#${APART}${link.hash.slice(1)}`);
}

/** Open the record of an address in the panel; the link that was pressed gets the focus back. */
export async function open(address, link, done = null) {
  const answer = await request(address, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page && page.querySelector("form[data-form]");
  if (!form && done) {
    toast("O servidor não abriu o cadastro. O que você digitou continua aqui; tente de novo.", { icon: "circle-alert" });
    done(null);
    return;
  }
  if (!form) {
    location.assign(address);
    return;
  }
  if (opened === null) {
    const row = link.closest("tr[data-id]");
    opened = {
      row: row?.id, at: link.getAttribute("href"), scroll: scrollY, changed: false, done, made: null,
      forget: layer("painel", () => close(), { modal: true, bindings: KEYS }),
    };
  }
  opened.address = address;
  show(page, form);
  announce(`${page.querySelector("h1").textContent}, ${kind()}`);
}

const kind = () => (opened.done ? "registro novo" : "registro ligado");
const capital = (text) => text[0].toUpperCase() + text.slice(1);

function show(page, form) {
  // Without its mark the form is no page of its own: form.js leaves it to this panel.
  form.dataset.entity = form.dataset.form;
  form.removeAttribute("data-form");
  form.removeAttribute("data-draft");
  const side = box();
  const head = document.createElement("header");
  head.className = "panel-side-h";
  head.innerHTML = `<div><p class="eyebrow"></p><h2 tabindex="-1"></h2></div><span class="row push"><a class="btn btn--s">${icon("external-link")}Página inteira</a><button class="btn btn--ghost btn--icon btn--s" type="button" data-close-panel aria-label="Fechar o painel (Esc)">${icon("x")}</button></span>`;
  head.querySelector(".eyebrow").textContent = capital(kind());
  head.querySelector("h2").textContent = page.querySelector("h1").textContent;
  head.querySelector("a").href = opened.address;
  const tabs = page.querySelector("[data-tabs][data-main]");
  tabs?.removeAttribute("data-main");
  const notices = [...page.querySelectorAll("#erros, #fora, #avisos")];
  setApart(page);
  const foot = document.createElement("footer");
  foot.className = "panel-side-f";
  foot.innerHTML = `<button class="btn" type="button" data-close-panel>Fechar <kbd>Esc</kbd></button><button class="btn btn--primary" type="button" data-save-panel>${icon("save")}Salvar <kbd>F5</kbd></button>`;
  side.replaceChildren(head, ...(tabs ? [tabs] : []), ...notices, form, foot);
  side.setAttribute("aria-label", `${capital(kind())}: ${head.querySelector("h2").textContent}`);
  side.hidden = false;
  // What lies behind keeps its place and its scroll, and cannot be reached meanwhile.
  document.querySelector(".app").inert = true;
  startAll(side);
  opened.was = JSON.stringify(entries(form));
  const wrong = form.querySelector("[aria-invalid=true]") ?? side.querySelector("#p-avisos button");
  if (wrong) reveal(wrong);
  const first = opened.done && stops(form)[0];
  (wrong?.closest("td") ?? wrong ?? first?.closest("td") ?? first ?? head.querySelector("h2")).focus();
}

const form = () => box().querySelector("form[method=post]");
const isDirty = () => JSON.stringify(entries(form())) !== opened.was;

async function save({ confirmed = "" } = {}) {
  if (!opened || form().hasAttribute("aria-busy")) return;
  const active = document.activeElement;
  if (active?.matches("input, textarea, select")) active.blur();
  form().setAttribute("aria-busy", "true");
  await filesArrived();
  const body = new URLSearchParams(entries(form()));
  if (opened.done) body.set("depois", "escolher");
  if (confirmed) body.set("confirmado", confirmed);
  const answer = await request(form().action, { method: "POST", body, headers: { "X-Aroeira": "script", Accept: "text/html" } }).catch(() => null);
  form().removeAttribute("aria-busy");
  if (!answer) {
    toast("Sem resposta do servidor. O que você digitou continua aqui; tente de novo.", { icon: "circle-alert" });
    active?.focus();
    return;
  }
  if (answer.headers.get("Content-Type")?.startsWith("application/json") && answer.ok) {
    opened.made = await answer.json();
    await leave();
    return;
  }
  if (answer.headers.get("X-Vai-Para") || answer.redirected) {
    opened.changed = true;
    await leave();
    toast("Registro ligado salvo");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const again = page.querySelector("form[data-form]");
  if (again) show(page, again);
  else toast("O servidor não salvou. O que você digitou continua aqui; tente de novo.", { icon: "circle-alert" });
}

async function close() {
  if (!opened) return;
  const stays = isDirty() && !(await confirm({
    title: "Fechar sem salvar?", body: "O que você mudou neste painel se perde.", yes: "Fechar sem salvar", no: "Continuar aqui",
  }));
  if (!stays) await leave();
}

/** Take the panel away; a changed record shows in its row, and the person is back where they were. */
async function leave() {
  const { row, at, scroll, changed, forget, done, made } = opened;
  opened = null;
  forget();
  box().hidden = true;
  box().replaceChildren();
  document.querySelector(".app").inert = false;
  if (done) {
    scrollTo({ top: scroll });
    if (made) toast(`${made.text} incluído`);
    done(made);
    return;
  }
  if (changed && list()) await navigate(location.href, { push: false });
  const place = (row && document.getElementById(row)) ?? document.getElementById("previa") ?? document;
  (place.querySelector(`a[href="${CSS.escape(at)}"]`) ?? document.querySelector(`a[href="${CSS.escape(at)}"]`) ?? place.querySelector?.(".k-name a"))?.focus({ preventScroll: true });
  scrollTo({ top: scroll });
}

const KEYS = [
  { command: "save", keys: ["F5", "Ctrl+S"], label: "Salvar o registro do painel", run: () => { save(); } },
];

let listening = false;

export function start() {
  if (listening || !box()) return;
  listening = true;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) close();
    if (event.target.closest("[data-save-panel]")) save();
    const link = event.target.closest("a[data-panel]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link.href, link);
  });
  document.addEventListener("submit", (event) => {
    if (!box()?.contains(event.target)) return;
    event.preventDefault();
    save({ confirmed: event.submitter?.name === "confirmado" ? event.submitter.value : "" });
  });
}
