// The page around the picture: head, panels, time, and what opens and closes.

import { Controls } from "./controls.js";
import { activityAt } from "./data.js";
import { ICONS, button, element, icon } from "./dom.js";
import { Filters } from "./filters.js";
import { number, plural } from "./format.js";
import { choicesOf, follow, written } from "./hash.js";
import { Keys } from "./keys.js";
import { Panel } from "./panel.js";
import { Search } from "./search.js";
import { Store, initial } from "./store.js";
import { Traces } from "./traces.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";

export class Page {
  constructor(model, root) {
    const store = new Store({ ...initial(model), ...choicesOf(model, addressOf()) });
    // on a phone, traces are below the picture at first
    if (model.hasActivity && store.state.selected < 0) store.state.sheet = "traces";
    const filters = new Filters(model);
    const view = new View(model, filters, store);
    Object.assign(this, { model, store, filters, view, root });
    this.search = new Search(model, store, view);
    this.controls = new Controls(model, store, view, filters);
    this.panel = new Panel(model, store, view);
    this.live = element("div", { class: "unseen", "aria-live": "polite" });
    this.toast = element("div", { class: "toast", role: "status", hidden: true });
    view.describe = (i) => this.describe(i);
    view.covered = () => this.covered();
    const main = element("main", { class: "stage" }, view.root, this.zooming(), this.toast);
    const parts = [this.head(), this.controls.root, main, this.panel.root];
    if (model.hasActivity) {
      this.traces = new Traces(model, store, view);
      this.transport = new Transport(model, store, view);
      const fold = button(icon(ICONS.trace), {
        label: "Traces",
        key: "t",
        className: "quiet fold",
        onclick: () => store.set({ traces: !store.state.traces }),
      });
      store.watch("traces", (state) => fold.setAttribute("aria-pressed", String(state.traces)));
      this.transport.root.append(fold);
      parts.push(element("footer", { class: "time" }, this.transport.root, this.traces.root));
    }
    this.keys = new Keys({ model, store, view, search: this.search, page: this });
    root.append(...parts, this.tabs(), this.live, this.keys.dialog);
    root.hidden = false;
    this.watch();
    follow(model, store);
  }

  head() {
    const { model } = this;
    return element(
      "header",
      { class: "head" },
      element(
        "div",
        { class: "titles" },
        element("h1", { dir: "auto", title: model.title }, model.title),
        element("p", { class: "soft one-line" }, model.subtitle),
      ),
      this.search.root,
      element(
        "nav",
        { class: "tools", "aria-label": "Page" },
        button(icon(ICONS.link), {
          label: "Copy a link to what is shown",
          key: "l",
          className: "quiet link-tool",
          onclick: () => this.copyLink(),
        }),
        button(icon(ICONS.moon), {
          label: "Dark or light",
          key: "d",
          className: "quiet",
          onclick: () => this.toggleTheme(),
        }),
        button(icon(ICONS.help), { label: "Keys", key: "?", className: "quiet", onclick: () => this.help() }),
      ),
    );
  }

  zooming() {
    const { view } = this;
    const change = (how) => () => {
      how(view.camera);
      view.moved();
    };
    return element(
      "div",
      { class: "zooming", role: "group", "aria-label": "Zoom" },
      button(icon(ICONS.plus), { label: "Zoom in", key: "+", onclick: change((camera) => camera.zoom(1.4)) }),
      button(icon(ICONS.minus), { label: "Zoom out", key: "-", onclick: change((camera) => camera.zoom(1 / 1.4)) }),
      button(icon(ICONS.fit), { label: "Show all", key: "0", onclick: change((camera) => camera.fit()) }),
    );
  }

  /** Tabs that open the panels where there is no room beside the picture. */
  tabs() {
    const { store } = this;
    const tab = (name, text) => {
      const made = button(text, { onclick: () => store.set({ sheet: store.state.sheet === name ? null : name }) });
      store.watch("sheet", (state) => made.setAttribute("aria-pressed", String(state.sheet === name)));
      return made;
    };
    return element(
      "nav",
      { class: "tabs", "aria-label": "Panels" },
      tab("controls", "Display"),
      tab("panel", "Neuron"),
      this.model.hasActivity ? tab("traces", "Traces") : null,
    );
  }

  watch() {
    const { store, root, model, view } = this;
    store.watch("theme", () => {
      document.documentElement.dataset.theme = view.theme.dark ? "dark" : "light";
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener?.("change", () => {
      // what the system prefers has changed, not what is chosen
      if (!store.state.theme) store.tell(["theme"]);
    });
    store.watch("sheet", ({ sheet }) => (root.dataset.sheet = sheet ?? ""));
    store.watch("traces", ({ traces }) => root.classList.toggle("without-traces", !traces));
    store.watch("selected", ({ selected, sheet }) => {
      root.classList.toggle("has-selected", selected >= 0);
      if (selected >= 0) {
        store.set({ sheet: "panel" });
        const { reads, feeds } = view.shown;
        view.reveal(selected);
        this.live.textContent = `${model.names[selected]} selected, reads ${plural(reads.length, "synapse")}, feeds ${plural(feeds.length, "synapse")}`;
      } else {
        if (sheet === "panel") store.set({ sheet: null });
        view.reveal(-1);
      }
    });
    store.watch("sheet", ({ selected }) => view.reveal(selected));
  }

  /** Return what the tooltip of a neuron says below its name. */
  describe(i) {
    const { model, store } = this;
    const parts = [];
    if (model.hasActivity) parts.push(number(activityAt(model, store.state.sample, store.state.step, i)));
    const { colour } = store.state;
    const attribute = model.node_attributes.find((one) => `attribute:${one.name}` === colour);
    if (attribute) {
      const value = model.get(attribute.array)[i];
      parts.push(
        `${attribute.name}: ${attribute.type === "number" ? number(value) : (attribute.categories[value] ?? "–")}`,
      );
    }
    const { start: into } = model.incoming;
    const { start: out } = model.outgoing;
    parts.push(`reads ${into[i + 1] - into[i]}, feeds ${out[i + 1] - out[i]}`);
    return parts.join(" · ");
  }

  /** Return the pixels of the picture that the panel covers at its right or below. */
  covered() {
    const stage = this.view.root.getBoundingClientRect();
    const panels = [this.panel.root, this.controls.root].map((one) => one.getBoundingClientRect());
    // the zoom buttons are at the top of a narrow window, otherwise at the left
    const inset =
      innerWidth <= 760 ? { left: 0, right: 0, top: 30, bottom: 0 } : { left: 40, right: 0, top: 0, bottom: 0 };
    for (const box of panels) {
      if (!box.width || box.right <= stage.left || box.left >= stage.right || box.top >= stage.bottom) continue;
      if (box.width > 0.8 * stage.width) inset.bottom = Math.max(inset.bottom, stage.bottom - box.top);
      else inset.right = Math.max(inset.right, stage.right - box.left);
    }
    return inset;
  }

  openSearch() {
    this.search.input.focus();
    this.search.input.select();
  }

  escape() {
    const { store, view } = this;
    const { sheet, selected } = store.state;
    if (selected >= 0 || store.state.category >= 0) store.set({ selected: -1, category: -1 });
    else if (sheet) store.set({ sheet: null });
    view.root.focus({ preventScroll: true });
  }

  toggleTheme() {
    this.store.set({ theme: this.view.theme.dark ? "light" : "dark" });
  }

  help() {
    this.keys.toggle();
  }

  async copyLink() {
    const link = `${String(location.href).replace(/#.*/, "")}#${written(this.model, this.store.state)}`;
    try {
      await navigator.clipboard.writeText(link);
      this.say("Link copied");
    } catch {
      // not allowed here: the address of the page has it
      this.say("The address of this page is the link");
    }
  }

  say(text) {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.toast.hidden = true), 2200);
  }
}

function addressOf() {
  try {
    return location.hash;
  } catch {
    return "";
  }
}
