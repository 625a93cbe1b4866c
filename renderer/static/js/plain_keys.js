/** Keys of pages that are plain forms: F3 begins something new, F5 goes on to the next step. */

import { register } from "./keys.js";

const press = (command) => () => {
  const button = document.querySelector(`[data-plain-keys] [data-command=${command}]`);
  if (!button) return false;
  button.click();
  return true;
};

const BINDINGS = {
  new: { command: "new", keys: ["F3"], label: "Incluir", run: press("new") },
  save: { command: "save", keys: ["F5", "Ctrl+S"], label: "Continuar", run: press("save") },
};

export function start(root) {
  if (!root.querySelector?.("[data-plain-keys]")) return;
  const there = Object.keys(BINDINGS).filter((name) => root.querySelector(`[data-plain-keys] [data-command=${name}]`));
  register("plain", there.map((name) => BINDINGS[name]));
}
