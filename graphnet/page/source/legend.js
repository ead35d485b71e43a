// The legend of the colours of neurons.

import { ROLES } from "./colours.js";
import { button, element } from "./dom.js";
import { count, number, plural } from "./format.js";

const MOST = 12;

export class Legend {
  constructor(model, store, view) {
    Object.assign(this, { model, store, view });
    this.root = element("div", { class: "legend" });
    store.watch("colour theme", () => this.fill());
    store.watch("category", () => this.mark());
  }

  fill() {
    const { root, view, model } = this;
    const { colouring } = view;
    root.textContent = "";
    if (colouring.type === "number") root.append(this.scale(colouring));
    else if (colouring.type === "category") root.append(this.categories(colouring));
    else root.append(element("p", { class: "soft" }, "No neuron has a number here."));
    if (colouring.missing) {
      const many = typeof colouring.missing === "number" ? ` (${count(colouring.missing)})` : "";
      root.append(
        element("p", { class: "entry soft" }, element("span", { class: "mark hollow" }), `hollow: no value${many}`),
      );
    }
    if (colouring.title !== "input, hidden, output") {
      const has = ROLES.filter((_, code) => model.role.includes(code));
      if (has.length > 1)
        root.append(
          element(
            "p",
            { class: "entry soft roles" },
            has.map((role) => element("span", { class: "role" }, element("span", { class: `mark ${role}` }), role)),
          ),
        );
    }
    this.mark();
  }

  scale({ palette, low, high, isCut, isDiverging, isOwn }) {
    const canvas = element("canvas", {
      width: palette.length,
      height: 1,
      class: "scale",
      role: "img",
      "aria-label": `Scale of colours from ${number(low)} to ${number(high)}`,
    });
    const context = canvas.getContext("2d");
    palette.forEach((colour, k) => {
      context.fillStyle = colour;
      context.fillRect(k, 0, 1, 1);
    });
    const ends = isOwn
      ? [isDiverging ? "−most" : "its lowest", isDiverging ? "0" : "", isDiverging ? "+most" : "its highest"]
      : [(isCut ? "≤ " : "") + number(low), isDiverging ? "0" : "", (isCut ? "≥ " : "") + number(high)];
    return element(
      "div",
      {},
      canvas,
      element(
        "div",
        { class: "ticks" },
        ends.map((text) => element("span", {}, text)),
      ),
    );
  }

  categories({ entries, title }) {
    const isRole = title === "input, hidden, output";
    const list = element("div", {
      class: "categories",
      role: "group",
      "aria-label": "Categories; each can be highlighted",
    });
    const add = (entry) => {
      const mark = element("span", { class: `mark ${isRole ? entry.name : ""}` });
      mark.style.setProperty("--mark", entry.colour);
      const made = button(
        [
          mark,
          element("bdi", { class: "one-line" }, entry.name),
          element("span", { class: "count" }, count(entry.count)),
        ],
        {
          className: "entry",
          onclick: () =>
            this.store.set({ category: this.store.state.category === entry.code ? -1 : entry.code, selected: -1 }),
        },
      );
      made.dataset.code = entry.code;
      made.title = `${entry.name}: ${plural(entry.count, "neuron")}`;
      list.append(made);
    };
    entries.slice(0, MOST).forEach(add);
    if (entries.length > MOST)
      list.append(
        button(`and ${entries.length - MOST} more`, {
          className: "ghost",
          onclick: (event) => {
            event.target.remove();
            entries.slice(MOST).forEach(add);
            this.mark();
          },
        }),
      );
    return list;
  }

  mark() {
    const { category } = this.store.state;
    for (const one of this.root.querySelectorAll("button.entry"))
      one.setAttribute("aria-pressed", String(Number(one.dataset.code) === category));
  }
}
