/** Pages of questions: the first one that waits for an answer has the focus, Enter goes from one to the next. */

import { stops } from "./enter.js";

export function start(root) {
  const form = root.querySelector?.("form[data-questions]");
  if (!form || document.activeElement !== document.body) return;
  const all = stops(form);
  const first = all.find((each) => each.matches("[aria-invalid=true]")) ?? all[0];
  first?.focus();
  if (first?.matches("input") && first.type !== "radio" && first.type !== "checkbox") first.select();
}
