// Neurons: inputs as squares, hidden ones as discs, outputs as discs in a ring; hollow where nothing is known.

const SHAPES = 3;

export class NodeLayer {
  constructor(canvas, model) {
    this.context = canvas.getContext("2d");
    this.canvas = canvas;
    this.model = model;
    this.px = new Float32Array(model.n_nodes);
    this.py = new Float32Array(model.n_nodes);
    this.styles = new Int32Array(model.n_nodes);
    this.order = new Uint32Array(model.n_nodes);
  }

  /** Draw all neurons. `emphasis` has 1 for those that stand out, or is null if none does. */
  draw(camera, ratio, theme, colouring, emphasis) {
    const { context, model, styles, order, px, py } = this;
    const { n_nodes: n, x, y, role } = model;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    const radius = camera.radius;
    const { levels, palette } = colouring;
    const states = palette.length + 1;
    // neurons of one look are one path
    const counts = new Uint32Array(states * SHAPES * 2 + 1);
    const edge = radius * 1.6;
    for (let i = 0; i < n; i++) {
      const [sx, sy] = [camera.screenX(x[i]), camera.screenY(y[i])];
      px[i] = sx;
      py[i] = sy;
      if (sx < -edge || sy < -edge || sx > camera.width + edge || sy > camera.height + edge) styles[i] = -1;
      else {
        const isFaint = emphasis !== null && !emphasis[i] ? 0 : 1;
        styles[i] = (isFaint * SHAPES + role[i]) * states + levels[i] + 1;
        counts[styles[i] + 1]++;
      }
    }
    for (let s = 0; s + 1 < counts.length; s++) counts[s + 1] += counts[s];
    const next = counts.slice();
    for (let i = 0; i < n; i++) if (styles[i] >= 0) order[next[styles[i]]++] = i;
    context.setLineDash([]);
    for (let s = 0; s + 1 < counts.length; s++) {
      if (counts[s] === counts[s + 1]) continue;
      const level = (s % states) - 1;
      const shape = Math.floor(s / states) % SHAPES;
      const isFaint = s < states * SHAPES;
      context.globalAlpha = isFaint ? 0.16 : 1;
      if (radius < 2.2) {
        this.dots(counts[s], counts[s + 1], radius, ratio, level < 0 ? theme.other : palette[level]);
        continue;
      }
      context.beginPath();
      for (let k = counts[s]; k < counts[s + 1]; k++) this.outline(shape, px[order[k]], py[order[k]], radius);
      context.fillStyle = level < 0 ? theme.empty : palette[level];
      context.fill();
      if (level < 0 || radius > 3) {
        context.strokeStyle = level < 0 ? theme.line : theme.outline;
        context.lineWidth = radius > 8 ? 1.1 : 0.8;
        context.stroke();
      }
      if (level < 0 && radius > 4) this.hatch(counts[s], counts[s + 1], radius, theme);
      if (shape === 2 && radius > 2.6) {
        context.beginPath();
        for (let k = counts[s]; k < counts[s + 1]; k++) {
          const ring = radius + Math.max(1.6, radius * 0.24);
          context.moveTo(px[order[k]] + ring, py[order[k]]);
          context.arc(px[order[k]], py[order[k]], ring, 0, 2 * Math.PI);
        }
        context.strokeStyle = theme.soft;
        context.lineWidth = Math.max(0.9, radius * 0.1);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  /** Draw thousands of neurons as squares of whole pixels, which is fast. */
  dots(from, to, radius, ratio, colour) {
    const { context, order, px, py } = this;
    const side = Math.max(2, Math.round(1.8 * radius * ratio));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = colour;
    for (let k = from; k < to; k++)
      context.fillRect(
        Math.round(px[order[k]] * ratio - side / 2),
        Math.round(py[order[k]] * ratio - side / 2),
        side,
        side,
      );
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  outline(shape, x, y, radius) {
    const { context } = this;
    if (shape === 1) {
      const half = radius * 0.88;
      context.rect(x - half, y - half, 2 * half, 2 * half);
    } else {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
  }

  /** Cross out neurons without a value. */
  hatch(from, to, radius, theme) {
    const { context, order, px, py } = this;
    const reach = radius * 0.6;
    context.beginPath();
    for (let k = from; k < to; k++) {
      const [x, y] = [px[order[k]], py[order[k]]];
      context.moveTo(x - reach, y + reach);
      context.lineTo(x + reach, y - reach);
    }
    context.strokeStyle = theme.line;
    context.stroke();
  }

  /** Draw a ring around a neuron. */
  ring(i, camera, colour, width) {
    const { context } = this;
    const radius =
      camera.radius + (this.model.role[i] === 2 ? Math.max(1.6, camera.radius * 0.24) : 0) + 2.5 + width / 2;
    context.beginPath();
    context.arc(camera.screenX(this.model.x[i]), camera.screenY(this.model.y[i]), radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}
