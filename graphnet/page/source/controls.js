// What the picture shows: colours of neurons and synapses, and filters with their counts.

import { colourings } from "./colours.js";
import { KINDS } from "./curves.js";
import { button, element, sampleOfLine, select } from "./dom.js";
import { SIGNS } from "./filters.js";
import { count, number } from "./format.js";
import { Legend } from "./legend.js";
import { EVERY_DELAY } from "./store.js";
import { DASHES } from "./theme.js";

const SLIDER = 100;

/** Return a row of buttons of which one is pressed. */
function segments(label, options, key, store) {
  const buttons = options.map(([value, text]) => {
    const made = button(text, { onclick: () => store.set({ [key]: value }) });
    store.watch(key, (state) => made.setAttribute("aria-pressed", String(state[key] === value)));
    return made;
  });
  return element("div", { class: "segments", role: "group", "aria-label": label }, buttons);
}

export class Controls {
  constructor(model, store, view, filters) {
    Object.assign(this, { model, store, view, filters });
    const colour = select("Colour of neurons", colourings(model), (value) =>
      store.set({ colour: value, category: -1 }),
    );
    store.watch("colour", (state) => (colour.value = state.colour));
    this.legend = new Legend(model, store, view);
    this.shown = element("p", { class: "shown", role: "status" });
    this.root = element(
      "aside",
      { class: "controls", "aria-label": "Colours and filters" },
      element("section", {}, element("h3", {}, "Neurons by"), colour, this.legend.root),
      model.n_edges
        ? element(
            "section",
            {},
            element("h3", {}, "Synapses"),
            segments(
              "Synapses shown",
              [
                ["all", "All"],
                ["selected", "Of selected"],
                ["none", "None"],
              ],
              "scope",
              store,
            ),
            segments(
              "Colour of synapses",
              [
                ["kind", "By kind"],
                ["sign", "By sign"],
              ],
              "edgeColour",
              store,
            ),
            this.kinds(),
            this.signs(),
            this.delays(),
            this.threshold(),
            this.shown,
            this.clear(),
          )
        : element(
            "section",
            {},
            element("h3", {}, "Synapses"),
            element("p", { class: "soft" }, "This network has none."),
          ),
      model.notes.length
        ? element(
            "section",
            { class: "notes" },
            element("h3", {}, "Notes"),
            model.notes.map((note) => element("p", { class: "soft" }, note)),
          )
        : null,
    );
    store.watch("kinds signs delays threshold", () => this.count());
    store.watch("theme edgeColour", () => this.samples());
  }

  box(name, key, bit) {
    const { store } = this;
    const box = element("input", {
      type: "checkbox",
      onchange: () => store.set({ [key]: store.state[key] ^ (1 << bit) }),
    });
    store.watch(key, (state) => (box.checked = Boolean((state[key] >> bit) & 1)));
    const sample = element("span", { class: "sample" });
    const number = element("span", { class: "count" });
    return {
      root: element("label", { class: "check" }, box, sample, element("span", {}, name), number),
      sample,
      number,
    };
  }

  kinds() {
    const occurs = KINDS.map((_, code) => this.model.kind.includes(code));
    this.kindBoxes = KINDS.map((kind, code) => (occurs[code] ? this.box(kind, "kinds", code) : null));
    return element(
      "fieldset",
      {},
      element("legend", {}, "Kind"),
      this.kindBoxes.map((one) => one?.root),
    );
  }

  signs() {
    const occurs = SIGNS.map((_, code) => this.filters.sign.includes(code));
    this.signBoxes = SIGNS.map((sign, code) =>
      occurs[code] ? this.box(sign === "open" ? "open weight" : sign, "signs", code) : null,
    );
    if (occurs.filter(Boolean).length < 2) return null;
    return element(
      "fieldset",
      {},
      element("legend", {}, "Sign of the strength"),
      this.signBoxes.map((one) => one?.root),
    );
  }

  delays() {
    const { store, filters } = this;
    if (filters.delays.length < 2) return null;
    const least = filters.delays[0][0];
    const most = filters.longest;
    const inputs = [0, 1].map((end) =>
      element("input", {
        type: "number",
        min: least,
        max: most,
        step: 1,
        "aria-label": end ? "Longest delay" : "Shortest delay",
        onchange: (event) => {
          const delays = [...store.state.delays];
          const value = event.target.valueAsNumber;
          delays[end] = Number.isNaN(value) || (end && value >= most) ? (end ? Infinity : 0) : value;
          store.set({ delays });
        },
      }),
    );
    store.watch("delays", ({ delays }) => {
      inputs[0].value = Math.max(least, delays[0]);
      inputs[1].value = Math.min(most, delays[1]);
    });
    return element(
      "fieldset",
      {},
      element("legend", {}, "Delay in steps"),
      element("div", { class: "range" }, inputs[0], " to ", inputs[1]),
    );
  }

  threshold() {
    const { store, filters } = this;
    if (filters.sizes.length < 2 || filters.sizes[0] === filters.sizes.at(-1)) return null;
    // equal parts of the slider hide equally many synapses
    const slider = element("input", {
      type: "range",
      min: 0,
      max: SLIDER,
      value: 0,
      "aria-label": "Least strength",
      oninput: () => store.set({ threshold: filters.quantile(Math.min(0.999, slider.valueAsNumber / SLIDER)) }),
    });
    const text = element("output", {});
    store.watch("threshold", ({ threshold }) => {
      if (filters.quantile(Math.min(0.999, slider.valueAsNumber / SLIDER)) !== threshold)
        slider.value = threshold
          ? Math.round((SLIDER * filters.sizes.findIndex((size) => size >= threshold)) / filters.sizes.length)
          : 0;
      text.textContent = threshold ? `≥ ${number(threshold)}` : "any";
    });
    return element("fieldset", {}, element("legend", {}, "Least strength, without sign ", text), slider);
  }

  clear() {
    const { store } = this;
    const made = button("Show all again", {
      className: "ghost",
      onclick: () => store.set({ kinds: 15, signs: 7, delays: EVERY_DELAY, threshold: 0 }),
    });
    store.watch("kinds signs delays threshold", () => (made.hidden = this.filters.counts.shown === this.model.n_edges));
    return made;
  }

  count() {
    const { counts } = this.filters;
    if (!this.model.n_edges) return;
    this.kindBoxes.forEach((one, code) => one && (one.number.textContent = count(counts.kinds[code])));
    this.signBoxes.forEach((one, code) => one && (one.number.textContent = count(counts.signs[code])));
    this.shown.textContent = `${count(counts.shown)} of ${count(this.model.n_edges)} shown`;
  }

  /** Renew the lines that explain the colours of synapses. */
  samples() {
    if (!this.model.n_edges) return;
    const { theme } = this.view;
    const bySign = this.store.state.edgeColour === "sign";
    this.kindBoxes.forEach((one, code) =>
      one?.sample.replaceChildren(sampleOfLine(bySign ? theme.soft : theme.kinds[KINDS[code]], DASHES[KINDS[code]])),
    );
    this.signBoxes.forEach((one, code) =>
      one?.sample.replaceChildren(sampleOfLine(bySign ? theme.signs[code] : theme.line, [])),
    );
  }
}
