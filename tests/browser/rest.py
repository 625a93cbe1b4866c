"""When the scripts of a page are at rest: no request of theirs is under way, and none is about to be.

Playwright's "networkidle" is another thing: half a second without requests, told once for each document. So it
costs that half second on every page, and after the first time it waits for nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = 10_000  # for whatever is waited for
GONE = "Execution context was destroyed"  # the page gave way to another, which is waited for in its place
# Scripts wait up to 300 ms before they ask (rules, lookups, the palette); longer rests are for drafts and notices.
WATCH = """(() => {
  const SHORT_MS = 300;
  const { fetch, setTimeout, clearTimeout } = window;
  const pending = new Set();
  window.fetch = async (...asked) => {
    const mine = Symbol();
    const done = () => setTimeout(() => pending.delete(mine)); // after whoever waits for the body
    pending.add(mine);
    try {
      const answer = await fetch(...asked);
      answer.clone().arrayBuffer().then(done, done);
      return answer;
    } catch (error) {
      done();
      throw error;
    }
  };
  window.setTimeout = (act, wait = 0, ...given) => {
    const id = setTimeout(() => { pending.delete(id); act(...given); }, wait);
    if (wait <= SHORT_MS) pending.add(id);
    return id;
  };
  window.clearTimeout = id => { pending.delete(id); clearTimeout(id); };
  const idle = () => new Promise(done => requestIdleCallback(() => done()));
  window.atRest = async () => {
    for (let turns = 0; turns < 2; turns = pending.size ? 0 : turns + 1) await idle();
  };
})()"""


def watched(browser: Browser, **words: Any) -> BrowserContext:
    """Return a new context of which each page can tell when it is at rest."""
    context = browser.new_context(**words)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH)
    return context


def at_rest(page: Page) -> None:
    """Wait until the scripts of a page have started and nothing that they began is still to come."""
    while True:
        page.locator("html.has-script").wait_for()
        try:
            page.evaluate("atRest()")
        except Error as error:
            if GONE not in error.message:
                raise
        else:
            return
