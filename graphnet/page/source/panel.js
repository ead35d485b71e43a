// The selected neuron: what is known about it, what it reads and what it feeds.

import { ROLES, hasLayers } from "./colours.js";
import { KINDS } from "./curves.js";
import { activityAt } from "./data.js";
import { ICONS, button, element, icon, sampleOfLine } from "./dom.js";
import { count, number, plural } from "./format.js";
import { DASHES } from "./theme.js";

const PAGE = 60; // rows of a table at first

export class Panel {
  constructor(model, store, view) {
    Object.assign(this, { model, store, view });
    this.root = element("aside", { class: "panel", "aria-label": "Selected neuron", tabindex: "-1" });
    this.order = { key: "strength", isUp: false };
    store.watch("selected kinds signs delays threshold theme", () => this.fill());
    store.watch("picked", () => this.renew(), { now: false });
    store.watch("step sample", () => this.tell(), { now: false });
  }

  fill() {
    const { root, model, store, view } = this;
    const i = store.state.selected;
    root.textContent = "";
    root.classList.toggle("is-empty", i < 0);
    if (i < 0) {
      root.append(
        element(
          "p",
          { class: "soft empty" },
          "Click a neuron, or search for its name, to see what it reads and what it feeds.",
        ),
      );
      return;
    }
    this.pick = button([icon(ICONS.trace), element("span", {}, "Keep trace")], {
      className: "ghost",
      pressed: store.state.picked.includes(i),
      onclick: () => togglePicked(store, i),
    });
    this.now = element("dd", { class: "now" });
    const facts = element("dl", { class: "facts" });
    const fact = (name, value) =>
      facts.append(
        element("dt", { dir: "auto" }, name),
        value.nodeType ? value : element("dd", { dir: "auto" }, value),
      );
    if (model.hasActivity) fact("activity now", this.now);
    if (!hasLayers(model)) fact("layer", count(model.column[i]));
    for (const one of model.node_attributes) {
      const value = model.get(one.array)[i];
      if (one.type === "category") {
        if (value < one.categories.length) fact(one.name, one.categories[value]);
      } else if (!Number.isNaN(value)) fact(one.name, number(value));
    }
    const { reads, feeds, gates, hidden } = view.shown;
    root.append(
      element(
        "header",
        {},
        element("h2", { dir: "auto", title: model.names[i] }, model.names[i]),
        element("span", { class: `badge ${ROLES[model.role[i]]}` }, ROLES[model.role[i]]),
        button(icon(ICONS.close), {
          label: "Close",
          key: "Esc",
          className: "quiet close",
          onclick: () => store.set({ selected: -1 }),
        }),
      ),
      element(
        "div",
        { class: "actions" },
        button([icon(ICONS.target), element("span", {}, "Centre")], {
          className: "ghost",
          onclick: () => view.reveal(i, true),
        }),
        model.hasActivity ? this.pick : null,
      ),
      facts,
      this.table("Reads", reads, model.source),
      this.table("Feeds", feeds, model.target),
      ...(gates.length ? [this.table("Gates", gates, model.target, true)] : []),
      ...(hidden ? [element("p", { class: "soft" }, `${plural(hidden, "more synapse")} hidden by the filters.`)] : []),
    );
    root.scrollTop = 0;
    this.tell();
  }

  renew() {
    const { selected, picked } = this.store.state;
    if (selected >= 0) this.pick?.setAttribute("aria-pressed", picked.includes(selected));
  }

  tell() {
    const { model, store } = this;
    const { selected, sample, step } = store.state;
    if (selected >= 0 && model.hasActivity) this.now.textContent = number(activityAt(model, sample, step, selected));
  }

  /** Return a table of synapses with the neurons on their other end; of gates, with both ends. */
  table(title, edges, end, isGate = false) {
    const { model } = this;
    const { strength, delay, kind, gate } = model;
    const hasGates = !isGate && edges.some((e) => gate[e] >= 0);
    const columns = [
      [title === "Reads" ? "Source" : "Target", "name"],
      ["Strength", "strength"],
      ["Delay", "delay"],
      ["Kind", "kind"],
      ...(isGate ? [["Source", "source"]] : hasGates ? [["Gate", "gate"]] : []),
    ];
    const keys = {
      name: (e) => model.lower[end[e]],
      source: (e) => model.lower[model.source[e]],
      strength: (e) => (Number.isNaN(strength[e]) ? -1 : Math.abs(strength[e])),
      delay: (e) => delay[e],
      kind: (e) => kind[e],
      gate: (e) => gate[e],
    };
    const body = element("tbody");
    const more = element("div", { class: "more" });
    let shown = PAGE;
    const fill = () => {
      const key = keys[this.order.key] ?? keys.strength;
      const sign = this.order.isUp ? 1 : -1;
      const sorted = [...edges].sort((a, b) => {
        const [p, q] = [key(a), key(b)];
        return p < q ? -sign : p > q ? sign : a - b;
      });
      body.textContent = "";
      for (const e of sorted.slice(0, shown))
        body.append(this.row(e, end[e], isGate ? model.source[e] : hasGates ? gate[e] : null));
      more.textContent = "";
      if (edges.length > shown)
        more.append(
          button(`Show ${count(Math.min(500, edges.length - shown))} more`, {
            className: "ghost",
            onclick: () => {
              shown += 500;
              fill();
            },
          }),
        );
      heads.forEach(([head, name]) =>
        head.setAttribute("aria-sort", this.order.key !== name ? "none" : this.order.isUp ? "ascending" : "descending"),
      );
    };
    const heads = columns.map(([text, name]) => {
      const sort = () => {
        const isSame = this.order.key === name;
        this.order = { key: name, isUp: isSame ? !this.order.isUp : name === "name" };
        fill();
      };
      return [
        element("th", { scope: "col", class: name }, element("button", { type: "button", onclick: sort }, text)),
        name,
      ];
    });
    fill();
    return element(
      "section",
      { class: hasGates || isGate ? "synapses has-gates" : "synapses" },
      element("h3", {}, title, element("span", { class: "soft" }, ` ${count(edges.length)}`)),
      edges.length
        ? element(
            "table",
            {},
            element(
              "thead",
              {},
              element(
                "tr",
                {},
                heads.map(([head]) => head),
              ),
            ),
            body,
          )
        : element("p", { class: "soft" }, title === "Reads" ? "Nothing." : "No other neuron."),
      more,
    );
  }

  row(e, other, gate) {
    const { model, store, view } = this;
    const go = (i) => () => {
      store.set({ selected: i, hoveredEdge: -1 });
    };
    const { strength } = model;
    const sign = Number.isNaN(strength[e]) ? "open" : strength[e] < 0 ? "negative" : "positive";
    const kind = KINDS[model.kind[e]];
    const extra = model.edge_attributes
      .map((one) => {
        const value = model.get(one.array)[e];
        const text = one.type === "category" ? one.categories[value] : number(value);
        return text === undefined || text === "–" ? null : `${one.name}: ${text}`;
      })
      .filter(Boolean)
      .join("\n");
    const name = (i) =>
      element(
        "button",
        { type: "button", class: "link", title: model.names[i], onclick: go(i) },
        element("bdi", {}, model.names[i]),
      );
    return element(
      "tr",
      {
        title: extra || null,
        onmouseenter: () => store.set({ hoveredEdge: e }),
        onmouseleave: () => store.set({ hoveredEdge: -1 }),
        onfocusin: () => store.set({ hoveredEdge: e }),
        onfocusout: () => store.set({ hoveredEdge: -1 }),
        onclick: (event) => event.target.closest("button") || go(other)(),
      },
      element("td", { class: "name" }, name(other)),
      element("td", { class: `number ${sign}` }, sign === "open" ? "open" : number(strength[e])),
      element("td", { class: "number" }, count(model.delay[e])),
      element(
        "td",
        { class: "kind", title: kind },
        sampleOfLine(view.theme.kinds[kind], DASHES[kind]),
        element("span", { class: "word" }, kind),
      ),
      gate === null ? null : element("td", { class: "name" }, gate >= 0 ? name(gate) : "–"),
    );
  }
}

/** Keep the trace of a neuron, or let it go. */
export function togglePicked(store, i) {
  const { picked } = store.state;
  store.set({ picked: picked.includes(i) ? picked.filter((one) => one !== i) : [...picked, i].slice(-8) });
}
