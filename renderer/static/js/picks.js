/** Chips of linked records: each carries its id in a box, which is also how they work without script. */

import { announce } from "./swap.js";

/** Give a chip its × in place of the box; the box goes on carrying the value. */
function dress(pick) {
  const box = pick.querySelector("input[type=checkbox]");
  box.hidden = true;
  const text = pick.querySelector("span").textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `Tirar ${text}`);
  button.innerHTML = `<span aria-hidden="true">×</span>`;
  button.addEventListener("click", () => {
    const input = pick.closest(".picks").querySelector("[role=combobox]");
    const { form } = input;
    pick.remove();
    announce(`${text} retirado`);
    form?.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
  pick.append(button);
}

/** Add a record to the chips before the combobox `input`; one that is there stays once. */
export function addPick(input, id, text) {
  const picks = input.closest(".picks");
  const name = input.name.replace(/\.texto$/, "");
  if (picks.querySelector(`input[type=checkbox][value="${CSS.escape(id)}"]`)) return;
  const pick = document.createElement("span");
  pick.className = "pick";
  pick.innerHTML = '<input type="checkbox" checked><input type="hidden"><span></span>';
  const [box, words] = pick.querySelectorAll("input");
  Object.assign(box, { name, value: id, ariaLabel: text });
  Object.assign(words, { name: `${name}.nome.${id}`, value: text });
  pick.querySelector("span").textContent = text;
  picks.insertBefore(pick, input.closest(".combo"));
  dress(pick);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Take away the last chip: Backspace in the empty input. */
export function dropLast(input) {
  [...input.closest(".picks").querySelectorAll(".pick button")].at(-1)?.click();
}

export function dressPicks(root) {
  for (const pick of root.querySelectorAll(".pick")) {
    if (!pick.querySelector("button")) dress(pick);
  }
}
