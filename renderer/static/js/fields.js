/** Fields on the page: their error line, their "alterado" mark, their ids. */

const SPRITE = new URL("../icones.svg", import.meta.url).pathname;

/** Markup of one icon of the sprite. */
export const icon = (name, size = "") => `<svg class="i${size && ` i--${size}`}" aria-hidden="true"><use href="${SPRITE}#${name}"/></svg>`;

/** The field or the cell that a control stands in. */
export const holder = (control) => control.closest("td[role=gridcell], .field");

/** What a person put into a field or a cell is no longer what the system filled there. */
export const own = (control) => holder(control)?.querySelector("[data-filled]")?.remove();

/** Show what is wrong at a control; an empty text takes the message away. */
export function setError(control, text) {
  const box = holder(control);
  if (!box) return;
  const isCell = box.matches("td");
  const id = `${control.id}-e`;
  let line = box.querySelector(":scope > .error, :scope > .cell-error");
  const described = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  if (!text) {
    line?.remove();
    box.classList.remove("has-error", "is-wrong");
    control.removeAttribute("aria-invalid");
  } else {
    if (!line) {
      line = document.createElement(isCell ? "span" : "p");
      line.className = isCell ? "cell-error" : "error";
      box.append(line);
    }
    line.id = id;
    delete line.dataset.rule; // who says this is not a rule, unless it tells so
    line.innerHTML = isCell ? "" : `${icon("circle-alert")}<span></span>`;
    (isCell ? line : line.lastChild).textContent = text;
    box.classList.add(isCell ? "is-wrong" : "has-error");
    control.setAttribute("aria-invalid", "true");
    described.unshift(id);
  }
  if (described.length) control.setAttribute("aria-describedby", described.join(" "));
  else control.removeAttribute("aria-describedby");
}

/** Ask which of several readings is meant; choosing one writes it and goes on. */
export function ask(control, readings, choose) {
  const box = holder(control);
  box.querySelector(".ask")?.remove();
  const group = document.createElement("div");
  group.className = "ask";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Qual destas leituras?");
  group.append("Qual delas?");
  for (const text of readings) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--s";
    button.textContent = text;
    button.addEventListener("click", () => {
      group.remove();
      choose(text);
    });
    group.append(button);
  }
  box.append(group);
}

/** What a control held when the page came. */
export function firstValue(control) {
  // A hidden control forgets what it held first: the box of a file remembers.
  if (control?.matches("[data-id]")) return control.closest("[data-file]").dataset.first ?? "";
  if (!control?.matches("select")) return control?.defaultValue ?? "";
  return [...control.options].find((option) => option.defaultSelected)?.value ?? "";
}

/** Write a value as if it had been typed: everything that listens hears of it. */
export function setValue(control, text) {
  if (control.value === text) return;
  control.value = text;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The posted texts of a form, in order; chosen files stay out (they are sent when chosen). */
export function entries(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === "string");
}
