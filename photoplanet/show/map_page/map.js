// The single-file map of `locate --map`.
import { open } from "./page.js";

open();
