/** The list: rows by keyboard, quick search, filters and pages without leaving the page, counts when asked. */

import { register, takesText } from "./keys.js";
import { start as startAll } from "./main.js";
import { toggle as togglePreview } from "./preview.js";
import { open as openColumns } from "./columns.js";
import { request } from "./session.js";
import { announce, swap, toast } from "./swap.js";

const main = () => document.getElementById("conteudo");
export const list = () => document.getElementById("lista");
const names = () => [...document.querySelectorAll("#lista tbody tr[data-id] .k-name a")];

/** The row that has the focus, or the first one when the focus is nowhere. */
export function currentRow() {
  return document.activeElement?.closest("#lista tr[data-id]") ?? null;
}

function move(step) {
  return (event) => {
    const links = names();
    const isSearch = event.target.id === "busca";
    if (!links.length || (takesText(event.target) && !isSearch) || event.target.closest("details, dialog, aside, [role=tablist]")) return false;
    const at = links.indexOf(currentRow()?.querySelector(".k-name a"));
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
    links[Math.max(0, Math.min(next, links.length - 1))].focus();
    return true;
  };
}

function preview(event) {
  const row = currentRow();
  if (!row || event.target.matches("input, button, summary")) return false;
  togglePreview(row);
  return true;
}

function remove() {
  const row = currentRow();
  if (!row) {
    announce("Escolha uma linha com as setas antes de excluir");
    return;
  }
  location.assign(`${list().dataset.address}/${row.dataset.id}/excluir`);
}

/** Open the quick look of the row, where its kind has one. */
function look() {
  const row = currentRow();
  if (!list().hasAttribute("data-looks")) return false;
  if (!row) {
    announce("Escolha uma linha com as setas antes da consulta rápida");
    return true;
  }
  location.assign(`${list().dataset.address}/${row.dataset.id}/consulta`);
  return true;
}

/** Esc in the search: first what was typed and not asked goes, then the search itself. */
function clearSearch(event) {
  const box = event.target;
  const cleared = document.querySelector("[data-search-clear]");
  if (box.id !== "busca" || (!box.value && !cleared)) return false;
  box.value = "";
  if (cleared) navigate(cleared.href);
  return true;
}

const BINDINGS = [
  { command: "row-next", keys: ["ArrowDown"], label: "Próxima linha", run: move(1) },
  { command: "row-previous", keys: ["ArrowUp"], label: "Linha anterior", run: move(-1) },
  { command: "preview", keys: [" "], label: "Prévia da linha", run: preview },
  { command: "look", keys: ["F9"], label: "Consulta rápida da linha", run: look },
  { command: "search", keys: ["/"], label: "Busca rápida", run: () => document.getElementById("busca")?.select() },
  { command: "search-clear", keys: ["Escape"], label: "Limpar a busca", run: clearSearch, hidden: true },
  { command: "new", keys: ["F3"], label: "Incluir", run: () => document.querySelector("[data-command=new]").click() },
  { command: "remove", keys: ["F4"], label: "Excluir a linha", run: remove },
];

// ── the same page asked anew: filters, order, pages, views ──────────────────────────────────────────

let latest = 0;

/** Show another address of the list in place; the rest of the page and the focus stay. */
export async function navigate(address, { push = true, focus = "" } = {}) {
  const turn = (latest += 1);
  const region = list();
  const asked = document.getElementById("busca")?.value;
  const slow = setTimeout(() => region?.setAttribute("aria-busy", "true"), 300);
  let html;
  try {
    const answer = await request(address, { headers: { Accept: "text/html" } });
    html = await answer.text();
    address = answer.url;
  } catch {
    announce("Sem resposta do servidor. A lista continua como estava; tente de novo.");
    return;
  } finally {
    clearTimeout(slow);
    region?.removeAttribute("aria-busy");
  }
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("conteudo");
  if (turn !== latest) return;
  if (!fresh?.querySelector("#lista")) {
    location.assign(address);
    return;
  }
  if (fresh.querySelector("[data-filter-error]")) {
    fillFilter(fresh.querySelector("#filtro-corpo").innerHTML);
    announce(document.querySelector("[data-filter-error]").textContent);
    return;
  }
  if (push) history.pushState({ list: true }, "", address);
  const begun = document.getElementById("busca")?.value;
  swap(main(), fresh.innerHTML);
  startAll(main());
  settleFocus(focus, begun === asked ? "" : begun);
  announce(summary());
}

/** Put the focus where it belongs; a search begun while the answer was on its way goes on being typed. */
function settleFocus(focus, begun) {
  const box = document.getElementById("busca");
  const wanted = (focus && document.querySelector(focus)) || null;
  const lost = document.activeElement === main() || document.activeElement === document.body;
  if (wanted) wanted.focus();
  else if (begun && document.activeElement === box) box.setRangeText(begun, 0, box.value.length, "end");
  else if (document.activeElement === box) box.select();
  else if (lost) (names()[0] ?? document.querySelector("#lista .empty a") ?? main()).focus();
}

function summary() {
  const problem = document.querySelector("#lista .banner [role=alert], #lista .banner h2");
  if (problem) return problem.textContent;
  const count = names().length;
  if (!count) return "Nenhum registro atende ao filtro";
  return document.getElementById("contagem")?.textContent.trim().startsWith("1 a") && count < 50
    ? `${count} ${count === 1 ? "registro" : "registros"}`
    : `Registros ${document.querySelector("#contagem b")?.textContent}`;
}

function onClick(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("a[data-swap], a[data-count], a[data-filter-field], a[data-filter-edit], a[data-filter-back], a[data-columns-open]");
  if (!link || !list()) return;
  event.preventDefault();
  if (link.matches("[data-count]")) count(link, true);
  else if (link.matches("[data-columns-open]")) openColumns();
  else if (link.matches("[data-search-clear]")) navigate(link.href, { focus: "#busca" });
  else if (link.matches("[data-swap]")) navigate(link.href, { focus: link.id && `#${link.id}` });
  else openFilter(link);
}

function onSubmit(event) {
  const form = event.target;
  if (!form.matches("form[data-swap-form]")) return;
  event.preventDefault();
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value !== "" || name === "novo.valor"));
  const box = form.querySelector("#busca");
  const goes = box ? "" : "#filtro > summary";
  box?.select();
  navigate(`${form.action}?${query}`, { focus: goes });
}

// ── counting and the filter popover ─────────────────────────────────────────────────────────────────

async function count(link, says) {
  const place = link.closest("[data-count-here]");
  const answer = await request(link.href).catch(() => null);
  if (!answer?.ok || !place.isConnected) return;
  const had = place.contains(document.activeElement);
  place.innerHTML = await answer.text();
  if (had) {
    place.tabIndex = -1;
    place.focus();
  }
  if (says) announce(document.getElementById("contagem").textContent);
}

/** Fetch a step of the filter form into the popover; the address of the page does not change yet. */
async function openFilter(link) {
  const address = new URL(link.href);
  const answer = await request(`${list().dataset.address}/filtro${address.search}`).catch(() => null);
  if (!answer?.ok) {
    location.assign(link.href);
    return;
  }
  fillFilter(await answer.text());
}

/** Put a step into the popover; what is typed next goes into the value. */
function fillFilter(html) {
  const body = document.getElementById("filtro-corpo");
  document.getElementById("filtro").open = true;
  swap(body, html);
  startAll(body);
  dressFilter(body);
  const value = body.querySelector("[data-filter-values]:not([hidden]) :is(:checked, [aria-invalid=true])")
    ?? body.querySelector("[data-filter-values]:not([hidden]) input:not([type=hidden])")
    ?? body.querySelector("select, a");
  value?.focus();
  if (value?.matches("input:not([type=checkbox], [type=radio])")) value.select();
}

/** Show only the inputs that the chosen operator needs. */
function dressFilter(root) {
  const operator = root.querySelector("[data-filter-operator]");
  if (!operator) return;
  const values = root.querySelector("[data-filter-values]");
  const second = root.querySelector("[data-filter-second]");
  const dress = () => {
    const bare = ["empty", "filled"].includes(operator.value);
    values.hidden = bare;
    for (const input of values.querySelectorAll("input")) input.disabled = bare;
    if (!second) return;
    second.hidden = operator.value !== "between";
    second.querySelector("input").disabled = second.hidden;
  };
  operator.addEventListener("change", dress);
  dress();
}

/** Say what was removed, take it out of the address, and go on in the list. */
function tellRemoved() {
  const told = document.querySelector("[data-removed]");
  if (!told) return;
  const address = new URL(location.href);
  address.searchParams.delete("excluido");
  history.replaceState(null, "", address);
  toast(told.textContent.trim());
  settleFocus("");
}

let listening = false;

export function start(root) {
  if (!list()) return;
  register("lista", BINDINGS);
  dressFilter(root);
  document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const waiting = root.querySelector("[data-count-now]");
  if (waiting) (window.requestIdleCallback ?? setTimeout)(() => waiting.isConnected && count(waiting, false));
  if (listening) return;
  listening = true;
  tellRemoved();
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  addEventListener("popstate", () => navigate(location.href, { push: false }));
}
