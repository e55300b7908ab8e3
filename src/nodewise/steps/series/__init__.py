"""From a series to its maps: frames, grids, inputs and what each kind of map needs."""
