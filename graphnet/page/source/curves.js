// The shape of each synapse on the screen: a curve between the borders of two neurons, or a loop.

export const KINDS = ["forward", "direct", "lateral", "indirect"];

/** Bends of curves as a fraction of their length, to the left of their direction. */
export function bendsOf(model) {
  const { source, target, kind, column, rank, n_edges: n, n_nodes, layout } = model;
  const pairs = new Set();
  if (n <= 50000) for (let e = 0; e < n; e++) pairs.add(source[e] * n_nodes + target[e]);
  const bend = new Float32Array(n);
  for (let e = 0; e < n; e++) {
    const isReturned = pairs.has(target[e] * n_nodes + source[e]);
    if (layout !== "layered") bend[e] = isReturned || KINDS[kind[e]] !== "forward" ? 0.13 : 0.04;
    else if (KINDS[kind[e]] === "lateral") bend[e] = 0.32;
    else if (KINDS[kind[e]] === "indirect") bend[e] = 0.24;
    // past the neurons of the layers between
    else bend[e] = Math.abs(column[target[e]] - column[source[e]]) > 1 ? 0.1 : isReturned ? 0.08 : 0;
    bend[e] += 0.14 * Math.min(rank[e], 6);
  }
  return bend;
}

/** Curves of a model as a camera sees them; `at(e)` fills the fields x0, y0, cx, cy, x1, y1 of this object. */
export class Curves {
  constructor(model) {
    this.model = model;
    this.bend = bendsOf(model);
    Object.assign(this, { x0: 0, y0: 0, cx: 0, cy: 0, x1: 0, y1: 0, isLoop: false });
  }

  /** Set the ends and the control point of a synapse; false if it is outside of the camera's window. */
  at(e, camera, isStraight = false) {
    const { x, y, source, target, rank } = this.model;
    const [i, j] = [source[e], target[e]];
    const radius = camera.radius;
    const [ax, ay] = [camera.screenX(x[i]), camera.screenY(y[i])];
    this.isLoop = i === j;
    if (this.isLoop) {
      // a circle that stands on the neuron; those of the same neuron go around it
      const angle = -Math.PI / 2 + rank[e] * 0.9;
      this.cx = ax + Math.cos(angle) * radius * 1.7;
      this.cy = ay + Math.sin(angle) * radius * 1.7;
      [this.x0, this.y0, this.x1, this.y1] = [ax, ay, ax, ay];
      return ax > -40 && ay > -40 && ax < camera.width + 40 && ay < camera.height + 40;
    }
    const [bx, by] = [camera.screenX(x[j]), camera.screenY(y[j])];
    if (Math.max(ax, bx) < -20 || Math.max(ay, by) < -20) return false;
    if (Math.min(ax, bx) > camera.width + 20 || Math.min(ay, by) > camera.height + 20) return false;
    [this.x0, this.y0, this.x1, this.y1] = [ax, ay, bx, by];
    if (isStraight) return true;
    const [dx, dy] = [bx - ax, by - ay];
    const length = Math.hypot(dx, dy) || 1;
    // long curves bend less, so that they stay in the drawing
    const unit = camera.spacing * camera.scale;
    const side = this.bend[e] * Math.min(length, 4 * unit + 0.25 * length) * 2;
    this.cx = (ax + bx) / 2 + (dy / length) * side * 0.5;
    this.cy = (ay + by) / 2 - (dx / length) * side * 0.5;
    this.trim(radius + 1);
    return true;
  }

  /** Begin and end the curve at the borders of the neurons. */
  trim(radius) {
    const start = Math.hypot(this.cx - this.x0, this.cy - this.y0) || 1;
    const end = Math.hypot(this.cx - this.x1, this.cy - this.y1) || 1;
    if (start < radius || end < radius) return;
    this.x0 += ((this.cx - this.x0) / start) * radius;
    this.y0 += ((this.cy - this.y0) / start) * radius;
    this.x1 += ((this.cx - this.x1) / end) * radius;
    this.y1 += ((this.cy - this.y1) / end) * radius;
  }

  /** Add the curve to the path of a context. */
  path(context, radius) {
    if (this.isLoop) {
      context.moveTo(this.cx + radius, this.cy);
      context.arc(this.cx, this.cy, radius, 0, 2 * Math.PI);
    } else {
      context.moveTo(this.x0, this.y0);
      context.quadraticCurveTo(this.cx, this.cy, this.x1, this.y1);
    }
  }

  /** Return the middle of the curve, where its gate ends and its delay is written. */
  middle(radius = 0) {
    if (this.isLoop) {
      const far = Math.hypot(this.cx - this.x0, this.cy - this.y0) || 1;
      return [this.cx + ((this.cx - this.x0) / far) * radius, this.cy + ((this.cy - this.y0) / far) * radius];
    }
    return [(this.x0 + 2 * this.cx + this.x1) / 4, (this.y0 + 2 * this.cy + this.y1) / 4];
  }

  /** Return the point at a part of the way along the curve; of a loop, always the same. */
  point(part, radius) {
    if (this.isLoop) return this.middle(radius);
    const [a, b, c] = [(1 - part) ** 2, 2 * part * (1 - part), part ** 2];
    return [a * this.x0 + b * this.cx + c * this.x1, a * this.y0 + b * this.cy + c * this.y1];
  }

  /** Add an arrowhead at the end of the curve to the path of a context. */
  head(context, size) {
    let [tipX, tipY, angle] = [this.x1, this.y1, Math.atan2(this.y1 - this.cy, this.x1 - this.cx)];
    if (this.isLoop) {
      // where the loop comes back to the neuron
      const out = Math.atan2(this.cy - this.y0, this.cx - this.x0);
      const side = out + 0.55;
      const far = Math.hypot(this.cx - this.x0, this.cy - this.y0) / 1.7;
      tipX = this.x0 + Math.cos(side) * far;
      tipY = this.y0 + Math.sin(side) * far;
      angle = out + Math.PI - 0.35;
    }
    context.moveTo(tipX, tipY);
    context.lineTo(tipX - size * Math.cos(angle - 0.42), tipY - size * Math.sin(angle - 0.42));
    context.lineTo(tipX - size * Math.cos(angle + 0.42), tipY - size * Math.sin(angle + 0.42));
    context.closePath();
  }
}
