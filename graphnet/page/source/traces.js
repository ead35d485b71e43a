// Activity over the steps of the sample: one lane each for inputs, outputs with their targets, and picked neurons.

import { activityAt } from "./data.js";
import { element } from "./dom.js";
import { count, number, short } from "./format.js";

const GUTTER = 156; // pixels of the names left of the lanes
const MARGIN = 52; // pixels of the scale right of them
const MOST_LINES = 60;
const MOST_AIMS = 4;

/** Return the lanes to draw: {title, neurons, targets}. */
export function lanesOf(model, state) {
  const lanes = [];
  const picked = [...new Set([...(state.selected >= 0 ? [state.selected] : []), ...state.picked])];
  if (picked.length) lanes.push({ title: picked.length === 1 ? "Selected" : "Selected and picked", neurons: picked });
  if (model.outputs.length) lanes.push({ title: "Outputs", neurons: model.outputs, targets: model.targets });
  if (model.inputs.length) lanes.push({ title: "Inputs", neurons: model.inputs });
  return lanes;
}

export class Traces {
  constructor(model, store, view) {
    Object.assign(this, { model, store, view });
    this.canvas = element("canvas", { class: "lanes" });
    this.cursor = element("div", { class: "cursor" });
    this.values = element("div", { class: "values" });
    this.body = element("div", { class: "traces-body" }, this.canvas, this.values, this.cursor);
    this.root = element("section", { class: "traces", "aria-label": "Traces of activity" }, this.body);
    new ResizeObserver(() => this.redraw()).observe(this.root);
    store.watch("selected picked sample theme traces sheet", () => this.redraw());
    store.watch("step", () => this.mark());
    this.body.addEventListener("pointerdown", (event) => {
      if (event.target.closest?.("button")) return;
      this.body.setPointerCapture(event.pointerId);
      this.isScrubbing = true;
      this.scrub(event);
    });
    this.body.addEventListener("pointermove", (event) => this.isScrubbing && this.scrub(event));
    for (const name of ["pointerup", "pointercancel"])
      this.body.addEventListener(name, () => (this.isScrubbing = false));
  }

  scrub(event) {
    const { width } = this;
    const at = event.clientX - this.body.getBoundingClientRect().left - this.gutter;
    const last = this.model.length[this.store.state.sample] - 1;
    const step = Math.round((at / Math.max(1, width - this.gutter - MARGIN)) * last);
    this.store.set({ step: Math.max(0, Math.min(last, step)), playing: false });
  }

  xOf(step) {
    const last = Math.max(1, this.model.length[this.store.state.sample] - 1);
    return this.gutter + (step / last) * (this.width - this.gutter - MARGIN);
  }

  /** Draw all lanes anew. */
  redraw() {
    const { model, store, root, canvas, view } = this;
    const { state } = store;
    this.width = root.clientWidth;
    if (!this.width || !model.hasActivity || !state.traces) return;
    const theme = view.theme;
    this.gutter = this.width < 560 ? 92 : GUTTER;
    this.lanes = lanesOf(model, state);
    const room = this.width < 560 ? 76 : 84;
    let top = 6;
    for (const lane of this.lanes) {
      lane.top = top;
      lane.height = Math.max(room, lane.neurons.length <= 8 ? 24 + 15 * lane.neurons.length : room);
      top += lane.height + 6;
    }
    this.height = top + 14;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(this.height * ratio);
    canvas.style.height = `${this.height}px`;
    this.cursor.style.height = `${top - 6}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.values.textContent = "";
    this.cells = [];
    for (const lane of this.lanes) this.lane(context, lane, theme);
    this.axis(context, top + 4, theme);
    this.mark();
  }

  lane(context, lane, theme) {
    const { model, store } = this;
    const { sample } = store.state;
    const { neurons, top, height } = lane;
    const steps = model.length[sample];
    const colourOf = (k) => (neurons.length > theme.series.length ? theme.soft : theme.series[k % theme.series.length]);
    const lines = neurons
      .slice(0, MOST_LINES)
      .map((i) => Float32Array.from({ length: steps }, (_, t) => activityAt(model, sample, t, i)));
    const { targets } = lane;
    const aims = this.aims(neurons, sample, steps);
    let [low, high] = [Infinity, -Infinity];
    for (const line of [...lines, ...aims.values()])
      for (const value of line) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const [left, right] = [this.gutter, this.width - MARGIN];
    const [from, to] = [top + height - 8, top + 8];
    const yOf = (value) => from + ((value - low) / (high - low)) * (to - from);
    context.fillStyle = theme.lane;
    context.fillRect(left, top, right - left, height);
    if (low < 0 && high > 0) {
      context.strokeStyle = theme.grid;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(left, Math.round(yOf(0)) + 0.5);
      context.lineTo(right, Math.round(yOf(0)) + 0.5);
      context.stroke();
    }
    const meant = this.meant(lane, sample, steps);
    context.save();
    context.beginPath();
    context.rect(left - 4, top, right - left + 8, height);
    context.clip();
    if (targets?.kind === "class_per_step") this.strip(context, meant, neurons, colourOf, top + height - 3, theme);
    context.lineJoin = "round";
    const isMany = neurons.length > theme.series.length;
    lines.forEach((line, k) => {
      const isTrue = targets?.kind === "class" && meant?.[0] === k;
      context.globalAlpha = isMany && !isTrue ? 0.45 : 1;
      context.strokeStyle = isMany && isTrue ? theme.series[1] : colourOf(k);
      context.lineWidth = isTrue ? 2.6 : isMany ? 1 : 1.6;
      this.line(context, line, yOf);
    });
    context.globalAlpha = 1;
    aims.forEach((line, k) => {
      context.strokeStyle = neurons.length === 1 ? theme.text : colourOf(k);
      context.lineWidth = 1.3;
      context.setLineDash([4, 3]);
      this.line(context, line, yOf);
      context.setLineDash([]);
    });
    context.restore();
    context.font = '10px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const [value, y] of [
      [high, to],
      [low, from],
    ])
      context.fillText(number(value), right + 6, y);
    this.names(lane, lines, meant, isMany, colourOf, theme, aims.size);
  }

  /** Return the numbers that outputs should have, by their places among the neurons of a lane; of few outputs only. */
  aims(neurons, sample, steps) {
    const { targets, outputs, n_steps } = this.model;
    const found = new Map();
    if (targets?.kind !== "values") return found;
    const wanted = this.model.get(targets.array);
    neurons.slice(0, MOST_LINES).forEach((i, k) => {
      const output = outputs.indexOf(i);
      if (output < 0 || found.size === MOST_AIMS) return;
      const at = (t) => wanted[(sample * n_steps + t) * outputs.length + output];
      found.set(
        k,
        Float32Array.from({ length: steps }, (_, t) => at(t)),
      );
    });
    return found;
  }

  /** Return the class that is meant at each step, as a place among the outputs; null without classes. */
  meant({ targets }, sample, steps) {
    if (!targets || targets.kind === "values") return null;
    const codes = this.model.get(targets.array);
    return Int16Array.from({ length: steps }, (_, t) =>
      targets.kind === "class" ? codes[sample] : codes[sample * this.model.n_steps + t],
    );
  }

  /** Draw the class that is meant as a strip below the lane. */
  strip(context, meant, neurons, colourOf, y, theme) {
    const half = (this.xOf(1) - this.xOf(0)) / 2;
    for (let t = 0; t < meant.length; t++) {
      if (meant[t] < 0) continue;
      context.fillStyle =
        neurons.length > theme.series.length ? theme.series[meant[t] % theme.series.length] : colourOf(meant[t]);
      context.fillRect(this.xOf(t) - half, y, 2 * half + 0.5, 3);
    }
  }

  /** Draw a line of one value a step; of several steps a pixel, the least and the greatest. */
  line(context, line, yOf) {
    const perPixel = line.length / Math.max(1, this.width - this.gutter - MARGIN);
    const stride = Math.max(1, Math.ceil(perPixel * 2));
    context.beginPath();
    let isDown = false;
    for (let t = 0; t < line.length; t += stride) {
      let [least, most] = [line[t], line[t]];
      for (let s = t + 1; s < Math.min(line.length, t + stride); s++) {
        if (!(least <= line[s])) least = line[s];
        if (!(most >= line[s])) most = line[s];
      }
      if (Number.isNaN(least)) {
        isDown = false;
        continue;
      }
      const [x, y] = [this.xOf(t), yOf(least)];
      if (isDown) context.lineTo(x, y);
      else {
        context.moveTo(x, y);
        // one value between gaps is a dot
        if (!(line[t + stride] === line[t + stride])) context.lineTo(x + 1, y);
      }
      if (most !== least) context.lineTo(x, yOf(most));
      isDown = true;
    }
    context.stroke();
  }

  /** List the neurons of a lane with their values left of it. */
  names(lane, lines, meant, isMany, colourOf, theme, nAims) {
    const { model, store } = this;
    const box = element("div", { class: "lane-names" });
    box.style.top = `${lane.top}px`;
    box.style.height = `${lane.height}px`;
    box.style.width = `${this.gutter - 8}px`;
    box.append(
      element(
        "div",
        { class: "lane-title" },
        lane.title,
        nAims ? element("span", { class: "soft" }, " ┄ target") : null,
        lane.targets?.kind === "class_per_step" ? element("span", { class: "soft" }, " ▂ target") : null,
      ),
    );
    if (lane.targets?.kind === "class" && meant[0] >= 0)
      box.append(
        element("div", { class: "soft one-line" }, "target: ", element("bdi", {}, short(this.classOf(meant[0]), 16))),
      );
    const most = Math.max(1, Math.floor((lane.height - 20 - (box.children.length - 1) * 14) / 15));
    const shown = isMany ? Math.min(0, most) : Math.min(lane.neurons.length, most);
    for (let k = 0; k < shown; k++) {
      const i = lane.neurons[k];
      const value = element("span", { class: "value" });
      const key = element("span", { class: "key" });
      key.style.background = colourOf(k);
      box.append(
        element(
          "button",
          { type: "button", class: "lane-name", title: model.names[i], onclick: () => store.set({ selected: i }) },
          key,
          element("bdi", { class: "one-line" }, short(model.names[i], 14)),
          value,
        ),
      );
      this.cells.push([value, lines[k]]);
    }
    if (isMany) {
      const value = element("div", { class: "soft" });
      box.append(value);
      this.cells.push([value, null, lane]);
    } else if (shown < lane.neurons.length)
      box.append(element("div", { class: "soft" }, `and ${lane.neurons.length - shown} more`));
    this.values.append(box);
  }

  classOf(code) {
    const { model } = this;
    return model.outputs.length > code && model.outputs.length > 1 ? model.names[model.outputs[code]] : `class ${code}`;
  }

  axis(context, y, theme) {
    const { model, store } = this;
    const last = model.length[store.state.sample] - 1;
    context.font = '10px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';
    context.fillStyle = theme.soft;
    context.textBaseline = "middle";
    const room = Math.max(1, Math.floor((this.width - this.gutter) / 70));
    const raw = Math.max(1, last / room);
    const power = 10 ** Math.floor(Math.log10(raw));
    const every = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw);
    for (let t = 0; t <= last; t += Math.max(1, every)) {
      const x = this.xOf(t);
      if (t && last - t < every / 2 && t !== last) continue;
      context.textAlign = t === 0 ? "left" : t === last ? "right" : "center";
      context.fillText(String(Math.round(t)), x, y);
    }
    context.textAlign = "right";
    context.fillText("step", this.gutter - 10, y);
  }

  /** Move the time cursor and renew the values. */
  mark() {
    const { state } = this.store;
    if (!this.cells || !this.model.hasActivity) return;
    this.cursor.style.transform = `translateX(${this.xOf(state.step)}px)`;
    for (const [cell, line, lane] of this.cells) {
      const text = line ? number(line[state.step]) : this.summary(lane, state);
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  /** Say which of many neurons is the most active. */
  summary({ neurons }, { sample, step }) {
    let [best, most] = [-1, -Infinity];
    for (const i of neurons) {
      const value = activityAt(this.model, sample, step, i);
      if (value > most) [best, most] = [i, value];
    }
    const name = best < 0 ? "–" : short(this.model.names[best], 14);
    const drawn = neurons.length > MOST_LINES ? `, the first ${MOST_LINES} drawn` : "";
    return `${count(neurons.length)} neurons${drawn}; highest: ${name}`;
  }
}
