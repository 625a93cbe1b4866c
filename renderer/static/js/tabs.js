/** Tabs whose panels are one page: opened by press, arrows, Alt+1…9, a link to a field, or an error inside. */

const panelsOf = (list) => [...list.querySelectorAll("[role=tab]")].map((tab) => document.getElementById(tab.getAttribute("aria-controls")));

/** Open one tab of a list. */
export function open(tab, { focus = false } = {}) {
  const list = tab.closest("[role=tablist]");
  for (const each of list.querySelectorAll("[role=tab]")) {
    const isIt = each === tab;
    each.setAttribute("aria-selected", String(isIt));
    each.tabIndex = isIt ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls"))?.classList.toggle("is-open", isIt);
  }
  if (focus) tab.focus();
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (list.hasAttribute("data-main")) sessionStorage.setItem(key(), tab.id);
}

// The same tab stays open from record to record of one list.
const key = () => `aroeira.aba:${location.pathname.split("/").slice(0, 3).join("/")}`;

/** Open every tab that an element stands in. */
export function reveal(element) {
  for (let panel = element?.closest(".tabpanel"); panel; panel = panel.parentElement.closest(".tabpanel")) {
    const tab = document.getElementById(`${panel.id}-t`);
    if (tab && tab.getAttribute("aria-selected") !== "true") open(tab);
  }
}

/** Take away the tabs of a form in which nothing shows; an open one gives way to the first that is left. */
export function openFirst(form) {
  for (const list of document.querySelectorAll("[data-tabs]")) {
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const panels = panelsOf(list);
    if (!panels.some((panel) => form.contains(panel))) continue;
    tabs.forEach((tab, place) => {
      tab.hidden = !panels[place].querySelector(".field:not([hidden]), .grid-sheet:not([hidden])");
    });
    const first = tabs.find((tab) => !tab.hidden);
    if (first && tabs.some((tab) => tab.hidden && tab.getAttribute("aria-selected") === "true")) open(first);
  }
}

/** The number-th tab of the form; false where there is none. */
export function openNumber(number) {
  const tab = document.querySelectorAll("[data-tabs][data-main] [role=tab]")[number - 1];
  if (!tab || tab.hidden) return false;
  open(tab, { focus: true });
  return true;
}

function onKeyDown(event) {
  const tab = event.target.closest("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || (!step && !["Home", "End"].includes(event.key))) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]:not([hidden])")];
  const at = step ? (tabs.indexOf(tab) + step + tabs.length) % tabs.length : event.key === "Home" ? 0 : tabs.length - 1;
  event.preventDefault();
  open(tabs[at], { focus: true });
}

function onClick(event) {
  const tab = event.target.closest("[role=tab]");
  if (tab) {
    event.preventDefault();
    open(tab);
  }
}

const started = new WeakSet();

export function start(root) {
  for (const list of root.querySelectorAll("[data-tabs]")) {
    if (started.has(list)) continue;
    started.add(list);
    list.addEventListener("keydown", onKeyDown);
    list.addEventListener("click", onClick);
    const panels = panelsOf(list);
    const kept = list.hasAttribute("data-main") && document.getElementById(sessionStorage.getItem(key()) ?? "");
    for (const panel of panels) panel?.setAttribute("role", "tabpanel");
    if (kept && list.contains(kept) && !kept.hidden) open(kept);
    else if (list.querySelector("[role=tab][hidden][aria-selected=true]")) open(list.querySelector("[role=tab]:not([hidden])"));
  }
}
