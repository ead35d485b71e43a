// The synapses of the selected neuron, with arrowheads, gates and delays, over all others.

import { KINDS } from "./curves.js";
import { drawGate } from "./edges.js";
import { count } from "./format.js";
import { DASHES } from "./theme.js";

const MOST = 4000;
const MOST_DELAYS = 80;

/** Return the visible synapses that a neuron reads, feeds and gates. */
export function synapsesOf(model, filters, neuron) {
  const of = ({ start, edges }) => Array.from(edges.subarray(start[neuron], start[neuron + 1]));
  const isVisible = (e) => filters.visible[e];
  const gates = [];
  for (let e = 0; e < model.n_edges; e++) if (model.gate[e] === neuron && filters.visible[e]) gates.push(e);
  const [reads, feeds] = [of(model.incoming), of(model.outgoing)];
  return {
    reads: reads.filter(isVisible),
    feeds: feeds.filter(isVisible),
    gates,
    hidden: [...reads, ...feeds.filter((e) => model.target[e] !== neuron)].filter((e) => !filters.visible[e]).length,
  };
}

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

export class FocusLayer {
  constructor(canvas, model, filters, curves) {
    Object.assign(this, { canvas, model, filters, curves });
    this.context = canvas.getContext("2d");
    this.boxes = []; // of delays, where no name goes
  }

  draw(camera, ratio, theme, shown, state) {
    const { context, model, curves, filters } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    this.boxes = [];
    const isEmpty = !shown || state.scope === "none";
    // a layer less for the browser to put together
    this.canvas.hidden = isEmpty;
    if (isEmpty) return;
    const edges = [...new Set([...shown.reads, ...shown.feeds, ...shown.gates])].slice(0, MOST);
    const radius = camera.radius;
    const many = edges.length > 150;
    const thin = Math.min(1, 0.45 + radius / 14);
    for (const e of edges) {
      if (!curves.at(e, camera)) continue;
      const kind = KINDS[model.kind[e]];
      const size = Math.abs(model.strength[e]) / filters.typical;
      const isHovered = e === state.hoveredEdge;
      context.globalAlpha = isHovered ? 1 : many ? 0.6 : 0.95;
      context.strokeStyle = context.fillStyle =
        state.edgeColour === "sign" ? theme.signs[filters.sign[e]] : theme.kinds[kind];
      context.lineWidth = (0.9 + 2.1 * Math.sqrt(Math.min(1, size === size ? size : 0.1))) * thin * (isHovered ? 2 : 1);
      context.setLineDash(DASHES[kind]);
      context.beginPath();
      curves.path(context, radius * 0.85);
      context.stroke();
      context.setLineDash([]);
      if (radius >= 2.5) {
        context.beginPath();
        curves.head(context, Math.min(12, 4.5 + radius * 0.32) + (isHovered ? 2 : 0));
        context.fill();
      }
      if (model.gate[e] >= 0) {
        const g = model.gate[e];
        context.strokeStyle = context.fillStyle = theme.text;
        context.lineWidth = 1.3;
        drawGate(context, curves, camera.screenX(model.x[g]), camera.screenY(model.y[g]), radius);
        context.setLineDash([]);
      }
    }
    context.globalAlpha = 1;
    if (edges.length <= MOST_DELAYS || state.hoveredEdge >= 0)
      this.delays(edges.length <= MOST_DELAYS ? edges : [state.hoveredEdge], camera, theme);
  }

  /** Write delays of more than one step on the synapses. */
  delays(edges, camera, theme) {
    const { context, model, curves } = this;
    context.font = '600 10px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const e of edges) {
      if (model.delay[e] <= 1 || !curves.at(e, camera)) continue;
      const text = count(model.delay[e]);
      const width = Math.max(14, context.measureText(text).width + 8);
      const box = [0.5, 0.38, 0.62, 0.28, 0.72]
        .map((part) => curves.point(part, camera.radius * 0.85))
        .map(([x, y]) => [x - width / 2, y - 7, x + width / 2, y + 7])
        .find((one) => !this.boxes.some((other) => meet(one, other)));
      if (!box) continue;
      this.boxes.push(box);
      const [x, y] = [box[0] + width / 2, box[1] + 7];
      context.fillStyle = theme.background;
      context.strokeStyle = theme.kinds[KINDS[model.kind[e]]];
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect?.(x - width / 2, y - 7, width, 14, 7);
      context.fill();
      context.stroke();
      context.fillStyle = theme.text;
      context.fillText(text, x, y + 0.5);
    }
  }
}
