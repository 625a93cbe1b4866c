/** The chooser of columns: fetched into its popover when it opens; each press is a step of the plain form. */

import { navigate } from "./list.js";
import { request } from "./session.js";
import { announce, swap } from "./swap.js";

const popover = () => document.getElementById("colunas");
const body = () => document.getElementById("colunas-corpo");

/** Open the popover from elsewhere on the page. */
export function open() {
  popover().open = true;
  popover().querySelector("summary").focus();
}

async function fetched(address) {
  const there = new URL(address, location.href);
  there.searchParams.set("fragmento", "1");
  const answer = await request(there).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

async function load() {
  const html = await fetched(body().dataset.columns);
  if (html === null) return; // the plain link stays
  swap(body(), html);
}

async function step(form, query) {
  const html = await fetched(`${form.action}?${query}`);
  if (html === null) {
    announce("Sem resposta do servidor. As colunas continuam como estavam; tente de novo.");
    return;
  }
  swap(body(), html);
  body().querySelector("[autofocus]")?.focus();
  announce(body().querySelector("form").dataset.says ?? "");
}

function onSubmit(event) {
  const form = event.target;
  if (!form.matches("#colunas form[data-columns-form]")) return;
  event.preventDefault();
  const query = new URLSearchParams(new FormData(form, event.submitter));
  if (event.submitter?.matches("[data-columns-show]")) {
    navigate(`${event.submitter.formAction}?${query}`, { focus: "#colunas > summary" });
  } else if (event.submitter?.getAttribute("aria-disabled") !== "true") step(form, query);
}

export function start(root) {
  const menu = root.querySelector("#colunas");
  if (!menu) return;
  menu.addEventListener("toggle", () => menu.open && load());
  menu.addEventListener("submit", onSubmit);
}
