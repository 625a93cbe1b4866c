/** “Por quê?”: which rule makes a field what it is, and what it read; beside the field, and in the help (F1). */

import { layer } from "./dialog.js";
import { register } from "./keys.js";
import { asked } from "./rules.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

const EDGE = 8; // kept free at the sides of the window
const NONE = "Sem resposta do servidor; tente de novo.";
let open = null;

const formOf = (element) => element?.closest("form") ?? element?.form;

/** The field, cell or grid that an element asks about. */
const boxOf = (element) => element?.closest(".field[data-field], td[data-field], [data-grid]:has([data-why])");

/** The posted name of a field, a cell or a grid, also of one that posts nothing. */
function postOf(box) {
  const { field, grid } = box.dataset;
  if (!box.matches("td")) return `f.${field ?? grid}`;
  return `c.${box.closest("[data-grid]").dataset.grid}.${box.parentElement.dataset.index}.${field}`;
}

async function reasons(form, query) {
  try {
    const answer = await request(`${form.getAttribute("action")}/porque${query}`, { method: "POST", body: new URLSearchParams(asked(form)), headers: { "X-Aroeira": "script" } });
    return answer.ok ? await answer.text() : `<p>${NONE}</p>`;
  } catch {
    return `<p>${NONE}</p>`;
  }
}

function close({ back = true } = {}) {
  if (!open) return;
  const { pop, button, from, forget } = open;
  open = null;
  forget();
  pop.remove();
  button?.setAttribute("aria-expanded", "false");
  if (back) from.focus();
}

/** Inside the window; under a cell the answer hangs outside of the scroll box of its grid. */
function place(pop, box) {
  const { left, bottom } = box.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  if (!box.matches("td")) {
    const over = pop.getBoundingClientRect().right - (width - EDGE);
    if (over > 0 && getComputedStyle(pop).position === "absolute") pop.style.left = `${-over}px`;
    return;
  }
  Object.assign(pop.style, { position: "fixed", top: `${bottom + 4}px`, left: `${Math.max(EDGE, Math.min(left, width - EDGE - pop.offsetWidth))}px` });
}

async function show(box, { isPressed = false } = {}) {
  const isSame = open?.box === box;
  close();
  if (isSame) return;
  const form = formOf(box);
  if (!form) return;
  const button = box.querySelector("[data-why]");
  const had = document.activeElement;
  const html = await reasons(form, `?campo=${postOf(box)}`);
  if (open) close();
  const pop = document.createElement("div");
  pop.className = "explain pop";
  pop.tabIndex = -1;
  pop.setAttribute("role", "dialog");
  pop.setAttribute("aria-label", button?.getAttribute("aria-label") ?? "por quê?");
  pop.innerHTML = html;
  (box.matches("td") ? box.closest(".grid-sheet") : box).append(pop);
  place(pop, box);
  button?.setAttribute("aria-expanded", "true");
  // A key leaves the hands where they are; a press of the button brings them to it, whatever the browser does.
  const from = isPressed ? button : had.closest("td[data-field]") ?? had;
  open = { box, pop, button, from, forget: layer("porque", () => close()) };
  pop.focus({ preventScroll: true });
  pop.scrollIntoView({ block: "nearest" });
  announce(pop.textContent.replace(/\s+/g, " ").trim());
}

/** Of the field with the focus; false where there is none. */
function ofFocus() {
  const box = boxOf(document.activeElement);
  if (!box || !formOf(box)) return false;
  show(box);
  return true;
}

/** In the help: what holds for the field now, and which fields do not show. */
async function inHelp({ detail: { side, box } }) {
  const form = box ? formOf(box) : document.querySelector("form[data-form]");
  if (!form?.matches("[data-ruled]")) return;
  const parts = [];
  if (box) parts.push(["Agora, neste registro", `?campo=${postOf(box)}`]);
  if (form.querySelector(".field[hidden], .grid-sheet[hidden]")) parts.push(["Campos que não aparecem agora", ""]);
  for (const [title, query] of parts) {
    const part = document.createElement("div");
    part.className = "stack-s t-s reasons";
    part.innerHTML = `<h3></h3>${await reasons(form, query)}`;
    if (!part.querySelector(".reason")) continue;
    part.querySelector("h3").textContent = title;
    side.querySelector(".side-in")?.append(part);
  }
}

let listening = false;

export function start() {
  if (!document.querySelector("form[data-ruled]")) return;
  register("porquês", [{ command: "why", keys: ["Alt+?"], label: "Por quê? A regra que vale para o campo", run: () => ofFocus() }]);
  if (listening) return;
  listening = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-why]");
    if (button) show(boxOf(button), { isPressed: true });
  });
  document.addEventListener("help-shown", inHelp);
  document.addEventListener("focusin", (event) => {
    if (open && !open.pop.contains(event.target) && event.target !== open.button) close({ back: false });
  });
}
