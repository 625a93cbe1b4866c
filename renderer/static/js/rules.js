/** Forms follow their rules while somebody types: the server says what changes, this only shows it. */

import { entries, firstValue, own } from "./fields.js";
import { gridOf } from "./grid.js";
import { patch } from "./rule_patch.js";
import { request } from "./session.js";

const REST_MS = 80;

/** What a question about rules has to carry: the fields, the rows of those grids that rules read, and what number a new row there gets. */
export function asked(form) {
  const grids = JSON.parse(form.dataset.rules ?? "{}").c ?? {};
  const texts = entries(form).filter(([name]) => {
    const [kind, first] = name.split(".");
    return kind === "c" ? first in grids : name !== "base";
  });
  const boxes = Object.keys(grids).map((name) => form.querySelector(`[data-grid="${CSS.escape(name)}"]`));
  const next = boxes.map((box) => box && gridOf(box)).filter(Boolean).map((grid) => [`proxima.${grid.name}`, String(grid.next)]);
  return [...texts, ...next];
}

const columns = (names) => new Map(Object.entries(names).map(([grid, of]) => [grid, new Set(of)]));

/** True for what names one cell, `c.faixas.7.valor`, and not a field or a whole grid. */
const isCell = (name) => name.split(".").length > 2;

/** @type {WeakMap<HTMLFormElement, Rules>} */
const made = new WeakMap();

class Rules {
  constructor(form) {
    this.form = form;
    const { f = [], c = {}, r = {} } = JSON.parse(form.dataset.rules);
    this.fields = new Set(f);
    this.columns = columns(c);
    /** The columns that fill others of their row. */
    this.fillers = columns(r);
    this.known = this.texts();
    /** Fields whose change no answer has taken up yet. */
    this.waiting = new Set();
    this.timer = 0;
    this.asking = null;
    /** How much goes on that nothing shall be asked about yet. */
    this.held = 0;
    form.addEventListener("change", (event) => {
      own(event.target);
      this.soon();
    });
    form.addEventListener("input", (event) => this.typed(event));
  }

  /** What the rules read of the form: name → text; of a grid also which rows there are, and each cell that fills others. */
  texts() {
    const found = new Map();
    const add = (key, value) => found.set(key, `${found.get(key) ?? ""}\n${value}`);
    for (const [name, value] of entries(this.form)) {
      const [kind, first, index, field, more] = name.split(".");
      // The words of a link are typed letter by letter; only its id says that a record was chosen.
      if (kind === "f" && index === undefined && this.fields.has(first)) add(`f.${first}`, value);
      if (kind === "c" && more === undefined && this.columns.has(first)) {
        if (field === "id" || field === "removed" || this.columns.get(first).has(field)) add(`c.${first}`, `${name}=${value}`);
        else add(`c.${first}`, index);
        if (this.fillers.get(first)?.has(field)) found.set(name, value);
      }
    }
    return found;
  }

  /** A person's own text: what was filled there is theirs now. Grids tell of their changes as the form itself. */
  typed(event) {
    if (event.target === this.form || event.target.matches("[type=checkbox], [data-id]")) this.soon();
    else if (event.isTrusted) own(event.target);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), REST_MS);
  }

  /** Which fields differ from what the last answer knew. */
  news(now) {
    const all = new Set([...now.keys(), ...this.known.keys()]);
    const names = [...all].filter((key) => now.get(key) !== this.before(key));
    return names.map((key) => (isCell(key) ? key : key.slice(2)));
  }

  /** What the last answer knew; of a cell in a new row, what it came with. */
  before(key) {
    if (this.known.has(key) || !isCell(key)) return this.known.get(key);
    const part = this.form.elements.namedItem(key);
    return part.type === "hidden" ? "" : firstValue(part); // a hidden one forgets
  }

  /** Ask the server, one question at a time; what changed meanwhile is asked about afterwards. */
  async ask() {
    clearTimeout(this.timer);
    if (this.asking || this.held) return;
    const now = this.texts();
    for (const name of this.news(now)) this.waiting.add(name);
    if (!this.waiting.size) return;
    this.known = now;
    this.asking = this.answer(new URLSearchParams(asked(this.form)), [...this.waiting]);
    const said = await this.asking;
    this.asking = null;
    if (!this.form.isConnected) return;
    if (this.news(this.texts()).length) {
      await this.ask(); // the answer is old already
      return;
    }
    if (!said) return; // out of reach: the next change asks again, and saving judges everything
    this.waiting.clear();
    patch(this.form, said);
    this.known = this.texts();
    this.form.dispatchEvent(new Event("ruled"));
  }

  async answer(body, changed) {
    try {
      const question = new URLSearchParams([...body, ["mudou", changed.join(",")]]);
      const reply = await request(`${this.form.getAttribute("action")}/regras`, { method: "POST", body: question, headers: { "X-Aroeira": "script" } });
      return reply.ok ? { ...await reply.json(), sent: body } : null;
    } catch {
      return null;
    }
  }

  /** Ask nothing while work goes on that changes what the form holds. */
  async during(work) {
    this.held += 1;
    try {
      return await work();
    } finally {
      this.held -= 1;
    }
  }

  /** Ask at once, and wait for the answer to what the form holds now. */
  async settle() {
    clearTimeout(this.timer);
    while (this.asking) await this.asking;
    await this.ask();
  }
}

/** Wait until a form shows what its rules make of it; at once where it has none. */
export const settled = (form) => made.get(form)?.settle();

/** Work on a form, asking what its rules make of it only afterwards. */
export const during = (form, work) => made.has(form) ? made.get(form).during(work) : work();

export function start(root) {
  for (const form of root.querySelectorAll("form[data-rules]")) {
    if (!made.has(form)) made.set(form, new Rules(form));
  }
}
