/** A masked value is shown for a reason: by its button or Alt+R, asked in a dialog, and only until the page goes. */

import { build, show } from "./dialog.js";
import { register } from "./keys.js";
import { request } from "./session.js";
import { announce, toast } from "./swap.js";

const SCRIPT = { "X-Aroeira": "script" };
const GONE = "Sem resposta do servidor; tente de novo.";

const inputOf = (element) => element?.closest("[data-unmask]") ?? element?.closest("td")?.querySelector("[data-unmask]");

/** The record that an input is about: the row it stands in, or the form; nothing where it is not saved yet. */
function recordOf(input) {
  const row = input.closest("tr[data-index]");
  const id = row ? row.querySelector(`input[name$=".${row.dataset.index}.id"]`)?.value : input.closest("form")?.dataset.record;
  return /^[0-9]+$/.test(id ?? "") ? id : "";
}

const labelOf = (input) => (input.labels?.[0] ?? document.getElementById(input.getAttribute("aria-labelledby")))?.textContent.trim() ?? "";

/** Ask for the reason; resolves with it, or with nothing. */
async function reason(title, body) {
  // The first button is the one that Enter presses.
  const dialog = build({ title, body: [body], buttons: [["Revelar", "sim", "btn--primary"], ["Manter oculto", "", ""]] });
  const answer = show(dialog);
  const input = body.querySelector("input");
  input.focus();
  const said = await answer;
  dialog.remove();
  return said === "sim" ? input.value : null;
}

async function unmask(input) {
  const [entity, field] = input.dataset.unmask.split("/");
  const address = `/revelar/${entity}/${recordOf(input)}/${field}`;
  const body = document.createElement("div");
  body.className = "stack-s";
  let answer = await request(address, { headers: SCRIPT }).catch(() => null);
  for (let asking = answer?.ok; asking;) {
    body.innerHTML = await answer.text();
    const said = await reason(`Revelar ${labelOf(input)}?`, body);
    if (said === null) {
      input.focus();
      return;
    }
    answer = await request(address, { method: "POST", body: new URLSearchParams({ motivo: said }), headers: SCRIPT }).catch(() => null);
    asking = answer?.status === 422;
  }
  if (!answer?.ok) {
    toast(answer?.status === 403 ? "Você não pode ver este dado." : GONE, { icon: "circle-alert" });
    input.focus();
    return;
  }
  const { text } = await answer.json();
  input.value = text;
  input.classList.remove("is-masked");
  input.removeAttribute("data-unmask");
  document.querySelector(`[data-unmasks="${input.id}"]`)?.remove();
  const hint = document.getElementById(`${input.id}-h`);
  if (hint) hint.textContent = "Revelado só nesta página; ficou na auditoria.";
  hint?.classList.replace("sr", "hint");
  input.focus();
  announce(`${labelOf(input)}: ${text || "vazio"}`);
}

/** Of the field with the focus; false where it hides nothing that may be shown. */
function ofFocus() {
  const input = inputOf(document.activeElement);
  if (!input || !recordOf(input)) return false;
  unmask(input);
  return true;
}

let listening = false;

export function start(root) {
  for (const button of root.querySelectorAll("[data-unmasks]")) {
    button.hidden = !recordOf(document.getElementById(button.dataset.unmasks));
  }
  if (!root.querySelector("[data-unmask]")) return;
  register("mascarados", [{ command: "unmask", keys: ["Alt+R"], label: "Revelar o dado mascarado do campo, com motivo", run: () => ofFocus() }]);
  if (listening) return;
  listening = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unmasks]");
    if (button) unmask(document.getElementById(button.dataset.unmasks));
  });
}
