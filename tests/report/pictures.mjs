// Writes pictures of a report: wide, narrow, and the sheet of a town.
//
//   pictures.mjs RUN NAME DIRECTORY LANG THEME PARCEL [TOWN]
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { open, start } from "./browser.mjs";

const [run, name, directory, lang, theme, parcel, town] = process.argv.slice(2);
const address = (hash) => `${pathToFileURL(resolve(run, "report.html")).href}#lang=${lang}&${hash}`;
const chosen = `theme=${theme}&parcel=${encodeURIComponent(parcel)}`;
/** Width and height of each picture (pixels); A4 has 794 × 1123 at 96 dots an inch. */
const PICTURES = [
  ["", 1280, 1500, chosen],
  ["-390", 390, 2400, chosen],
  ...(town ? [["-town", 794, 1123, `sheet=${encodeURIComponent(town)}`]] : []),
];

const browser = await start();
for (const [suffix, width, height, hash] of PICTURES) {
  const { page, said } = await open(browser, address(hash), { width, height });
  if (said.length) throw new Error(`${name}${suffix}: ${said.join("; ")}`);
  if (hash === chosen) {
    await page.waitForSelector(".explanation");
    // The parcel where it is in the city, not alone.
    await page.locator("#whole").click();
  }
  await page.waitForTimeout(1500);
  const path = join(directory, `${name}${suffix}.png`);
  await page.screenshot({ path });
  console.log(path);
  await page.context().close();
}
await browser.close();
