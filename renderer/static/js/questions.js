/** Pages of questions: the first one that waits for an answer has the focus, Enter goes from one to the next. */

import { stops } from "./enter.js";

export function start(root) {
  const form = root.querySelector?.("form[data-questions]");
  // What the page itself wants to be read first (autofocus) gets the focus later than scripts run.
  if (!form || root.querySelector("[autofocus]") || document.activeElement !== document.body) return;
  const all = stops(form);
  const first = all.find((each) => each.matches("[aria-invalid=true]")) ?? all[0];
  first?.focus();
  if (first?.matches("input") && first.type !== "radio" && first.type !== "checkbox") first.select();
}
