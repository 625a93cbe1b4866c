/** Fields of a form are judged on leaving them, by the server, with the words that saving would have. */

import { setError } from "./fields.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

// What any text satisfies needs no asking.
const ANY_TEXT = new Set(["text", "long"]);

/** Ask about one control that could be read here; typed over meanwhile, the answer is dropped. */
export async function judge(control) {
  const { form: page, entity: beside } = control.form?.dataset ?? {};
  const field = control.closest(".field[data-field]")?.dataset.field;
  const text = control.value;
  const entity = page ?? beside;
  if (!entity || !field || !text.trim() || ANY_TEXT.has(control.dataset.kind)) return;
  let said;
  try {
    const answer = await request(`/conferir/${entity}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ cells: [{ field, text, row: "0" }] }),
    });
    if (!answer.ok) return;
    [said] = (await answer.json()).cells;
  } catch {
    return; // out of reach: saving will judge it
  }
  if (control.value !== text || !said.error) return;
  setError(control, said.error);
  announce(said.error);
}
