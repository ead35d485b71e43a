// Time: play, pause, step and scrub, and the choice of the sample.

import { ICONS, button, element, icon, select } from "./dom.js";
import { count } from "./format.js";
import { SPEEDS } from "./store.js";

export class Transport {
  constructor(model, store, view) {
    Object.assign(this, { model, store, view, due: 0 });
    const last = () => model.length[store.state.sample] - 1;
    this.play = button("", { className: "play", onclick: () => togglePlaying(store) });
    this.slider = element("input", {
      type: "range",
      min: 0,
      step: 1,
      class: "scrub",
      "aria-label": "Step",
      oninput: () => store.set({ step: this.slider.valueAsNumber, playing: false }),
    });
    this.where = element("output", { class: "where" });
    const speed = select(
      "Speed",
      SPEEDS.map((one) => [one, `${one} steps/s`]),
      (value) => store.set({ speed: Number(value) }),
    );
    store.watch("speed", (state) => (speed.value = state.speed));
    const samples = select(
      "Sample",
      model.samples.map((name, k) => [k, name]),
      (value) => chooseSample(model, store, Number(value)),
    );
    store.watch("sample", (state) => (samples.value = state.sample));
    this.root = element(
      "div",
      { class: "transport", role: "group", "aria-label": "Time" },
      button(icon(ICONS.previous), {
        label: "Previous step",
        key: ",",
        className: "quiet",
        onclick: () => moveStep(model, store, -1),
      }),
      this.play,
      button(icon(ICONS.next), {
        label: "Next step",
        key: ".",
        className: "quiet",
        onclick: () => moveStep(model, store, 1),
      }),
      this.slider,
      this.where,
      speed,
      model.n_samples > 1 ? samples : null,
    );
    store.watch("playing", ({ playing }) => {
      this.play.replaceChildren(icon(playing ? ICONS.pause : ICONS.play, true));
      this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
      this.play.title = `${playing ? "Pause" : "Play"} (space)`;
      this.due = 0;
      view.schedule();
    });
    store.watch("step sample", ({ step }) => {
      this.slider.max = last();
      this.slider.value = step;
      const time = model.dt ? `, t = ${Number((step * model.dt).toPrecision(6))}` : "";
      this.where.textContent = `${count(step)} / ${count(last())}`;
      this.slider.setAttribute("aria-valuetext", `step ${step} of ${last()}${time}`);
      this.where.title = `step ${step} of ${last()}${time}`;
    });
    view.ticks.push((now) => this.tick(now));
  }

  /** Go on to the step that is due. */
  tick(now) {
    const { model, store } = this;
    const { playing, speed, sample, step } = store.state;
    if (!playing) return;
    if (!this.due) this.due = now + 1000 / speed;
    let forward = 0;
    while (now >= this.due && forward < 5) {
      this.due += 1000 / speed;
      forward++;
    }
    // a page that was hidden does not catch up
    if (now >= this.due) this.due = now + 1000 / speed;
    if (forward) store.set({ step: (step + forward) % Math.max(1, model.length[sample]) });
  }
}

export function togglePlaying(store) {
  store.set({ playing: !store.state.playing });
}

export function moveStep(model, store, by) {
  const last = model.length[store.state.sample] - 1;
  store.set({ step: Math.max(0, Math.min(last, store.state.step + by)), playing: false });
}

export function chooseSample(model, store, sample) {
  const chosen = Math.max(0, Math.min(model.n_samples - 1, sample));
  store.set({ sample: chosen, step: Math.max(0, Math.min(store.state.step, model.length[chosen] - 1)) });
}
