// Builds ../assets/page.js and page.css from the sources here: npm ci && node build.mjs, or `make page-code`.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const sources = readdirSync(here)
  .filter((name) => /\.(js|mjs|css)$|^package(-lock)?\.json$/.test(name))
  .sort();
const hash = createHash("sha256");
for (const name of sources) {
  hash.update(name + "\0");
  // line ends of a checkout on Windows do not count
  hash.update(readFileSync(new URL(name, here), "utf8").replaceAll("\r\n", "\n"));
  hash.update("\0");
}
const header = `/*! graphnet's page, BSD-3-Clause; built from sources with sha256 ${hash.digest("hex")} */`;

for (const [entry, output] of [
  ["main.js", "page.js"],
  ["page.css", "page.css"],
]) {
  const result = await build({
    entryPoints: [new URL(entry, here).pathname],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome90", "firefox113", "safari16.4"],
    legalComments: "none",
    write: false,
  });
  writeFileSync(new URL(`../assets/${output}`, here), `${header}\n${result.outputFiles[0].text}`);
}
