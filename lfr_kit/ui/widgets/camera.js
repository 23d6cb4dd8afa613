// One camera in a notebook: its frames come through the kernel, one at a time, because no server can be asked there.

import { CameraTile } from "./shared/camera_tile.js";
import { h } from "./shared/dom.js";
import { overKernel } from "./shared/frames.js";

function render({ model, el }) {
  const tile = new CameraTile(model.get("camera_id"), overKernel(model), {});
  const root = h("div.lfr.lfr-camera", { "data-lm-suppress-shortcuts": "true" }, tile.element);
  const show = () => tile.show(model.get("health") || undefined);
  model.on("change:health", show);
  el.append(root);
  show();
  return () => {
    model.off("change:health", show);
    tile.close();
  };
}

export default { render };
