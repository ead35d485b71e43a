// Keys, and the list of them.

import { colourings } from "./colours.js";
import { ICONS, button, element, icon } from "./dom.js";
import { togglePicked } from "./panel.js";
import { SCOPES, SPEEDS } from "./store.js";
import { chooseSample, moveStep, togglePlaying } from "./transport.js";

const PAN = 60;

/** Return the keys by group: [keys as shown, meaning, {key: action}]. */
function actionsOf({ model, store, view, search, page }) {
  const { camera } = view;
  const moved = (change) => () => {
    change();
    view.moved();
  };
  const pan = (dx, dy) => moved(() => camera.pan(dx, dy));
  const walk = (by) => () => {
    const n = model.n_nodes;
    if (!n) return;
    const { selected } = store.state;
    const next = selected < 0 ? (by > 0 ? 0 : n - 1) : (selected + by + n) % n;
    store.set({ selected: next, category: -1 });
  };
  const along = (isForward) => () => {
    const { shown } = view;
    const edges = shown && (isForward ? shown.feeds : shown.reads);
    const end = isForward ? model.target : model.source;
    const others = edges?.filter((e) => end[e] !== store.state.selected);
    if (!others?.length) return;
    const strongest = others.reduce((a, b) => (Math.abs(model.strength[b]) > Math.abs(model.strength[a]) ? b : a));
    store.set({ selected: end[strongest] });
  };
  const cycle =
    (key, options, by = 1) =>
    () => {
      const at = options.indexOf(store.state[key]);
      // a category that is highlighted is one of the colour before
      store.set({
        category: key === "colour" ? -1 : store.state.category,
        [key]: options[(at + by + options.length) % options.length],
      });
    };
  const pace = (by) => () => {
    const at = SPEEDS.indexOf(store.state.speed) + by;
    if (SPEEDS[at]) store.set({ speed: SPEEDS[at] });
  };
  const colours = colourings(model).flatMap(({ options }) => options.map(([key]) => key));
  const groups = {
    Picture: [
      [
        "← ↑ → ↓",
        "move",
        { ArrowLeft: pan(PAN, 0), ArrowRight: pan(-PAN, 0), ArrowUp: pan(0, PAN), ArrowDown: pan(0, -PAN) },
      ],
      [
        "+ −",
        "zoom in, out",
        {
          "+": moved(() => camera.zoom(1.3)),
          "=": moved(() => camera.zoom(1.3)),
          "-": moved(() => camera.zoom(1 / 1.3)),
        },
      ],
      ["0", "show all", { 0: moved(() => camera.fit()) }],
      ["c C", "next, previous colour of neurons", { c: cycle("colour", colours), C: cycle("colour", colours, -1) }],
      ["k", "synapses coloured by kind or by sign", { k: cycle("edgeColour", ["kind", "sign"]) }],
      ["s", "synapses: all, of the selected neuron, none", { s: cycle("scope", SCOPES) }],
      [
        "1 2 3 4",
        "forward, direct, lateral, indirect synapses on or off",
        Object.fromEntries(
          [0, 1, 2, 3].map((bit) => [bit + 1, () => store.set({ kinds: store.state.kinds ^ (1 << bit) })]),
        ),
      ],
    ],
    Neurons: [
      ["/", "search a name", { "/": () => page.openSearch() }],
      ["n N", "select the next, the previous neuron", { n: walk(1), N: walk(-1) }],
      ["f r", "follow the strongest synapse forward, in reverse", { f: along(true), r: along(false) }],
      [
        "g",
        "centre the selected neuron",
        { g: () => store.state.selected >= 0 && view.reveal(store.state.selected, true) },
      ],
      ...(model.hasActivity
        ? [
            [
              "p",
              "keep the trace of the selected neuron",
              { p: () => store.state.selected >= 0 && togglePicked(store, store.state.selected) },
            ],
          ]
        : []),
      ["Esc", "close, select nothing", { Escape: () => page.escape() }],
    ],
    Time: model.hasActivity
      ? [
          ["space", "play, pause", { " ": () => togglePlaying(store) }],
          [
            ", .",
            "previous, next step",
            { ",": () => moveStep(model, store, -1), ".": () => moveStep(model, store, 1) },
          ],
          [
            "Home End",
            "first, last step",
            { Home: () => moveStep(model, store, -Infinity), End: () => moveStep(model, store, Infinity) },
          ],
          [
            "[ ]",
            "previous, next sample",
            {
              "[": () => chooseSample(model, store, store.state.sample - 1),
              "]": () => chooseSample(model, store, store.state.sample + 1),
            },
          ],
          ["< >", "slower, faster", { "<": pace(-1), ">": pace(1) }],
          ["t", "traces on or off", { t: () => store.set({ traces: !store.state.traces }) }],
        ]
      : [],
    Page: [
      ["d", "dark or light", { d: () => page.toggleTheme() }],
      ["l", "copy a link to what is shown", { l: () => page.copyLink() }],
      ["?", "this list", { "?": () => page.help() }],
    ],
  };
  return groups;
}

export class Keys {
  constructor(parts) {
    const groups = actionsOf({ ...parts });
    const actions = new Map();
    for (const rows of Object.values(groups))
      for (const row of rows) for (const [key, action] of Object.entries(row[2])) actions.set(key, action);
    this.dialog = element(
      "dialog",
      { class: "help", "aria-label": "Keys" },
      element(
        "header",
        {},
        element("h2", {}, "Keys"),
        button(icon(ICONS.close), {
          label: "Close",
          key: "Esc",
          className: "quiet close",
          onclick: () => this.dialog.close(),
        }),
      ),
      element(
        "div",
        { class: "key-groups" },
        Object.entries(groups)
          .filter(([, rows]) => rows.length)
          .map(([name, rows]) =>
            element(
              "section",
              {},
              element("h3", {}, name),
              element(
                "dl",
                {},
                rows.map(([keys, meaning]) => [
                  element(
                    "dt",
                    {},
                    keys.split(" ").map((key) => element("kbd", {}, key)),
                  ),
                  element("dd", {}, meaning),
                ]),
              ),
            ),
          ),
      ),
      element(
        "p",
        { class: "soft" },
        "With a pointer: drag to move, turn the wheel or pinch to zoom, click a neuron to select it, drag over the traces to choose a step.",
      ),
    );
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "?") return;
      event.preventDefault();
      this.dialog.close();
    });
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || this.dialog.open) return;
      if (isTyping(event)) return;
      const action = actions.get(event.key);
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  toggle() {
    if (this.dialog.open) this.dialog.close();
    else this.dialog.showModal();
  }
}

/** True if a key belongs to the control that has the focus. */
function isTyping({ target, key }) {
  const tag = target.tagName;
  if (tag === "INPUT" && ["text", "number"].includes(target.type)) return key !== "Escape";
  if (tag === "INPUT" && target.type === "range") return key.startsWith("Arrow") || key === "Home" || key === "End";
  if (tag === "INPUT" || tag === "BUTTON") return key === " " || key === "Enter";
  if (tag === "SELECT") return key !== "Escape" && key !== "?";
  // what scrolls
  return Boolean(target.closest?.(".panel, .controls")) && (key.startsWith("Arrow") || key === "Home" || key === "End");
}
