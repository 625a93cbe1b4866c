/** Takes files by choosing, dragging or pasting; sends each at once, shows it, and keeps only its number in the form. */

import { setError } from "./fields.js";
import { announce } from "./swap.js";

const entityOf = (box) => box.closest("form").dataset.form ?? box.closest("form").dataset.entity;
const MEGABYTE = 1024 * 1024;

/** @type {Set<Promise<void>>} files on their way to the server */
const onTheWay = new Set();

/** Wait for the files being sent: a form saved before its file arrives would lose it. */
export const arrived = () => Promise.all(onTheWay);

function take(box, file) {
  const sending = send(box, file).finally(() => onTheWay.delete(sending));
  onTheWay.add(sending);
}

async function send(box, file) {
  const input = box.querySelector("input[type=file]");
  const most = Number(box.dataset.maxSize || 0);
  if (most && file.size > most * MEGABYTE) {
    setError(input, `“${file.name}” tem ${(file.size / MEGABYTE).toFixed(1).replace(".", ",")} MB; o limite é ${most} MB`);
    return;
  }
  box.setAttribute("aria-busy", "true");
  const body = new FormData();
  body.set("arquivo", file);
  body.set("campo", `${entityOf(box)}.${box.closest("[data-field]").dataset.field}`);
  try {
    const answer = await fetch("/anexos", { method: "POST", body });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    box.querySelector("[data-id]").value = said.id;
    box.querySelector("input[name$='.texto']").value = said.name;
    preview(box, said, file);
    setError(input, "");
    announce(`${said.name} anexado`);
  } catch (error) {
    setError(input, error.message && !(error instanceof TypeError) ? error.message : "O arquivo não foi enviado; tente de novo.");
  } finally {
    box.removeAttribute("aria-busy");
    input.value = "";
    box.querySelector("[data-id]").dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function preview(box, said, file) {
  const now = box.querySelector("[data-now]");
  now.replaceChildren();
  if (file.type.startsWith("image/")) {
    const picture = new Image();
    picture.src = URL.createObjectURL(file);
    picture.alt = said.name;
    now.append(picture);
  }
  const link = document.createElement("a");
  Object.assign(link, { href: `/anexos/${said.id}`, target: "_blank", rel: "noopener", className: "link", textContent: said.name });
  now.append(link, takeAway(box));
}

function takeAway(box) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn--s btn--ghost", textContent: "Retirar" });
  button.addEventListener("click", () => {
    for (const part of box.querySelectorAll("input[type=hidden]")) part.value = "";
    box.querySelector("[data-now]").replaceChildren();
    box.querySelector("[data-id]").dispatchEvent(new Event("input", { bubbles: true }));
    box.querySelector("input[type=file]").focus();
    announce("Arquivo retirado");
  });
  return button;
}

const started = new WeakSet();

export function start(root) {
  for (const box of root.querySelectorAll("[data-file]")) {
    if (started.has(box)) continue;
    started.add(box);
    box.querySelector("[data-now] label")?.replaceWith(takeAway(box));
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
