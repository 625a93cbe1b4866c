/** The pages in front of the door: only passwords that can be shown while they are typed. */

import { start } from "./reveal.js";

start(document);
