/** Questions that must be answered first, and other layers; Esc closes the top layer only. */

import { register } from "./keys.js";

let made = 0;

/** Make a layer known to the keys: Esc calls `close`; returns how to forget it. */
export function layer(name, close, { modal = false, bindings = [] } = {}) {
  return register(name, [
    { command: "fechar", keys: ["Escape"], label: "Fechar", run: close },
    ...bindings,
  ], { modal });
}

/** Show a <dialog> over the page; resolves with its return value when it closes. */
export function show(dialog) {
  const close = () => {
    forget();
    dialog.close("");
  };
  const forget = layer(`dialogo-${(made += 1)}`, close, { modal: true });
  // The browser tells of the end a moment later: a key pressed meanwhile is already for the page below.
  dialog.addEventListener("submit", (event) => event.defaultPrevented || forget());
  // The browser's own Esc would close it a second time, below the scope stack.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      forget();
      answer(dialog.returnValue);
    }, { once: true });
  });
}

const button = (text, value, kind) => {
  const element = document.createElement("button");
  element.className = `btn ${kind}`;
  element.value = value;
  element.textContent = text;
  return element;
};

/** Build a dialog with a title, a body (text or nodes) and its buttons. */
export function build({ title, body, buttons }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const id = `dlg-${(made += 1)}`;
  dialog.setAttribute("aria-labelledby", id);
  const head = document.createElement("h2");
  head.id = id;
  head.textContent = title;
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "stack-s";
  const middle = document.createElement("div");
  middle.className = "stack-s ink2";
  middle.append(...(Array.isArray(body) ? body : [body ?? ""]));
  const foot = document.createElement("footer");
  foot.className = "row-wrap";
  foot.append(...buttons.map(([text, value, kind]) => button(text, value, kind)));
  form.append(middle, foot);
  dialog.append(head, form);
  document.body.append(dialog);
  return dialog;
}

/** Ask yes or no; the safe answer has the focus. */
export async function confirm({ title, body, yes, no = "Manter", danger = true }) {
  const dialog = build({
    title, body,
    buttons: [[no, "", ""], [yes, "sim", danger ? "btn--bad" : "btn--primary"]],
  });
  const answer = show(dialog);
  dialog.querySelector("footer button").focus();
  const said = await answer;
  dialog.remove();
  return said === "sim";
}

export function start() {}
