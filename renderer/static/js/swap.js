/** Replaces a fragment of the page, keeps the focus where it was, and tells what happened. */

/** Say a sentence in the live region; repeating the same sentence is said again. */
export function announce(text) {
  const region = document.getElementById("aviso");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}

const caretOf = (element) => {
  try {
    return [element.selectionStart, element.selectionEnd];
  } catch {
    return [null, null];
  }
};

/** Remember the focused control of `target`; the answer puts the focus back on its successor. */
export function keepFocus(target) {
  const active = document.activeElement;
  if (!active || !target.contains(active) || active === document.body) return () => false;
  const { id, name } = active;
  const [from, to] = caretOf(active);
  return () => {
    const next = (id && document.getElementById(id))
      || (name && target.querySelector(`[name="${CSS.escape(name)}"]`));
    if (!next) return false;
    next.focus({ preventScroll: true });
    if (from !== null && next.setSelectionRange) {
      try {
        next.setSelectionRange(from, to);
      } catch { /* a control without a caret */ }
    }
    return true;
  };
}

/** Put `html` inside `target`; where the focused control is gone, the focus goes to `target` itself. */
export function swap(target, html, { says = "" } = {}) {
  const had = target.contains(document.activeElement);
  const back = keepFocus(target);
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  target.replaceChildren(parsed.content);
  if (had && !back()) {
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  if (says) announce(says);
  target.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
}

const SPRITE = new URL("../icones.svg", import.meta.url).pathname;
const TOAST_MS = 6000;

/** A quiet notice at the corner, also said aloud; it waits while the pointer or the focus is on it. */
export function toast(text, { icon = "circle-check", action = null } = {}) {
  announce(text);
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.innerHTML = `<div class="toast-in"><svg class="i t-good" aria-hidden="true"><use href="${SPRITE}#${icon}"/></svg><span class="grow"></span></div>`;
  box.querySelector("span").textContent = text;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--s";
    button.textContent = action.label;
    button.addEventListener("click", action.run);
    box.firstElementChild.append(button);
  }
  document.body.append(box);
  const rest = action ? 2 * TOAST_MS : TOAST_MS;
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, rest) : box.remove());
  setTimeout(leave, rest);
}
