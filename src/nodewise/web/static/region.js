// A region drawn on one slice: a circle about the cross-hair, or an outline by hand.
import { toPlace, toVoxel } from "./geometry.js";

export function circle(image, plane, cursor, radius) {
  const middle = toVoxel(image, cursor);
  const outline = [...Array(48).keys()].map((step) => {
    const angle = (step / 24) * Math.PI;
    const voxel = [...middle];
    voxel[plane.across] += (radius * Math.cos(angle)) / image.spacing[plane.across];
    voxel[plane.down] += (radius * Math.sin(angle)) / image.spacing[plane.down];
    return toPlace(image, voxel);
  });
  return { plane, outline, radius };
}

// Voxels of an image whose centres lie within a region's outline, as runs of [first, length].
export function runs(image, { plane, outline }) {
  const corners = outline.map((place) => toVoxel(image, place));
  const slice = Math.round(corners[0][plane.through]);
  if (slice < 0 || slice >= image.shape[plane.through]) return [];
  const ring = corners.map((voxel) => [voxel[plane.across], voxel[plane.down]]);
  const inside = [];
  const low = Math.max(0, Math.floor(Math.min(...ring.map(([, v]) => v))));
  const high = Math.min(image.shape[plane.down] - 1, Math.ceil(Math.max(...ring.map(([, v]) => v))));
  for (let v = low; v <= high; v++)
    for (const [from, to] of crossings(ring, v))
      for (let u = Math.max(0, Math.ceil(from)); u <= Math.min(image.shape[plane.across] - 1, to); u++) {
        const voxel = [0, 0, 0];
        Object.assign(voxel, { [plane.across]: u, [plane.down]: v, [plane.through]: slice });
        inside.push(image.index(voxel));
      }
  return joined(inside);
}

// Where a ring is entered and left along one row.
function crossings(ring, v) {
  const at = [];
  ring.forEach(([u1, v1], number) => {
    const [u2, v2] = ring[(number + 1) % ring.length];
    if (v1 <= v !== v2 <= v) at.push(u1 + ((v - v1) / (v2 - v1)) * (u2 - u1));
  });
  at.sort((a, b) => a - b);
  return at.flatMap((from, number) => (number % 2 ? [] : [[from, at[number + 1]]]));
}

export function joined(indices) {
  const found = [];
  for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
    const last = found[found.length - 1];
    if (last && last[0] + last[1] === index) last[1] += 1;
    else found.push([index, 1]);
  }
  return found;
}
