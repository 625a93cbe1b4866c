/** The page of a run looks again every second while the run works; the focus stays where it was. */

import { request } from "./session.js";
import { announce, keepFocus } from "./swap.js";

const LOOK_MS = 1000;
const AWAY_MS = 5000;

const head = (box) => box.querySelector(".head");
const atWork = (box) => head(box)?.hasAttribute("data-at-work");

async function look(box) {
  const answer = await request(`${box.dataset.run}?fragmento=tudo`).catch(() => null);
  if (!answer?.ok) return AWAY_MS;
  const html = (await answer.text()).trim();
  if (html !== box.dataset.shown) put(box, html);
  return LOOK_MS;
}

/** Put the new state in its place; a focused control that is gone gives the focus to the heading. */
function put(box, html) {
  const { status } = head(box).dataset;
  const had = box.contains(document.activeElement);
  const back = keepFocus(box);
  const side = box.querySelector(".side-in")?.scrollTop ?? 0;
  const unfolded = [...box.querySelectorAll("details[open]")].map((each) => each.id);
  box.innerHTML = html;
  for (const id of unfolded) box.querySelector(`#${id}`)?.setAttribute("open", "");
  box.dataset.shown = html;
  if (had && !back()) box.querySelector("h1").focus({ preventScroll: true });
  if (box.querySelector(".side-in")) box.querySelector(".side-in").scrollTop = side;
  if (head(box).dataset.status !== status) announce(head(box).dataset.says);
}

async function follow(box) {
  let pause = LOOK_MS;
  while (box.isConnected && atWork(box)) {
    await new Promise((resolve) => {
      setTimeout(resolve, document.hidden ? AWAY_MS : pause);
    });
    pause = await look(box);
  }
}

export function start(root) {
  const box = root.querySelector?.("#execucao[data-run]");
  if (box && atWork(box)) follow(box);
}
