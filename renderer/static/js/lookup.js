/** An ARIA combobox over the records of an entity: type a code, parts of a name or a document number. */

import { register, unregister } from "./keys.js";
import { setError, setValue } from "./fields.js";
import { addPick, dressPicks, dropLast } from "./picks.js";
import { add as addInPanel } from "./panel.js";
import { request } from "./session.js";
import { announce, toast } from "./swap.js";

const WAIT_MS = 120;
const EDGE = 8; // kept free at the sides of the window
const SCOPE = "lookup";

/** @type {WeakMap<HTMLInputElement, Lookup>} */
const made = new WeakMap();

class Lookup {
  constructor(input) {
    this.input = input;
    this.box = input.closest(".combo");
    this.id = this.#sibling(input.name.replace(/\.texto$/, ""));
    this.of = this.#sibling(input.name.replace(/\.texto$/, ".de"));
    this.pending = null;
    this.timer = 0;
    this.turn = 0;
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.leave());
    this.box.parentElement.querySelector("[data-opens]")?.addEventListener("click", () => this.open({ focus: true }));
  }

  #sibling(name) {
    const scope = this.input.closest("td, .field");
    return scope.querySelector(`input[type=hidden][name="${CSS.escape(name)}"]`);
  }

  get isMany() {
    return this.input.hasAttribute("data-many");
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  get options() {
    return this.pop ? [...this.pop.querySelectorAll("[role=option]")] : [];
  }

  /** The options that are records: the last option may be one that makes a new record. */
  get records() {
    return this.options.filter((option) => option.dataset.id);
  }

  get current() {
    return this.pop?.querySelector("[aria-selected=true]");
  }

  /** True where the words on the screen are the words of the chosen record. */
  get isSettled() {
    const text = this.input.value.trim();
    return this.isMany ? !text : text === (this.of?.value ?? "").trim() && (!text || this.id.value !== "");
  }

  typed() {
    clearTimeout(this.timer);
    if (this.isSettled) return;
    this.pending = new Promise((done) => {
      this.timer = setTimeout(() => this.ask().then(done), WAIT_MS);
    });
  }

  address({ wide = false } = {}) {
    const { lookup, campo, onde } = this.input.dataset;
    // Words that are already a record ask for nothing: whoever opens the list wants another one.
    const words = this.isSettled ? "" : this.input.value.replace(/^\*/, "").trim();
    const query = new URLSearchParams({ q: words, campo, id: this.input.id });
    if (wide || this.input.value.startsWith("*")) query.set("todos", "1");
    for (const [target, source] of Object.entries(JSON.parse(onde ?? "{}"))) {
      query.set(`onde.${target}`, this.neighbour(source));
    }
    return `/busca/${lookup}?${query}`;
  }

  /** The posted text of another field of the same record: of the row in a grid, else of the form. */
  neighbour(name) {
    const row = this.input.closest("tr");
    const stem = row ? this.input.name.replace(/\.[^.]+\.texto$/, "") : "f";
    const found = this.input.form?.elements.namedItem(`${stem}.${name}`);
    return found?.value ?? "";
  }

  async ask(options) {
    const turn = (this.turn += 1);
    let html;
    try {
      const answer = await request(this.address(options), { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      html = await answer.text();
    } catch {
      html = '<p class="opt-none">Sem resposta do servidor. O texto fica; tente de novo com F2.</p>';
    }
    if (turn !== this.turn) return;
    if (document.activeElement === this.input) this.show(html);
    else this.hits = html;
  }

  makePop() {
    const pop = document.createElement("div");
    pop.className = "pop";
    // The focus stays in the input while an option is pressed.
    pop.addEventListener("mousedown", (event) => event.target.closest("a") || event.preventDefault());
    pop.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (event.target.closest("[data-star]")) this.star(option);
      else this.choose(option);
    });
    return pop;
  }

  show(html) {
    this.pop ??= this.makePop();
    this.pop.innerHTML = html;
    // A panel has one record: inside it nothing new is opened on top.
    if (this.input.closest("#painel")) this.pop.querySelector("[data-new]")?.remove();
    this.box.append(this.pop);
    this.place();
    this.input.setAttribute("aria-expanded", "true");
    register(SCOPE, [{ command: "fechar-busca", keys: ["Escape"], label: "Fechar a busca", run: () => this.close() }]);
    const { records } = this;
    this.select(records[0]);
    const found = records.length ? `${records.length} encontrados` : "Nada encontrado";
    announce(this.options.length > records.length ? `${found}; a última opção inclui “${this.input.value.trim()}”` : found);
  }

  /** Below the input, or above it near the bottom bar, inside the window; in a grid outside of its scroll box. */
  place() {
    const { left, top, bottom } = this.input.getBoundingClientRect();
    const isUp = innerHeight - bottom < Math.min(this.pop.offsetHeight + 60, 340) && top > 340;
    this.pop.classList.toggle("is-up", isUp);
    const { style } = this.pop;
    const width = document.documentElement.clientWidth;
    style.maxWidth = `${Math.min(560, width - 2 * EDGE)}px`;
    style.minWidth = `min(max(${this.input.closest("td") ? "" : "100%, "}390px), ${width - 2 * EDGE}px)`;
    if (!this.input.closest("td")) {
      if (getComputedStyle(this.pop).position === "static") {
        style.minWidth = style.maxWidth = "100%"; // a phone: in the flow, as wide as the field
        return;
      }
      style.left = "0";
      const { left: at, right } = this.pop.getBoundingClientRect();
      style.left = `${Math.max(EDGE - at, Math.min(0, width - EDGE - right))}px`;
      return;
    }
    style.position = "fixed";
    style.left = `${Math.max(EDGE, Math.min(left, width - EDGE - this.pop.offsetWidth))}px`;
    style.top = isUp ? "auto" : `${bottom + 4}px`;
    style.bottom = isUp ? `${innerHeight - top + 4}px` : "auto";
  }

  close() {
    this.pop?.remove();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    unregister(SCOPE);
  }

  open({ focus = false } = {}) {
    if (this.input.readOnly) return;
    if (focus) this.input.focus();
    const wide = this.isOpen;
    if (!this.isMany && this.isSettled && this.input.value) this.input.select();
    clearTimeout(this.timer);
    this.pending = this.ask({ wide });
  }

  select(option) {
    this.current?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  move(step) {
    const { options } = this;
    const at = options.indexOf(this.current);
    this.select(options[(at + step + options.length) % options.length]);
  }

  key(event) {
    if (event.key === "F2" || (event.altKey && event.key === "ArrowDown")) {
      event.preventDefault();
      this.open();
    } else if (!this.isOpen) {
      if (this.isMany && event.key === "Backspace" && !this.input.value) dropLast(this.input);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      event.stopPropagation();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && this.current) {
      event.preventDefault();
      event.stopPropagation();
      this.choose(this.current);
    } else if (event.key.toLowerCase() === "d" && event.ctrlKey && this.current) {
      event.preventDefault();
      event.stopPropagation();
      this.star(this.current);
    } else if (event.key === "Tab" && this.current && !this.isSettled) {
      // Tab takes the marked answer only when the words leave no other.
      if (this.records.length === 1) this.choose(this.records[0]);
    }
  }

  /** Take an option: its id, its words. */
  choose(option) {
    if (option?.dataset.new) this.include(option.dataset.new);
    if (option?.dataset.id) this.take(option);
  }

  take(option) {
    if (this.isMany) {
      addPick(this.input, option.dataset.id, option.dataset.text);
      this.input.value = "";
    } else {
      this.settle(option.dataset.id, option.dataset.text);
    }
    setError(this.input, "");
    announce(`${option.dataset.text} escolhido`);
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Make a record from what was typed, in the panel, and take it; given up, the words stay as typed. */
  async include(address) {
    this.including = true;
    this.close();
    const made = await addInPanel(address, this.input);
    this.input.focus();
    this.including = false;
    if (!made) return;
    const option = document.createElement("div");
    Object.assign(option.dataset, { id: made.id, text: made.text });
    this.take(option);
    this.input.setSelectionRange(made.text.length, made.text.length);
  }

  /** Mark an option as a favourite of this person, or take the mark away; it comes first the next time. */
  async star(option) {
    if (!option?.dataset.id) return;
    const on = !option.hasAttribute("data-favourite");
    const answer = await request(`/favoritos/${this.input.dataset.lookup}/${option.dataset.id}`, { method: on ? "PUT" : "DELETE" }).catch(() => null);
    if (!answer?.ok) {
      toast("Sem resposta do servidor; o favorito não mudou.", { icon: "circle-alert" });
      return;
    }
    option.toggleAttribute("data-favourite", on);
    option.querySelector("[data-favourite-words]").textContent = on ? "favorito" : "";
    announce(`${option.dataset.text} ${on ? "marcado como favorito" : "não é mais favorito"}`);
  }

  settle(id, text) {
    this.id.value = id;
    this.of.value = text;
    setValue(this.input, text);
  }

  /** On leaving: words that mean one record become it, also when the answer is still on its way. */
  async leave() {
    if (this.including) return;
    if (this.isSettled) {
      this.close();
      return;
    }
    if (!this.input.value.trim()) {
      if (this.id) this.settle("", "");
      this.close();
      return;
    }
    await this.pending;
    const found = document.createElement("div");
    found.innerHTML = this.isOpen ? this.pop.innerHTML : (this.hits ?? "");
    const options = [...found.querySelectorAll("[role=option][data-id]")];
    if (document.activeElement === this.input || this.isSettled) return;
    if (options.length === 1) {
      this.choose(options[0]);
    } else {
      setError(this.input, options.length ? `“${this.input.value}” serve a mais de um registro; escolha na lista (F2)` : `“${this.input.value}” não foi encontrado; escolha um registro da lista (F2)`);
      this.close();
    }
  }
}

/** A list that hangs on an input in a grid does not stay behind when the page moves. */
function onScroll(event) {
  const input = document.activeElement;
  if (input?.closest("td") && !event.target.closest?.(".pop")) made.get(input)?.pop?.isConnected && made.get(input).place();
}

let listening = false;

/** The lookup of a combobox, if it has one. */
export const of = (input) => made.get(input);

export function start(root) {
  for (const input of root.querySelectorAll("input[role=combobox][data-lookup]")) {
    if (!made.has(input)) made.set(input, new Lookup(input));
  }
  dressPicks(root);
  if (!listening) addEventListener("scroll", onScroll, { capture: true, passive: true });
  listening = true;
}
