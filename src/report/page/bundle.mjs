// Puts the page together: one script, one style, the licences of what is in the script. Called by scripts/page, which says where the modules are.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [sources, modules, target] = process.argv.slice(2);
const { buildSync, transformSync } = createRequire(join(modules, "package.json"))("esbuild");

const built = buildSync({
  entryPoints: [join(sources, "main.ts")],
  absWorkingDir: sources,
  nodePaths: [join(modules, "node_modules")],
  bundle: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  minify: true,
  legalComments: "none",
  metafile: true,
  write: false,
  outfile: "page.js",
  logLevel: "warning",
});
const script = built.outputFiles[0].text.trim();
if (/<\/script|<!--/i.test(script)) throw new Error("the script has text that would end its element");
const styles = ["ol/ol.css"].map((path) => readFileSync(join(modules, "node_modules", path), "utf8"));
const style = transformSync([...styles, readFileSync(join(sources, "page.css"), "utf8")].join("\n"), { loader: "css", minify: true }).code.trim();

/** The packages that the script has code of. */
const inputs = Object.entries(built.metafile.outputs["page.js"].inputs).filter(([, used]) => used.bytesInOutput > 0);
const packages = new Set(inputs.flatMap(([path]) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []));

function licence(name) {
  const folder = join(modules, "node_modules", name);
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${license}`;
  return [`${name} ${version}`, text.replaceAll("--", "- -")];
}

/** Each text once, with the packages that it is of. */
const texts = new Map();
for (const [name, text] of [...packages].sort().map(licence)) texts.set(text, [...(texts.get(text) ?? []), name]);
const licences = [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`).join("\n");

const parts = { script, style, licences, hash: createHash("sha256").update(script).digest("base64") };
const page = readFileSync(join(sources, "page.html"), "utf8").replace(/\{(script|style|licences|hash)\}/g, (_, part) => parts[part]);
writeFileSync(target, page);
