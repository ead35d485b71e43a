// Colours. Series: Okabe & Ito (2008); those of kinds are the ones of graphnet.plots. Scales: matplotlib's viridis.

export const SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#A6A000"];
export const DASHES = { forward: [], direct: [], lateral: [6, 3], indirect: [8, 3, 1.5, 3], gate: [1.5, 3] };

const LIGHT = {
  dark: false,
  background: "#ffffff",
  text: "#1c2128",
  soft: "#59636e",
  halo: "rgba(255,255,255,0.92)",
  line: "#8c959f",
  empty: "#ffffff",
  grid: "#e4e8ec",
  lane: "#f7f9fb",
  outline: "rgba(20,28,38,0.42)",
  accent: "#0969da",
  other: "#b4bac1",
  kinds: { forward: "#7F7F7F", direct: "#D55E00", lateral: "#009E73", indirect: "#0072B2" },
  signs: ["#B2182B", "#2166AC", "#8c959f"],
  series: SERIES,
  diverging: ["#2166AC", "#7fb0d6", "#eef1f4", "#ee9a80", "#B2182B"],
};
const DARK = {
  dark: true,
  background: "#0f1319",
  text: "#e8ecf1",
  soft: "#9aa5b1",
  halo: "rgba(15,19,25,0.88)",
  line: "#6b7683",
  empty: "#0f1319",
  grid: "#242b34",
  lane: "#151a21",
  outline: "rgba(255,255,255,0.38)",
  accent: "#58a6ff",
  other: "#525c67",
  kinds: { forward: "#9aa1a9", direct: "#F07B2C", lateral: "#1FBF92", indirect: "#4DA3E0" },
  signs: ["#F2796B", "#6FA8E8", "#6b7683"],
  series: ["#4DA3E0", "#F07B2C", "#1FBF92", "#E39BC0", "#F0B53A", "#8CCBF2", "#B79AD6", "#D8D24A"],
  diverging: ["#86bdf5", "#3d6f9f", "#2b323b", "#a8503f", "#ff9a85"],
};
const VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4a89",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6dcd59",
  "#b4de2c",
  "#fde725",
];

/** Return the colours of the chosen theme, or of the one that the reader's system prefers. */
export function themeOf(chosen) {
  return (chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark" ? DARK : LIGHT;
}

export const LEVELS = 64;

/** Return colours of LEVELS equal parts of a scale. */
export function rampOf(theme, isDiverging) {
  const stops = (isDiverging ? theme.diverging : VIRIDIS).map((hex) =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)),
  );
  return Array.from({ length: LEVELS }, (_, level) => {
    const at = (level / (LEVELS - 1)) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(at));
    const mixed = stops[below].map((low, c) => Math.round(low + (at - below) * (stops[below + 1][c] - low)));
    return `rgb(${mixed.join(",")})`;
  });
}
