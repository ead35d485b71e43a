// Names of neurons, drawn where there is room for them: the most important first, none over another.

import { short } from "./format.js";

const CELL = 5; // pixels of a cell of the map of what is taken
const MOST = 400;

export class LabelLayer {
  constructor(canvas, model) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.model = model;
    this.texts = [];
    this.widths = [];
    const weight = (i) => [0, 1, 2][model.role[i]] * 1e6 + model.degree(i);
    this.order = Array.from({ length: model.n_nodes }, (_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b);
  }

  /** Draw names; those of `first` come before all others, and alone if `only`; none over `boxes`. */
  draw(camera, ratio, theme, first, only, boxes) {
    const { context, model } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    const radius = camera.radius;
    const size = radius > 11 ? 12 : 11;
    context.font = `${size}px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
    if (this.size !== size) [this.size, this.widths] = [size, []];
    context.textBaseline = "middle";
    context.textAlign = "center";
    this.across = Math.ceil(camera.width / CELL);
    this.down = Math.ceil(camera.height / CELL);
    this.taken = new Uint8Array(this.across * this.down);
    for (let i = 0; i < model.n_nodes; i++) {
      const [x, y] = [camera.screenX(model.x[i]), camera.screenY(model.y[i])];
      const reach = radius * (radius > 6 ? 0.9 : 0.7);
      this.take(x - reach, y - reach, x + reach, y + reach);
    }
    for (const box of boxes) this.take(...box);
    this.placed = [];
    for (const i of first) this.place(i, camera, radius, size, true);
    // names in a crowd of dots would say nothing
    if (!only && radius >= 2.4)
      for (const i of this.order) {
        if (this.placed.length >= MOST) break;
        this.place(i, camera, radius, size, false);
      }
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = theme.halo;
    const strong = new Set(first);
    for (const [i, x, y] of this.placed) {
      context.fillStyle = strong.has(i) || !only ? theme.text : theme.soft;
      context.strokeText(this.texts[i], x, y);
      context.fillText(this.texts[i], x, y);
    }
  }

  place(i, camera, radius, size, isFirst) {
    const [x, y] = [camera.screenX(this.model.x[i]), camera.screenY(this.model.y[i])];
    if (x < 0 || y < 0 || x > camera.width || y > camera.height) return;
    const text = (this.texts[i] ??= short(this.model.names[i], 20));
    const width = (this.widths[i] ??= this.context.measureText(text).width);
    const gap = radius + (this.model.role[i] === 2 ? radius * 0.3 + 2 : 0);
    const down = gap + size / 2 + 3;
    const side = gap + width / 2 + 4;
    for (const [cx, cy] of [[x, y + down], [x, y - down], [x + side, y], [x - side, y]]) {
      const box = [cx - width / 2 - 2, cy - size / 2 - 1, cx + width / 2 + 2, cy + size / 2 + 1];
      if (box[0] < 0 || box[2] > camera.width || box[1] < 0 || box[3] > camera.height) continue;
      if (!this.isFree(...box)) continue;
      this.take(...box);
      this.placed.push([i, cx, cy]);
      return;
    }
    if (isFirst && this.placed.length === 0) {
      const cx = Math.min(camera.width - width / 2 - 4, Math.max(width / 2 + 4, x));
      this.take(cx - width / 2, y + down - size / 2, cx + width / 2, y + down + size / 2);
      this.placed.push([i, cx, y + down]);
    }
  }

  cells(left, top, right, bottom) {
    return [
      Math.max(0, Math.floor(left / CELL)),
      Math.max(0, Math.floor(top / CELL)),
      Math.min(this.across - 1, Math.floor(right / CELL)),
      Math.min(this.down - 1, Math.floor(bottom / CELL)),
    ];
  }

  isFree(...box) {
    const [left, top, right, bottom] = this.cells(...box);
    for (let row = top; row <= bottom; row++)
      for (let col = left; col <= right; col++) if (this.taken[row * this.across + col]) return false;
    return true;
  }

  take(...box) {
    const [left, top, right, bottom] = this.cells(...box);
    for (let row = top; row <= bottom; row++)
      for (let col = left; col <= right; col++) this.taken[row * this.across + col] = 1;
  }
}
