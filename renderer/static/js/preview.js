/** The preview of a row beside the list: Espaço opens, closes, and follows the arrows. */

import { layer } from "./dialog.js";
import { start as startAll } from "./main.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

let shown = null;
let forget = () => {};
const side = () => document.getElementById("previa");

/** Open the preview of a row, or close it when it already shows that row. */
export function toggle(row) {
  if (shown === row.dataset.id) close();
  else open(row);
}

async function open(row) {
  const address = document.getElementById("lista").dataset.address;
  const answer = await request(`${address}/${row.dataset.id}/previa`).catch(() => null);
  if (!answer?.ok) {
    announce("A prévia não pôde ser aberta; tente de novo");
    return;
  }
  if (shown === null) forget = layer("previa", () => close());
  shown = row.dataset.id;
  const box = side();
  box.innerHTML = await answer.text();
  box.hidden = false;
  box.setAttribute("aria-label", `Prévia de ${box.querySelector("h2").textContent}`);
  document.getElementById("lista").classList.add("page--split");
  mark(row);
  startAll(box);
  announce(`Prévia de ${box.querySelector("h2").textContent}`);
}

function mark(row) {
  for (const other of document.querySelectorAll("#lista tr[aria-current]")) other.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
}

/** Close it; the focus goes back to its row when it was inside. */
export function close() {
  if (shown === null) return;
  const box = side();
  const row = document.getElementById(`r${shown}`);
  const had = box?.contains(document.activeElement);
  shown = null;
  forget();
  if (!box) return;
  box.hidden = true;
  box.replaceChildren();
  document.getElementById("lista").classList.remove("page--split");
  mark(null);
  if (had) row?.querySelector(".k-name a")?.focus();
}

/** When the focus moves to another row, an open preview follows it. */
function follow(event) {
  const row = event.target.closest?.("#lista tr[data-id]");
  if (shown !== null && row && row.dataset.id !== shown) open(row);
}

let listening = false;

export function start(root) {
  if (root.contains(side()) && side()?.hidden && shown !== null) {
    shown = null;
    forget();
  }
  if (listening) return;
  listening = true;
  document.addEventListener("focusin", follow);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-preview]")) close();
  });
}
