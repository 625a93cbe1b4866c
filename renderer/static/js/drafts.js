/** Keeps what was typed but not saved: on the server within two seconds of rest, here when it cannot be reached. */

import { changed } from "./changes.js";
import { entries } from "./fields.js";
import { request } from "./session.js";
import { announce, swap, toast } from "./swap.js";

const REST_MS = 1500;
const local = (form) => `aroeira.rascunho:${form.dataset.draft}`;

function bodyOf(form) {
  const posted = {};
  for (const [name, value] of entries(form)) (posted[name] ??= []).push(value);
  return JSON.stringify({ posted });
}

function say(text) {
  const place = document.querySelector("[data-draft-state]");
  if (place) place.textContent = text && `· ${text}`;
}

async function send(address, body, { last = false } = {}) {
  const answer = await request(address, {
    method: "PUT", headers: { "Content-Type": "application/json" }, body,
    // The browser only carries small bodies past the end of a page.
    keepalive: last && body.length < 60_000,
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** What was typed before an undo: kept in this browser only, until the page that follows is left. */
const undone = (form) => `aroeira.desfeito:${form.dataset.form}/${form.dataset.record}`;
let again = null;

/** Forget the draft, but let the next page offer to take that back. */
export async function drop(form) {
  sessionStorage.setItem(undone(form), bodyOf(form));
  await end(form, { forget: true });
}

/** After an undo: offer to bring back what was typed. */
export function takeBack(form) {
  const body = sessionStorage.getItem(undone(form));
  if (!body) return;
  sessionStorage.removeItem(undone(form));
  again = async () => {
    again = null;
    await send(form.dataset.draft, body);
    await end(form);
    location.assign(`${location.pathname}?rascunho=${form.dataset.draft.split("/").at(-1)}`);
  };
  toast("Desfeito; F6 refaz", { icon: "undo-2", action: { label: "Refazer", run: again } });
}

/** Bring back what was undone last; tell whether there was anything. */
export function redo() {
  const run = again;
  run?.();
  return Boolean(run);
}

/** Keep the form now. */
export async function keep(form, options = {}) {
  const state = states.get(form);
  clearTimeout(state.timer);
  state.timer = 0;
  if (state.isOver) return;
  const body = bodyOf(form);
  if (body === state.kept) return;
  try {
    state.sending = send(form.dataset.draft, body, options);
    const { says } = await state.sending;
    state.kept = body;
    sessionStorage.removeItem(local(form));
    say(says);
  } catch {
    sessionStorage.setItem(local(form), body);
    say("sem resposta do servidor: guardado neste computador");
    state.timer = setTimeout(() => keep(form), 5 * REST_MS);
  }
}

/** While the form is being saved no draft is sent: one that came after the save would outlive it. */
export async function hold(form, on) {
  const state = states.get(form);
  if (!state) return;
  clearTimeout(state.timer);
  state.isOver = on;
  await state.sending?.catch(() => {});
}

/** Saved or given up: nothing is left to keep. */
export function end(form, { forget = false } = {}) {
  const state = states.get(form);
  if (!state) return Promise.resolve();
  clearTimeout(state.timer);
  state.isOver = true;
  sessionStorage.removeItem(local(form));
  return forget ? request(form.dataset.draft, { method: "DELETE" }).catch(() => {}) : Promise.resolve();
}

/** Offer the draft of another time, when there is one. */
async function offer(form) {
  const here = sessionStorage.getItem(local(form));
  try {
    if (here) {
      await send(form.dataset.draft, here);
      sessionStorage.removeItem(local(form));
    }
    const answer = await request(form.dataset.draft, { headers: { Accept: "application/json" } });
    const draft = answer.ok ? await answer.json() : {};
    if (!draft.banner) return;
    const place = document.getElementById("faixa-rascunho");
    swap(place, draft.banner, { says: draft.says });
    place.querySelector("[data-continue]").addEventListener("click", () => end(form));
    place.querySelector("[data-discard]").addEventListener("click", async (event) => {
      await request(event.currentTarget.dataset.discard, { method: "DELETE" });
      place.replaceChildren();
      announce("Rascunho descartado");
      form.querySelector("input:not([type=hidden])")?.focus();
    });
  } catch {
    // No answer: the copy in this browser stays for the next time.
  }
}

const states = new WeakMap();

export function start(root) {
  for (const form of root.querySelectorAll("form[data-draft]")) {
    if (states.has(form)) continue;
    const state = { timer: 0, kept: "", isOver: false };
    states.set(form, state);
    form.addEventListener("changes", ({ detail }) => {
      clearTimeout(state.timer);
      if (detail.count) state.timer = setTimeout(() => keep(form), REST_MS);
      else if (state.kept) {
        state.kept = "";
        request(form.dataset.draft, { method: "DELETE" }).catch(() => {});
        say("");
      }
    });
    addEventListener("pagehide", () => {
      if (state.timer && !state.isOver && changed(form).size) keep(form, { last: true });
    });
    if (!form.hasAttribute("data-is-changed")) offer(form);
  }
}
