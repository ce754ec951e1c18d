// Tracks on one clock: one at a time or together, with a loop over what is dragged.

import { stems } from "./lib/stems.js";

export default { render: stems };
