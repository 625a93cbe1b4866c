/** Takes files by choosing, dragging or pasting, on the form and in cells; sends each at once, keeps its number. */

import { icon, setError } from "./fields.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

const MEGABYTE = 1024 * 1024;
const NONE = { id: "", name: "" };

/** @type {Set<Promise<void>>} files on their way to the server */
const onTheWay = new Set();
/** @type {Set<string>} numbers of the pictures sent from this page */
const pictures = new Set();

const inputOf = (box) => box.querySelector("input[type=file]");
const parts = (box) => [box.querySelector("[data-id]"), box.querySelector("input[name$='.texto']")];
const cellOf = (box) => box.closest("td[role=gridcell]");

/** Wait for the files being sent: a form saved before its file arrives would lose it. */
export const arrived = () => Promise.all(onTheWay);

/** The file of a box: its number and name, empty where there is none. */
export function held(box) {
  const [id, name] = parts(box);
  return { id: id.value, name: name.value };
}

/** Put a file into a box, or none. */
export function hold(box, { id, name } = NONE) {
  const [number, words] = parts(box);
  [number.value, words.value] = [id, name];
  setError(inputOf(box), "");
  draw(box);
  number.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Hold another file because a person said so; a grid remembers how to take that back. */
function change(box, file) {
  const before = held(box);
  hold(box, file);
  box.dispatchEvent(new CustomEvent("file-change", { bubbles: true, detail: { before } }));
}

/** Ask for a file; needs a person's own key or press. */
export const choose = (box) => inputOf(box).click();

/** Show the file of a box in a window of its own. */
export const look = (box) => box.querySelector("[data-now] a")?.click();

export function take(box, file) {
  if (cellOf(box)?.matches(".is-fixed, [data-locked] *")) return;
  const sending = send(box, file).finally(() => onTheWay.delete(sending));
  onTheWay.add(sending);
}

const fieldOf = (box) => {
  const { form } = inputOf(box);
  const entity = box.closest("[data-grid]")?.dataset.entity ?? form.dataset.form ?? form.dataset.entity;
  return `${entity}.${box.closest("[data-field]").dataset.field}`;
};

async function send(box, file) {
  const most = Number(box.dataset.maxSize || 0);
  if (most && file.size > most * MEGABYTE) {
    refuse(box, `“${file.name}” tem ${(file.size / MEGABYTE).toFixed(1).replace(".", ",")} MB; o limite é ${most} MB`);
    return;
  }
  box.setAttribute("aria-busy", "true");
  const body = new FormData();
  body.set("arquivo", file);
  body.set("campo", fieldOf(box));
  try {
    const answer = await request("/anexos", { method: "POST", body });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    if (file.type.startsWith("image/")) pictures.add(String(said.id));
    change(box, said);
    announce(`${said.name} anexado`);
  } catch (error) {
    refuse(box, error.message && !(error instanceof TypeError) ? error.message : "O arquivo não foi enviado; tente de novo.");
  } finally {
    box.removeAttribute("aria-busy");
    inputOf(box).value = "";
  }
}

function refuse(box, why) {
  setError(inputOf(box), why);
  announce(why);
}

/** Show what a box holds: the picture, the name as a link, a button that takes it away. */
export function draw(box) {
  const now = box.querySelector("[data-now]");
  const { id, name } = held(box);
  now.replaceChildren();
  if (!id) return;
  if (box.hasAttribute("data-picture") || pictures.has(id)) {
    now.append(Object.assign(new Image(), { src: `/anexos/${id}`, alt: name }));
  }
  const link = document.createElement("a");
  Object.assign(link, { href: `/anexos/${id}`, target: "_blank", rel: "noopener", className: "link", textContent: name });
  if (cellOf(box)) link.tabIndex = -1;
  now.append(link, takeAway(box));
}

function takeAway(box) {
  const button = document.createElement("button");
  const cell = cellOf(box);
  Object.assign(button, { type: "button", className: "btn btn--s btn--ghost", textContent: "Retirar" });
  if (cell) {
    Object.assign(button, { tabIndex: -1, className: "btn btn--s btn--ghost btn--icon", innerHTML: icon("x", "s") });
    button.setAttribute("aria-label", "Retirar");
  }
  button.addEventListener("click", () => {
    change(box, NONE);
    (cell ?? inputOf(box)).focus();
    announce("Arquivo retirado");
  });
  return button;
}

const started = new WeakSet();

export function start(root) {
  for (const box of root.querySelectorAll("[data-file]")) {
    if (started.has(box)) continue;
    started.add(box);
    box.dataset.first = held(box).id;
    box.querySelector("[data-now] label")?.replaceWith(takeAway(box));
    box.querySelector("[data-choose]")?.addEventListener("click", () => choose(box));
    box.addEventListener("change", (event) => event.target.files?.[0] && take(box, event.target.files[0]));
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("is-over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("is-over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("is-over");
      if (event.dataTransfer.files[0]) take(box, event.dataTransfer.files[0]);
    });
    box.addEventListener("paste", (event) => event.clipboardData.files[0] && take(box, event.clipboardData.files[0]));
  }
}
