// The card of a data set has wide tables: each can be scrolled by keyboard once it is shown.
import { reachable } from "./reachable.js";

const shown = document.querySelector("details:has(> .card)");
const look = () => reachable(shown);
shown?.addEventListener("toggle", look);
if (shown) window.addEventListener("resize", look);
