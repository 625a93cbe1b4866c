/** A grid as a whole, as rules leave it: out of sight, to be filled, its rows locked. */

/** True inside a grid whose rows cannot change now. */
export const isLocked = (element) => element.closest("[data-locked]") !== null;

/** How a grid stands now, as the page shows it. */
export function gridStanding(box) {
  const star = box.querySelector(":scope > .toolbar > .req");
  return { hidden: box.hidden, required: Boolean(star && !star.hidden), locked: isLocked(box) };
}

/** The cells of a locked grid are read like fixed ones; a row marked to go may still be unmarked. */
export function lockGrid(box, on) {
  box.toggleAttribute("data-locked", on);
  const [table, add] = [box.querySelector("table[role=grid]"), box.querySelector("[data-add]")];
  if (on) table.setAttribute("aria-readonly", "true");
  else table.removeAttribute("aria-readonly");
  if (add) add.hidden = on;
  for (const part of table.tBodies[0].querySelectorAll("td:not(.row-tools) :is(input:not([type=hidden]), textarea)")) {
    part.readOnly = on || part.closest("td").classList.contains("is-fixed");
  }
}

export function standGrid(box, { hidden, required, locked }) {
  box.hidden = hidden;
  const star = box.querySelector(":scope > .toolbar > .req");
  if (star) star.hidden = !required;
  if (locked !== isLocked(box)) lockGrid(box, locked);
}
