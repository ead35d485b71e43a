from .keys import Key
def draw_bundles(ax, picture, scale): return []
def draw_density(ax, picture, scale): return []
