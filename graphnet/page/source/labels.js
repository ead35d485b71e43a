// Names of neurons, drawn where there is room for them: the most important first, none over another.

import { short } from "./format.js";

const CELL = 3; // pixels of a cell of the map of what is taken
const MOST = 400;

export class LabelLayer {
  constructor(canvas, model) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.model = model;
    this.texts = [];
    this.widths = [];
    this.nEnds = model.inputs.length + model.outputs.length;
    const weight = (i) => [0, 1, 2][model.role[i]] * 1e6 + model.degree(i);
    this.order = Array.from({ length: model.n_nodes }, (_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b);
  }

  /** Draw names; those of `first` come before all others, and alone if `only`; none over `boxes`. The selected one always. */
  draw(camera, ratio, theme, first, only, boxes, selected) {
    const { context, model } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    const radius = camera.radius;
    const size = radius > 11 ? 12 : 11;
    context.font = this.fontOf(size, 400);
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
    const headings = this.headings(camera, radius);
    for (const i of first) this.place(i, camera, radius, size, i === selected);
    // in a crowd of dots, the few names that find room would say nothing; headings do
    const isCrowd = radius < (model.headings.length ? 6.5 : 2.4);
    if (!only && (!isCrowd || radius > 3.5 || this.nEnds <= 32))
      for (const i of this.order) {
        if (this.placed.length >= MOST || (isCrowd && !model.role[i])) break;
        this.place(i, camera, radius, size);
      }
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = theme.halo;
    context.font = this.fontOf(11, 600);
    context.fillStyle = theme.soft;
    for (const [text, x, y] of headings) {
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
    context.font = this.fontOf(size, 400);
    context.fillStyle = theme.text;
    for (const [i, x, y] of this.placed) {
      context.strokeText(this.texts[i], x, y);
      context.fillText(this.texts[i], x, y);
    }
  }

  fontOf(size, weight) {
    return `${weight} ${size}px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
  }

  /** Return the headings of regions that do not overlap, with their places; what they cover is taken. */
  headings(camera, radius) {
    const { context } = this;
    context.save();
    context.font = this.fontOf(11, 600);
    const found = [];
    const boxes = [];
    for (const { text, x, y, isAboveLoop } of this.model.headings) {
      const written = short(text, 28);
      const half = context.measureText(written).width / 2 + 3;
      const [px, py] = [
        camera.screenX(x),
        camera.screenY(y) - (isAboveLoop && radius >= 5 ? 2.6 * radius : radius) - 14,
      ];
      const box = [px - half, py - 8, px + half, py + 8];
      if (boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]))
        continue;
      boxes.push(box);
      this.take(...box);
      found.push([written, px, py]);
    }
    context.restore();
    return found;
  }

  place(i, camera, radius, size, isForced = false) {
    const [x, y] = [camera.screenX(this.model.x[i]), camera.screenY(this.model.y[i])];
    if (x < 0 || y < 0 || x > camera.width || y > camera.height) return;
    const text = (this.texts[i] ??= short(this.model.names[i], 20));
    const width = (this.widths[i] ??= this.context.measureText(text).width);
    const gap = radius + (this.model.role[i] === 2 ? radius * 0.3 + 2 : 0);
    const down = gap + size / 2 + 3;
    const side = gap + width / 2 + 4;
    const [below, above, right, left] = [
      [x, y + down],
      [x, y - down],
      [x + side, y],
      [x - side, y],
    ];
    const role = this.model.layout === "layered" ? this.model.role[i] : 0;
    const places = [
      [below, above, right, left],
      [left, below, above, right],
      [right, below, above, left],
    ][role];
    for (const [cx, cy] of places) {
      const box = [cx - width / 2 - 2, cy - size / 2, cx + width / 2 + 2, cy + size / 2];
      if (box[0] < 0 || box[2] > camera.width || box[1] < 0 || box[3] > camera.height) continue;
      if (!this.isFree(...box)) continue;
      this.take(...box);
      this.placed.push([i, cx, cy]);
      return;
    }
    if (isForced) {
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
