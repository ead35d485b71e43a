// All synapses, drawn bit by bit to a bitmap that is larger than the window, and shown from there.
//
// While the bitmap of a new view is being drawn, the last one is shown moved and scaled.

import { DASHES } from "./theme.js";
import { KINDS } from "./curves.js";

const MARGIN = 0.2; // of the window, drawn beyond each border
const WIDTHS = [0.7, 1.1, 1.7, 2.5];
const MOST_CURVES = 30000; // beyond, synapses are straight lines
const VEIL = 0.5; // of the bitmap of so many synapses, so that neurons stand out
const MOST_DASHES = 6000;
const MOST_HEADS = 2500;

export class EdgeLayer {
  constructor(canvas, model, filters, curves) {
    Object.assign(this, { canvas, model, filters, curves });
    this.context = canvas.getContext("2d");
    this.front = null; // {bitmap, camera}
    this.job = null;
    this.pace = 50; // synapses that are drawn between two looks at the clock
    this.order = new Uint32Array(0);
  }

  /** Take up another filter or colour: what was drawn is no longer true. */
  reset({ edgeColour, scope }, theme) {
    this.theme = theme;
    const { model, filters } = this;
    const { n_edges: n, kind, strength } = model;
    const bySign = edgeColour === "sign";
    const style = new Uint8Array(n);
    const counts = new Uint32Array(65);
    for (let e = 0; e < n; e++) {
      if (scope !== "all" || !filters.visible[e]) continue;
      const size = Math.abs(strength[e]) / filters.typical;
      const width = !(size >= 0.08) ? 0 : size < 0.3 ? 1 : size < 0.75 ? 2 : 3;
      style[e] = 1 + (kind[e] * 3 + (bySign ? filters.sign[e] : 0)) * 4 + (size === size ? width : 1);
      counts[style[e]]++;
    }
    // kinds one after the other, forward below all others
    const starts = new Uint32Array(66);
    for (let s = 1; s < 65; s++) starts[s + 1] = starts[s] + counts[s];
    this.starts = starts;
    this.order = new Uint32Array(starts[65]);
    const next = starts.slice();
    for (let e = 0; e < n; e++) if (style[e]) this.order[next[style[e]]++] = e;
    this.bySign = bySign;
    this.isStale = true;
    this.job = null;
  }

  colourOf(style) {
    const place = Math.floor((style - 1) / 4);
    return this.bySign ? this.theme.signs[place % 3] : this.theme.kinds[KINDS[Math.floor(place / 3)]];
  }

  begin(camera, ratio) {
    const [width, height] = [camera.width * (1 + 2 * MARGIN), camera.height * (1 + 2 * MARGIN)];
    const view = camera.copy();
    Object.assign(view, { width, height });
    const bitmap = this.spare ?? document.createElement("canvas");
    this.spare = null;
    // also clears it
    [bitmap.width, bitmap.height] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
    // in memory, where it is drawn at once when a pixel is read; elsewhere strokes wait and then hold up a frame
    const context = bitmap.getContext("2d", { willReadFrequently: true });
    context.scale(ratio, ratio);
    this.job = { bitmap, context, view, camera: camera.copy(), next: 0, style: 0 };
  }

  /** Draw for some milliseconds; true when the bitmap is complete. */
  advance(milliseconds) {
    const { job, model, curves, order, starts } = this;
    const { context, view } = job;
    const until = performance.now() + milliseconds;
    const n = order.length;
    const isStraight = n > MOST_CURVES;
    const chunk = n < 1500 ? 1 : n < MOST_CURVES ? 24 : 500;
    const radius = view.radius;
    const zoomed = Math.max(1, view.scale / view.fitted().scale);
    const faint = Math.min(1, (120 / Math.max(1, n)) ** 0.45) * zoomed ** 0.45;
    // fainter lines than that would lose their colour in a bitmap of bytes
    const alpha = Math.min(0.85, Math.max(0.06, 0.85 * faint));
    const thin = Math.min(1, 0.35 + radius / 10);
    const hasHeads = radius >= 5 && n <= MOST_HEADS * zoomed ** 2 && !isStraight;
    context.lineCap = "butt";
    let [pending, since] = [0, performance.now()];
    while (job.next < n) {
      while (job.next >= starts[job.style + 1]) job.style++;
      const kind = KINDS[Math.floor((job.style - 1) / 12)];
      const width = WIDTHS[(job.style - 1) % 4];
      context.globalAlpha = alpha;
      context.strokeStyle = context.fillStyle = this.colourOf(job.style);
      context.lineWidth = width * thin;
      context.setLineDash(n <= MOST_DASHES ? DASHES[kind] : []);
      const end = Math.min(starts[job.style + 1], job.next + chunk);
      context.beginPath();
      const from = job.next;
      for (; job.next < end; job.next++) {
        if (!curves.at(order[job.next], view, isStraight)) continue;
        if (isStraight && !curves.isLoop) {
          context.moveTo(curves.x0, curves.y0);
          context.lineTo(curves.x1, curves.y1);
        } else curves.path(context, radius * 0.85);
      }
      context.stroke();
      if (hasHeads) {
        context.setLineDash([]);
        context.beginPath();
        for (let k = from; k < end; k++) if (curves.at(order[k], view)) curves.head(context, 4 + radius * 0.28);
        context.fill();
      }
      pending += end - from;
      if (pending < this.pace) continue;
      context.getImageData(0, 0, 1, 1);
      const now = performance.now();
      // as many synapses at a time as take two milliseconds
      this.pace = Math.max(1, Math.min(20000, this.pace * Math.min(2, Math.max(0.5, 2 / (now - since)))));
      if (now > until) return false;
      [pending, since] = [0, now];
    }
    if (!isStraight) this.gates(job, model, alpha);
    return true;
  }

  /** Draw gates as dotted lines that end on the synapse. */
  gates({ context, view }, { gate, x, y }, alpha) {
    const radius = view.radius;
    context.globalAlpha = Math.min(0.8, alpha * 1.1);
    context.strokeStyle = context.fillStyle = this.theme.soft;
    context.lineWidth = 1.2;
    for (const e of this.order) {
      if (gate[e] < 0 || !this.curves.at(e, view)) continue;
      drawGate(context, this.curves, view.screenX(x[gate[e]]), view.screenY(y[gate[e]]), radius);
    }
    context.setLineDash([]);
  }

  /** Show the synapses as the camera sees them; true if there is more to draw at the next frame. */
  draw(camera, ratio, milliseconds) {
    const isCurrent = this.front && !this.isStale && isSame(this.front.camera, camera);
    if (!isCurrent && !this.job) this.begin(camera, ratio);
    if (this.job) {
      if (this.advance(milliseconds)) {
        this.spare = this.front?.bitmap ?? null;
        this.front = this.job;
        this.job = null;
        this.isStale = false;
      }
    }
    const shown = this.job && (this.isStale || !this.front) ? this.job : this.front;
    if (shown) this.show(shown, camera, ratio);
    return Boolean(this.job) || !this.front || !isSame(this.front.camera, camera);
  }

  show({ bitmap, view }, camera, ratio) {
    const { context, canvas } = this;
    const zoom = camera.scale / view.scale;
    const x = camera.width / 2 + (view.x - camera.x) * camera.scale - (view.width / 2) * zoom;
    const y = camera.height / 2 + (view.y - camera.y) * camera.scale - (view.height / 2) * zoom;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = zoom !== 1;
    // whole pixels keep the lines sharp
    const [left, top] = [Math.round(x * ratio), Math.round(y * ratio)];
    context.globalAlpha = (this.isFaint ? 0.16 : 1) * (this.order.length > MOST_CURVES ? VEIL : 1);
    context.drawImage(bitmap, left, top, bitmap.width * zoom, bitmap.height * zoom);
  }
}

function isSame(a, b) {
  return a.x === b.x && a.y === b.y && a.scale === b.scale && a.width === b.width && a.height === b.height;
}

/** Draw a dotted line from a gate to the middle of a curve, where it ends with a dot. */
export function drawGate(context, curves, x, y, radius) {
  const [toX, toY] = curves.middle(radius * 0.85);
  const far = Math.hypot(toX - x, toY - y) || 1;
  const from = Math.min(1, radius / far);
  context.setLineDash(DASHES.gate);
  context.beginPath();
  context.moveTo(x + (toX - x) * from, y + (toY - y) * from);
  context.lineTo(toX, toY);
  context.stroke();
  context.beginPath();
  context.arc(toX, toY, Math.max(1.6, radius * 0.17), 0, 2 * Math.PI);
  context.fill();
}
