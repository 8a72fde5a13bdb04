// Cities that the page is tried with: made by `mujun synth`, with attributes that the rules of terms, low efficiency and tools ask for, and with names that
// would be markup if they were not text.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const mujun = process.env.MUJUN_BIN ?? "target/release/mujun";
/** A town and a parcel with names that would run. */
export const EVIL_TOWN = `<script>document.title="owned"</script>镇`;
export const EVIL_PARCEL = `<img src=x onerror="document.title='owned'">`;

/** Runs the program; exit 1, findings that block, is a run as well. */
export function run(...args) {
  try {
    return execFileSync(mujun, ["-q", ...args], { encoding: "utf8" });
  } catch (error) {
    if (error.status === 1) return error.stdout;
    throw error;
  }
}

const ATTRIBUTES = `
ALTER TABLE parcels ADD COLUMN contract_start_due DATE;
ALTER TABLE parcels ADD COLUMN contract_finish_due DATE;
ALTER TABLE parcels ADD COLUMN works_started BOOLEAN;
ALTER TABLE parcels ADD COLUMN term_end DATE;
ALTER TABLE parcels ADD COLUMN idle_years REAL;
ALTER TABLE parcels ADD COLUMN idle_cause TEXT;
UPDATE parcels SET is_construction_land = 1;
ALTER TABLE parcels ADD COLUMN special_process BOOLEAN;
UPDATE parcels SET special_process = 0 WHERE (fid / 20) % 5 = 0;
UPDATE parcels SET contract_start_due = '2024-06-30', works_started = 0, idle_years = 1.5 + fid % 3, idle_cause = 'enterprise' WHERE fid % 17 = 0;
UPDATE parcels SET contract_finish_due = date('2025-10-01', '+' || (fid % 300) || ' days'), works_started = 1 WHERE fid % 13 = 0;
UPDATE parcels SET term_end = date('2026-01-15', '+' || (fid % 200) || ' days') WHERE fid % 19 = 0;
UPDATE parcels SET town = '${EVIL_TOWN.replaceAll("'", "''")}' WHERE town = (SELECT max(town) FROM parcels);
UPDATE parcels SET ZDDM = '${EVIL_PARCEL.replaceAll("'", "''")}' WHERE fid = 100;
`;

/** The directory of a run of a city of so many parcels; made once. Without projects tracts are proposed, with them slivers. */
export function city(folder, parcels, projects = true) {
  const name = `${parcels}${projects ? "" : "-tracts"}`;
  const [input, out] = [join(folder, `city-${name}`), join(folder, `run-${name}`)];
  if (existsSync(join(out, "report.html"))) return out;
  mkdirSync(folder, { recursive: true });
  run("synth", "--parcels", String(parcels), "--seed", "7", "--out", input);
  execFileSync("sqlite3", [join(input, "parcels.gpkg")], { input: ATTRIBUTES });
  const job = join(input, "job.toml");
  const text = readFileSync(job, "utf8").replace(/^rules .*$/m, `rules = ["zhejiang", "taizhou", "shanghai"]`).replace(/^formats .*$/m, `formats = ["report"]`);
  writeFileSync(job, projects ? text : text.replace(/^\[projects\]\npath.*\nlayer.*\n/m, ""));
  run("run", job, "--out", out);
  return out;
}
