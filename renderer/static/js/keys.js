/** One stack of scopes decides which command a key starts: the top layer first, the page last. */

/** @typedef {{command: string, keys: string[], label: string, run?: (event: KeyboardEvent) => unknown, always?: boolean, hidden?: boolean}} Binding */

/** @type {{name: string, bindings: Binding[], modal: boolean}[]} */
const stack = [];
const STORED = "aroeira.teclas";

/** Put a scope on top of the stack, or renew its bindings where it stands; returns how to take it away. */
export function register(scope, bindings, { modal = false } = {}) {
  const there = stack.find((entry) => entry.name === scope);
  if (there) {
    Object.assign(there, { bindings, modal });
  } else {
    stack.push({ name: scope, bindings, modal });
  }
  return () => unregister(scope);
}

export function unregister(scope) {
  const at = stack.findIndex((entry) => entry.name === scope);
  if (at >= 0) stack.splice(at, 1);
}

/** Write a pressed key as in the bindings: "F5", "Ctrl+S", "Alt+ArrowDown", "?". */
export function keyName(event) {
  const single = [...event.key].length === 1;
  const key = single && event.key !== " " ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // A shifted sign is already another sign; a shifted letter is not.
  if (event.shiftKey && (!single || /\p{L}/u.test(key))) parts.push("Shift");
  return [...parts, key].join("+");
}

/** True where typed characters go into the element. */
export function takesText(element) {
  return element instanceof HTMLElement
    && (element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=file])"));
}

const chosen = () => {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}");
  } catch {
    return {};
  }
};

/** The keys of a binding, as shipped or as this person chose. */
const keysOf = (binding, own = chosen()) => own[binding.command] ?? binding.keys;

/** Choose other keys for a command; none gives back the shipped ones. */
export function remap(command, keys) {
  const own = chosen();
  if (keys?.length) own[command] = keys;
  else delete own[command];
  localStorage.setItem(STORED, JSON.stringify(own));
}

/** Every command of the scopes that can be reached now, top first: for the palette and for `?`. */
export function commands() {
  const own = chosen();
  const list = [];
  for (const { name, bindings, modal } of [...stack].reverse()) {
    for (const binding of bindings) {
      if (!binding.hidden) list.push({ ...binding, scope: name, keys: keysOf(binding, own) });
    }
    if (modal) break;
  }
  return list;
}

/** Write a key as people read it on their keyboard. */
export function pretty(key) {
  const signs = { Enter: "↵", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Espaço", Delete: "Del" };
  return key.split("+").map((part) => signs[part] ?? part).join(" ");
}

function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing || !event.key) return;
  const name = keyName(event);
  // A character belongs to the text while somebody writes.
  if ([...name].length === 1 && takesText(event.target)) return;
  const own = chosen();
  let covered = false;
  for (const { bindings, modal } of [...stack].reverse()) {
    for (const binding of bindings) {
      // What has nothing to run is only told: its own part of the page answers the key.
      if (!binding.run || !keysOf(binding, own).includes(name)) continue;
      if (covered && !binding.always) {
        // A key of the page below must not reach the browser: F5 would reload under an open dialog.
        if (name.startsWith("F") || name.startsWith("Ctrl+")) event.preventDefault();
        continue;
      }
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return;
    }
    covered ||= modal;
  }
}

let listening = false;

export function start() {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKeyDown);
}
