/** Theme and density change at once; the post keeps them in the cookie, so the next page comes right. */

import { request } from "./session.js";

const MARKS = { tema: "theme", densidade: "density" };

async function choose(event) {
  const pressed = event.submitter;
  if (!pressed || !(pressed.name in MARKS)) return;
  event.preventDefault();
  const form = event.currentTarget;
  show(pressed.name, pressed.value);
  const body = new URLSearchParams({ [pressed.name]: pressed.value, volta: "/" });
  await request(form.action, { method: "POST", body, redirect: "manual" });
}

function show(name, value) {
  const root = document.documentElement;
  if (name === "tema" && value === "system") delete root.dataset.theme;
  else root.dataset[MARKS[name]] = value;
  for (const button of document.querySelectorAll(`[data-preferences] button[name="${name}"]`)) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
}

/** A popover that begins at its button and would leave the window ends at its button instead. */
function keepInside(menu) {
  menu.classList.remove("menu--end");
  const right = menu.querySelector(":scope > .menu-pop")?.getBoundingClientRect().right ?? 0;
  menu.classList.toggle("menu--end", menu.open && right > document.documentElement.clientWidth);
}

/** Open menus of the top bar close with Esc and with a press elsewhere. */
function startMenus(root) {
  for (const menu of root.querySelectorAll("details[data-menu]")) {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.preventDefault();
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("toggle", () => keepInside(menu));
    document.addEventListener("pointerdown", (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
  }
}

export function start(root) {
  for (const form of root.querySelectorAll("[data-preferences]")) form.addEventListener("submit", choose);
  startMenus(root);
}
