/** Tidies what was typed when the field is left, never while typing: paste, accents and screen readers stay whole.
    The readings are those of the server, which decides; here they only show early what will be understood. */

import { ask, setError } from "./fields.js";
import { judge } from "./judge.js";
import { announce } from "./swap.js";

const pad = (number, size = 2) => String(number).padStart(size, "0");
const written = (date) => `${pad(date.getDate())}/${pad(date.getMonth() + 1)}/${date.getFullYear()}`;
const DATE_HELP = "escreva, por exemplo, 05/11/2026, 5/11, h ou +7";

/** The clock of the site, as a date in the browser's own terms: "hoje" is one day for everybody. */
function siteNow() {
  const timeZone = document.documentElement.dataset.zone || undefined;
  const parts = new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" }).formatToParts(new Date());
  const [year, month, day, hour, minute] = ["year", "month", "day", "hour", "minute"].map((type) => Number(parts.find((part) => part.type === type).value));
  return new Date(year, month - 1, day, hour, minute);
}

/** A result is {text}, or {error}, or {ask: [readings]}. */
function calendar(day, month, year, typed) {
  const date = new Date(year, month - 1, day);
  const exists = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return exists ? { text: written(date) } : { error: `“${typed}” não existe no calendário` };
}

/** A year of two digits with its century where that is clear, as in_full of metadata/values/moments.py. */
function inFull(short, thisYear) {
  const year = thisYear - (thisYear % 100) + short;
  if (year <= thisYear + 1) return year;
  return year > thisYear + 20 ? year - 100 : null;
}

export function date(typed, today = siteNow()) {
  const word = typed.trim().toLowerCase();
  if (word === "h" || word === "hoje") return { text: written(today) };
  if (word === "fm") return { text: written(new Date(today.getFullYear(), today.getMonth() + 1, 0)) };
  const shift = /^([+-]\d{1,4})$/.exec(word);
  if (shift) return { text: written(new Date(today.getFullYear(), today.getMonth(), today.getDate() + Number(shift[1]))) };
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word);
  if (iso) return calendar(Number(iso[3]), Number(iso[2]), Number(iso[1]), typed);
  const parts = /^(\d{2})(\d{2})(\d{4}|\d{2})$/.exec(word) ?? /^(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?$/.exec(word);
  if (!parts) return { error: `“${typed}” não é uma data; ${DATE_HELP}` };
  const [, day, month, short] = parts;
  const year = short?.length === 2 ? inFull(Number(short), today.getFullYear()) : Number(short ?? today.getFullYear());
  if (!year) return { ask: [`${pad(day)}/${pad(month)}/19${short}`, `${pad(day)}/${pad(month)}/20${short}`] };
  return calendar(Number(day), Number(month), year, typed);
}

function month(typed, today = siteNow()) {
  const word = typed.trim().toLowerCase();
  if (word === "h" || word === "hoje") return { text: `${pad(today.getMonth() + 1)}/${today.getFullYear()}` };
  const iso = /^(\d{4})-(\d{2})(?:-01)?$/.exec(word);
  const parts = iso ? [iso[0], iso[2], iso[1]] : /^(\d{1,2})\/?(\d{4})$/.exec(word);
  if (!parts || Number(parts[1]) < 1 || Number(parts[1]) > 12) return { error: `“${typed}” não é um mês; escreva, por exemplo, 11/2026` };
  return { text: `${pad(parts[1])}/${parts[2]}` };
}

function time(typed) {
  const parts = /^(\d{2})(\d{2})$/.exec(typed.trim()) ?? /^(\d{1,2})(?:[:h](\d{2})?)?$/i.exec(typed.trim());
  if (!parts || Number(parts[1]) > 23 || Number(parts[2] ?? 0) > 59) {
    return /^\d{1,2}:\d{2}:\d{2}$/.test(typed.trim()) ? { text: typed.trim() } : { error: `“${typed}” não é uma hora; escreva, por exemplo, 14:30` };
  }
  return { text: `${pad(parts[1])}:${parts[2] ?? "00"}` };
}

function instant(typed, today = siteNow()) {
  const word = typed.trim();
  if (["h", "hoje", "agora"].includes(word.toLowerCase())) return { text: `${written(today)} ${pad(today.getHours())}:${pad(today.getMinutes())}` };
  const [day, ...clock] = word.split(/\s+/);
  const read = date(day, today);
  if (!read.text) return read;
  const hour = clock.length ? time(clock.join(" ")) : { text: "00:00" };
  return hour.text ? { text: `${read.text} ${hour.text}` } : hour;
}

export const grouped = (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ".");

function integer(typed) {
  const word = typed.replace(/\s/g, "");
  if (!/^[+-]?(\d{1,3}(\.\d{3})+|\d+)$/.test(word)) return { error: `“${typed}” não é um número inteiro; escreva só números` };
  const digits = word.replace(/[.+-]/g, "").replace(/^0+(?=\d)/, "");
  return { text: (word.startsWith("-") ? "-" : "") + grouped(digits) };
}

export function decimal(typed, { scale = 2, trim = false, maybe = scale >= 3 } = {}) {
  const word = typed.replace(/\s|R\$|%/g, "").replace("−", "-");
  const sign = word.startsWith("-") ? "-" : "";
  const bare = word.replace(/^[+-]/, "");
  let plain;
  if (/^\d{1,3}(\.\d{3})+$/.test(bare)) {
    if (maybe && bare.split(".").length === 2) return { ask: [`${sign}${bare},${"0".repeat(scale)}`, sign + bare.replace(".", ",")] };
    plain = bare.replaceAll(".", "");
  } else if (/^((\d{1,3}(\.\d{3})+)|\d*)(,\d*)?$/.test(bare) && /\d/.test(bare)) {
    plain = bare.replaceAll(".", "").replace(",", ".");
  } else if (/^\d*\.\d+$/.test(bare)) {
    plain = bare;
  } else {
    return { error: `“${typed}” não é um número; escreva, por exemplo, 1.234,56` };
  }
  let [whole, part = ""] = plain.split(".");
  whole = grouped(whole.replace(/^0+(?=\d)/, "") || "0");
  part = trim ? part.replace(/0+$/, "") : part.padEnd(scale, "0");
  return { text: sign + whole + (part ? `,${part}` : "") };
}

/** 9 a digit, A a letter, * either; other characters are written by the mask. */
export function dressed(typed, mask) {
  const clean = [...typed].filter((sign) => /[\p{L}\d]/u.test(sign)).join("").toUpperCase();
  const slots = [...mask].filter((sign) => "9A*".includes(sign)).length;
  // What does not fill the mask is left as typed: the server says what is missing.
  if (clean.length !== slots) return { text: typed.trim() };
  let at = 0;
  return { text: [...mask].map((sign) => ("9A*".includes(sign) ? clean[at++] : sign)).join("") };
}

function phone(typed) {
  const digits = typed.replace(/\D/g, "");
  if (digits.length === 11) return { text: `(${digits.slice(0, 2)}) ${digits.slice(2, 7)}-${digits.slice(7)}` };
  if (digits.length === 10) return { text: `(${digits.slice(0, 2)}) ${digits.slice(2, 6)}-${digits.slice(6)}` };
  return { text: typed.trim() };
}

function text(typed, control) {
  let tidy = typed.replace(/\s+/g, " ").trim();
  if (control.dataset.upper) tidy = tidy.toUpperCase();
  const most = Number(control.dataset.max ?? 0);
  return most && tidy.length > most ? { text: tidy, error: `tem ${tidy.length} caracteres; o limite é ${most}` } : { text: tidy };
}

const KINDS = {
  date: (typed) => date(typed), month: (typed) => month(typed), time, instant: (typed) => instant(typed), integer,
  decimal: (typed, control) => decimal(typed, { scale: Number(control.dataset.scale ?? 0) }),
  percent: (typed) => decimal(typed, { trim: true, maybe: false }),
  mask: (typed, control) => dressed(typed, control.dataset.mask), phone, text,
  email: (typed) => ({ text: typed.trim() }), duration: (typed) => ({ text: typed.trim() }),
  colour: (typed) => ({ text: /^[\da-f]{6}$/i.test(typed.trim()) ? `#${typed.trim().toLowerCase()}` : typed.trim() }),
};

/** Tidy a control by its kind; true when the text can be understood here. */
export function tidy(control) {
  const read = KINDS[control.dataset.kind];
  if (!read || control.readOnly) return true;
  control.closest("td, .field")?.querySelector(":scope > .ask")?.remove();
  if (!control.value.trim()) {
    setError(control, "");
    return true;
  }
  const result = read(control.value, control);
  if (result.text !== undefined && result.text !== control.value) {
    control.value = result.text;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (result.ask) {
    setError(control, `“${control.value}” pode ser lido de duas maneiras`);
    announce(`${control.value} pode ser ${result.ask.join(" ou ")}`);
    ask(control, result.ask, (chosen) => {
      control.value = chosen;
      setError(control, "");
      tidy(control);
      control.dispatchEvent(new Event("input", { bubbles: true }));
      control.focus();
    });
    return false;
  }
  const message = result.error ?? "";
  setError(control, message && message[0].toUpperCase() + message.slice(1));
  return !message;
}

let pressing = false;

/** While the pointer is down nothing may move: a message would push away the button that is being pressed. */
function onPointer(event) {
  pressing = event.type === "pointerdown";
}

function afterPress(act) {
  if (pressing) addEventListener("pointerup", () => setTimeout(act), { once: true });
  else act();
}

function onChange(event) {
  const control = event.target;
  if (control.matches?.("[data-kind]") && !control.closest("td")) afterPress(() => tidy(control) && judge(control));
  const colour = control.dataset?.colourOf;
  if (colour) {
    const target = document.getElementById(colour);
    target.value = control.value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** The decimal key of the number pad yields a comma, whatever the keyboard says. */
function onKeyDown(event) {
  const control = event.target;
  if (event.code !== "NumpadDecimal" || event.key === "," || !control.matches?.("[data-kind=decimal], [data-kind=percent]")) return;
  event.preventDefault();
  control.setRangeText(",", control.selectionStart, control.selectionEnd, "end");
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

let listening = false;

export function start() {
  if (listening) return;
  listening = true;
  document.addEventListener("change", onChange);
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) document.addEventListener(name, onPointer, true);
  document.addEventListener("keydown", onKeyDown);
  // A press may end where the page does not hear of it, as in the list of a select.
  document.addEventListener("keydown", () => { pressing = false; }, true);
}
