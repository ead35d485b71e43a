// The picture: four layers over each other, the camera, and what pointers do to it.

import { Camera } from "./camera.js";
import { colouringOf } from "./colours.js";
import { Curves } from "./curves.js";
import { element } from "./dom.js";
import { EdgeLayer } from "./edges.js";
import { FocusLayer, synapsesOf } from "./focus.js";
import { Grid } from "./grid.js";
import { LabelLayer } from "./labels.js";
import { NodeLayer } from "./nodes.js";
import { themeOf } from "./theme.js";

const CLICK = 5; // pixels that a click may move

/** True inside a frame of another page. */
function isEmbedded() {
  try {
    return window.self !== window.top;
  } catch {
    return true;
  }
}

export class View {
  constructor(model, filters, store) {
    Object.assign(this, { model, filters, store });
    this.canvases = ["edges", "focus", "nodes", "labels"].map((name) => element("canvas", { class: `layer ${name}` }));
    const [edges, focus, nodes, labels] = this.canvases;
    const curves = new Curves(model);
    this.camera = new Camera(model);
    this.grid = new Grid(model);
    this.edges = new EdgeLayer(edges, model, filters, curves);
    this.focus = new FocusLayer(focus, model, filters, curves);
    this.nodes = new NodeLayer(nodes, model);
    this.labels = new LabelLayer(labels, model);
    this.tooltip = element("div", { class: "tooltip", hidden: true, "aria-hidden": "true" });
    this.root = element(
      "div",
      {
        class: "picture",
        tabindex: "0",
        role: "application",
        "aria-label": `Picture of the network, ${model.subtitle}. Arrow keys move it, plus and minus zoom, n and Shift+n go from neuron to neuron, question mark lists all keys.`,
      },
      this.canvases,
      this.tooltip,
    );
    this.dirty = new Set(["edges", "focus", "nodes", "labels"]);
    this.ticks = [];
    this.theme = themeOf(store.state.theme);
    this.watch();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.root);
  }

  watch() {
    const { store } = this;
    store.watch("theme colour", (state) => {
      this.theme = themeOf(state.theme);
      this.colouring = colouringOf(this.model, state.colour, this.theme);
      this.invalidate("nodes", "labels", "focus");
    });
    store.watch("kinds signs delays threshold", (state) => this.filters.apply(state));
    store.watch("kinds signs delays threshold edgeColour scope theme", (state) => {
      this.edges.reset(state, this.theme);
      this.invalidate("edges");
    });
    store.watch("selected kinds signs delays threshold", (state) => {
      this.shown = state.selected >= 0 ? synapsesOf(this.model, this.filters, state.selected) : null;
    });
    store.watch("selected category colour kinds signs delays threshold scope", (state) => {
      this.emphasis = this.emphasized(state);
      this.edges.isFaint = state.selected >= 0 || state.category >= 0;
      this.invalidate("edges");
    });
    store.watch("selected hoveredEdge edgeColour scope kinds signs delays threshold category", () =>
      this.invalidate("focus", "nodes", "labels"),
    );
    store.watch("hovered step sample", () => this.invalidate("nodes"));
    store.watch("hovered step sample", (state) => this.tell(state));
  }

  /** Return 1 for the neurons that stand out: the selected one and its neighbours, or those of a category. */
  emphasized({ selected, category }) {
    const { model, shown } = this;
    if (selected < 0 && category < 0) return null;
    const emphasis = new Uint8Array(model.n_nodes);
    this.near = [];
    if (selected >= 0) {
      for (const e of shown.reads) emphasis[model.source[e]] = 1;
      for (const e of [...shown.feeds, ...shown.gates]) emphasis[model.target[e]] = 1;
      for (const e of shown.gates) emphasis[model.source[e]] = 1;
      for (const e of [...shown.reads, ...shown.feeds]) if (model.gate[e] >= 0) emphasis[model.gate[e]] = 1;
      emphasis[selected] = 1;
    } else if (this.colouring.codes) {
      for (let i = 0; i < emphasis.length; i++) emphasis[i] = this.colouring.codes[i] === category ? 1 : 0;
    }
    for (let i = 0; i < emphasis.length; i++) if (emphasis[i] && i !== selected) this.near.push(i);
    this.near.sort((a, b) => model.degree(b) - model.degree(a) || a - b);
    if (selected >= 0) this.near.unshift(selected);
    return emphasis;
  }

  resize() {
    this.gliding = null;
    const { width, height } = this.root.getBoundingClientRect();
    if (!width || !height) return;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this.camera.inset = this.covered?.() ?? this.camera.inset;
    this.camera.resize(width, height);
    this.moved();
    // no flash of nothing between the new size and the next frame
    this.frame(performance.now());
  }

  moved() {
    this.invalidate("edges", "focus", "nodes", "labels");
  }

  invalidate(...layers) {
    for (const layer of layers) this.dirty.add(layer);
    this.schedule();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame((now) => {
      this.scheduled = null;
      this.frame(now);
    });
  }

  frame(now) {
    if (!this.ratio) return;
    const { camera, ratio, theme, dirty, store } = this;
    const { state } = store;
    this.gliding?.(now);
    for (const tick of this.ticks) tick(now);
    const todo = new Set(dirty);
    dirty.clear();
    if (todo.has("nodes")) {
      if (this.colouring.fill) this.colouring.fill(state.sample, state.step);
      this.nodes.draw(camera, ratio, theme, this.colouring, this.emphasis);
      if (state.selected >= 0) this.nodes.ring(state.selected, camera, theme.accent, 2.5);
      if (state.hovered >= 0 && state.hovered !== state.selected)
        this.nodes.ring(state.hovered, camera, theme.accent, 1.5);
    }
    if (todo.has("focus")) this.focus.draw(camera, ratio, theme, this.shown, state);
    if (todo.has("labels")) {
      const first = this.emphasis ? this.near : [];
      this.labels.draw(
        camera,
        ratio,
        theme,
        first,
        Boolean(this.emphasis) && first.length > 0,
        this.focus.boxes,
        state.selected,
      );
    }
    // what is left of the frame is for the synapses
    const isBusy = state.playing || todo.has("labels");
    if (todo.has("edges") && this.edges.draw(camera, ratio, isBusy ? 4 : 10)) dirty.add("edges");
    if (dirty.size || state.playing) this.schedule();
  }

  // pointers

  listen() {
    const { root, store } = this;
    this.pointers = new Map();
    root.addEventListener(
      "wheel",
      (event) => {
        // in a notebook, the wheel goes on scrolling it until the picture is clicked
        if (isEmbedded() && document.activeElement !== root && !event.ctrlKey) return;
        event.preventDefault();
        this.gliding = null;
        const unit = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 300 : 1;
        const delta = Math.max(-240, Math.min(240, event.deltaY * unit));
        this.camera.zoom(Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.0016)), ...this.place(event));
        this.moved();
      },
      { passive: false },
    );
    root.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      this.gliding = null;
      root.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.place(event));
      if (this.pointers.size === 1) this.path = 0;
      else this.path = Infinity;
    });
    root.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"])
      root.addEventListener(name, (event) => {
        if (!this.pointers.delete(event.pointerId)) return;
        this.isMoving = false;
        root.classList.remove("moving");
        if (name === "pointerup" && this.path <= CLICK) this.click(event);
      });
    root.addEventListener("pointerleave", () => store.set({ hovered: -1 }));
    root.addEventListener("dblclick", (event) => {
      this.camera.zoom(1.8, ...this.place(event));
      this.moved();
    });
  }

  place(event) {
    const box = this.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  move(event) {
    const [x, y] = this.place(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.store.set({ hovered: this.neuronAt(x, y, 4) });
      return;
    }
    this.path += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    if (this.path <= CLICK) return;
    this.isMoving = true;
    this.root.classList.add("moving");
    if (others.length) {
      const [ox, oy] = others[0][1];
      const far = Math.hypot(before[0] - ox, before[1] - oy);
      if (far > 8) this.camera.zoom(Math.hypot(x - ox, y - oy) / far, (x + ox) / 2, (y + oy) / 2);
      this.camera.pan((x - before[0]) / 2, (y - before[1]) / 2);
    } else this.camera.pan(x - before[0], y - before[1]);
    this.moved();
  }

  neuronAt(x, y, slack) {
    const { camera } = this;
    return this.grid.nearest(camera.worldX(x), camera.worldY(y), (camera.radius + slack) / camera.scale);
  }

  click(event) {
    const [x, y] = this.place(event);
    const found = this.neuronAt(x, y, event.pointerType === "mouse" ? 5 : 14);
    const { selected } = this.store.state;
    this.store.set({ selected: found === selected ? -1 : found, category: -1 });
  }

  /** Show the whole name of the neuron under the pointer. */
  tell({ hovered }) {
    const { tooltip, camera, model } = this;
    tooltip.hidden = hovered < 0;
    this.root.classList.toggle("over", hovered >= 0);
    if (hovered < 0) return;
    tooltip.textContent = "";
    tooltip.append(element("bdi", {}, model.names[hovered]));
    const text = this.describe?.(hovered);
    if (text) tooltip.append(element("span", { class: "soft" }, text));
    const [x, y] = [camera.screenX(model.x[hovered]), camera.screenY(model.y[hovered])];
    const isRight = x > camera.width / 2;
    tooltip.style.left = isRight ? "auto" : `${x + camera.radius + 8}px`;
    tooltip.style.right = isRight ? `${camera.width - x + camera.radius + 8}px` : "auto";
    tooltip.style.top = `${Math.max(4, Math.min(camera.height - 48, y - 14))}px`;
  }

  /** Show a neuron, or all if nobody has moved the picture, where no panel covers it; panels open first. */
  reveal(i, isCentred = false) {
    requestAnimationFrame(() => {
      if (!this.ratio) return this.reveal(i, isCentred);
      const { camera, model } = this;
      camera.inset = this.covered?.() ?? camera.inset;
      if (camera.isFitted && !isCentred) this.glide(camera.fitted(), true);
      else if (i >= 0) this.glide(camera.reveal(model.x[i], model.y[i], isCentred), false);
    });
  }

  /** Move the camera there within a fifth of a second. */
  glide(to, isFitted) {
    const { camera } = this;
    const from = { x: camera.x, y: camera.y, scale: camera.scale };
    camera.isFitted = isFitted;
    this.gliding = null;
    if (to.x === from.x && to.y === from.y && to.scale === from.scale) return;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    const began = performance.now();
    this.gliding = (now) => {
      const part = isStill ? 1 : Math.min(1, Math.max(0, (now - began) / 200));
      const eased = 1 - (1 - part) ** 3;
      for (const key of ["x", "y", "scale"])
        camera[key] = part === 1 ? to[key] : from[key] + eased * (to[key] - from[key]);
      if (part === 1) this.gliding = null;
      this.moved();
    };
    this.schedule();
  }
}
