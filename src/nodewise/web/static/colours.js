// Colour maps: few colours evenly spaced, straight lines between them.
// viridis and magma: van der Walt and Smith, released into the public domain (CC0).

const STOPS = {
  grey: ["#000000", "#ffffff"],
  inverse: ["#ffffff", "#000000"],
  viridis: ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6dcd59", "#b4de2c", "#fde725"],
  magma: ["#000004", "#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d", "#fd9668", "#feca8d", "#fcfdbf"],
};

// Red, green and blue for 256 levels, one after the other.
export function table(name) {
  const stops = STOPS[name].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const found = new Uint8ClampedArray(256 * 3);
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) * (stops.length - 1);
    const first = Math.min(stops.length - 2, Math.floor(place));
    for (let part = 0; part < 3; part++)
      found[3 * level + part] = stops[first][part] + (place - first) * (stops[first + 1][part] - stops[first][part]);
  }
  return found;
}
