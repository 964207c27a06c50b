// What the map's element imports of this package; all of it is one file for a browser, see components/bundles.py.

export { arrange, refill, touched } from "./arrange.js";
export { arrows, journeys } from "./arrows.js";
export { Camera } from "./camera.js";
export { carrying } from "./carrying.js";
export { choosing } from "./choosing.js";
export { figuring } from "./figures.js";
export { finding } from "./finding.js";
export { formats } from "./format.js";
export { gestures } from "./input.js";
export { keys } from "./keys.js";
export { looking } from "./looking.js";
export { failover } from "./failover.js";
export { Model } from "./model.js";
export { Motion } from "./motion.js";
export { Overlay } from "./overlay.js";
export { Painter } from "./painter.js";
export { holders, places } from "./places.js";
export { reordering } from "./reordering.js";
export { saving } from "./saving.js";
export { SIDE, Screens } from "./screens.js";
export { surroundings } from "./surroundings.js";
export { Table } from "./table.js";
export { tooltips } from "./tooltip.js";
export { viewing } from "./viewing.js";
export { HistoryRequests, cards } from "./history_requests.js";
