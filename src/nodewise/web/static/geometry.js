// Places in the patient: millimetres to the left, back and head; voxel axes run the same way.

export const PLANES = {
  axial: { across: 0, down: 1, through: 2, up: false, edges: ["R", "L", "A", "P"] },
  coronal: { across: 0, down: 2, through: 1, up: true, edges: ["R", "L", "H", "F"] },
  sagittal: { across: 1, down: 2, through: 0, up: true, edges: ["A", "P", "H", "F"] },
};

export function spacing(affine) {
  return [0, 1, 2].map((axis) => Math.hypot(affine[0][axis], affine[1][axis], affine[2][axis]));
}

export function toVoxel(image, place) {
  const d = [0, 1, 2].map((row) => place[row] - image.affine[row][3]);
  return image.inverse.map((row) => row[0] * d[0] + row[1] * d[1] + row[2] * d[2]);
}

export function toPlace(image, voxel) {
  return [0, 1, 2].map(
    (row) =>
      image.affine[row][3] + [0, 1, 2].reduce((sum, axis) => sum + image.affine[row][axis] * voxel[axis], 0),
  );
}

export function inverse(affine) {
  const [[a, b, c], [d, e, f], [g, h, i]] = affine.map((row) => row.slice(0, 3));
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * A + b * B + c * C;
  return [
    [A, c * h - b * i, b * f - c * e],
    [B, a * i - c * g, c * d - a * f],
    [C, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
