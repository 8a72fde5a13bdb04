// Debian's Chromium by Playwright, and axe.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";

const modules = resolve(process.env.MUJUN_PAGE_MODULES ?? "target/page");
const { chromium } = createRequire(join(modules, "package.json"))("playwright-core");
const AXE = join(modules, "node_modules/axe-core/axe.min.js");

export function start() {
  const executablePath = process.env.MUJUN_CHROMIUM ?? "/usr/bin/chromium";
  // Chromium refuses its sandbox to root.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** Opens an address, and keeps what it says on the console and whatever it asks for beyond itself. */
export async function open(browser, address, { width = 1280, height = 900, until = "all", timed = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-GB" });
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    if (asked !== address.split("#")[0] && asked !== "about:blank" && !asked.startsWith("data:")) said.push(`request: ${asked}`);
  });
  if (timed) await time(context, page);
  await page.goto(address);
  await page.waitForSelector(until === "all" ? "html[data-ready='all']" : "html[data-ready]", { timeout: 120_000 });
  return { page, said };
}

/** The faults that axe calls serious or critical. */
export async function axe(page) {
  // Evaluated as the test, not as a script of the page, which its policy would refuse.
  await page.evaluate(readFileSync(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`);
}

/** Lets Chromium count what the page's own thread works, whatever else the machine does. */
async function time(context, page) {
  page.session = await context.newCDPSession(page);
  await page.session.send("Performance.enable", { timeDomain: "threadTicks" });
}

/** Seconds that a timed page has worked so far. */
export async function busy(page) {
  const { metrics } = await page.session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value;
}
