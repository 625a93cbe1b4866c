/** Starts every improvement of the page; each module finds its own elements and leaves the rest alone. */

import * as columns from "./columns.js";
import * as dialog from "./dialog.js";
import * as drafts from "./drafts.js";
import * as form from "./form.js";
import * as grid from "./grid.js";
import * as help from "./help.js";
import * as keys from "./keys.js";
import * as list from "./list.js";
import * as lookup from "./lookup.js";
import * as masks from "./masks.js";
import * as palette from "./palette.js";
import * as panel from "./panel.js";
import * as plainKeys from "./plain_keys.js";
import * as preview from "./preview.js";
import * as questions from "./questions.js";
import * as reveal from "./reveal.js";
import * as rules from "./rules.js";
import * as run from "./run.js";
import * as selection from "./selection.js";
import * as theme from "./theme.js";
import * as unmask from "./unmask.js";
import * as why from "./why.js";

const MODULES = [keys, theme, palette, dialog, help, masks, lookup, grid, drafts, form, list, columns, preview, selection, panel, reveal, rules, run, unmask, why, plainKeys, questions];

/** Start all modules on a part of the page that has just come. */
export function start(root) {
  for (const module of MODULES) module.start(root);
}

document.documentElement.classList.add("has-script");
start(document);
