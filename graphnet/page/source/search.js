// Search of a neuron by a part of its name, with the keyboard as with the pointer.

import { ICONS, element, icon } from "./dom.js";
import { count } from "./format.js";
import { ROLES } from "./colours.js";

const MOST = 40;

/** Return the neurons whose names contain a text, the closest first, and how many there are. */
export function find(model, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return { found: [], total: 0 };
  const ranked = [];
  model.lower.forEach((name, i) => {
    const at = name.indexOf(wanted);
    if (at < 0) return;
    const isWord = at === 0 || !/[\p{L}\p{N}]/u.test(name[at - 1]);
    ranked.push([name === wanted ? 0 : at === 0 ? 1 : isWord ? 2 : 3, name.length, i]);
  });
  ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return { found: ranked.slice(0, MOST).map((one) => one[2]), total: ranked.length };
}

export class Search {
  constructor(model, store, view) {
    Object.assign(this, { model, store, view, found: [], active: -1 });
    this.input = element("input", {
      type: "text",
      role: "combobox",
      placeholder: "Search a neuron",
      "aria-label": "Search a neuron by its name",
      "aria-expanded": "false",
      "aria-controls": "found",
      "aria-autocomplete": "list",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      dir: "auto",
    });
    this.list = element("ul", { id: "found", role: "listbox", "aria-label": "Neurons found", hidden: true });
    this.root = element(
      "div",
      { class: "search" },
      icon(ICONS.search),
      this.input,
      element("kbd", { "aria-hidden": "true" }, "/"),
      this.list,
    );
    this.input.addEventListener("input", () => this.fill());
    this.input.addEventListener("focus", () => this.input.value && this.fill());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    // before blur closes the list
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  fill() {
    const { model, list, input } = this;
    const { found, total } = find(model, input.value);
    this.found = found;
    list.textContent = "";
    found.forEach((i, k) =>
      list.append(
        element(
          "li",
          { role: "option", id: `found-${k}`, "aria-selected": "false", onclick: () => this.choose(k) },
          element("bdi", { class: "one-line" }, model.names[i]),
          element("span", { class: "soft" }, ROLES[model.role[i]]),
        ),
      ),
    );
    if (input.value.trim() && !total)
      list.append(element("li", { class: "note soft", role: "presentation" }, "No name contains this."));
    if (total > found.length)
      list.append(
        element("li", { class: "note soft", role: "presentation" }, `and ${count(total - found.length)} more`),
      );
    list.hidden = !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    this.activate(found.length ? 0 : -1);
  }

  activate(k) {
    const { list, input } = this;
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.active = k;
    const option = k >= 0 ? list.children[k] : null;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const n = this.found.length;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && n) this.activate((this.active + moves[event.key] + n) % n);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape") {
      if (this.list.hidden) this.view.root.focus();
      this.close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(k) {
    const i = this.found[k];
    this.input.value = "";
    this.close();
    this.view.root.focus({ preventScroll: true });
    this.store.set({ selected: i, category: -1 });
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}
