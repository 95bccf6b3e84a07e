// The page of `report summary --html`, opened from the disk without a network: at both widths, light and
// dark. PROGRAMS names the folder of the built programs (or LAB the program), CHROMIUM the browser,
// PICTURES a folder for screenshots.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const { PROGRAMS, LAB, PICTURES, CHROMIUM = "/usr/bin/chromium" } = process.env;
const program = LAB ?? join(PROGRAMS ?? "", "app-license");
const data = mkdtempSync(join(tmpdir(), "app-license-report-page-"));
const file = join(data, "report.html");
const CLASSES = ["licensed", "upgrade trial", "trial", "free", "ended or unknown"];
let browser;

/** Licenses of four years, some of each kind, with names that are long or no markup. */
function records() {
  const type = ["COMMERCIAL", "COMMERCIAL", "COMMERCIAL", "EVALUATION", "UPGRADE_EVALUATION", "LEGACY_FREE", "ACADEMIC"];
  const tier = ["10 Users", "Per Unit Pricing (593 Users)", "Unlimited Users", "Evaluation", "<b>tier</b> with a long name of its own & more"];
  return Array.from({ length: 3000 }, (_, n) => ({
    appEntitlementNumber: `E-${n}`,
    cloudSiteHostname: `site-${n}.atlassian.net`,
    appEdition: ["Standard", "Advanced", undefined][n % 3],
    licenseType: type[n % type.length],
    status: n % 11 ? "active" : "cancelled",
    tier: tier[n % tier.length],
    hosting: "Cloud",
    maintenanceStartDate: `${2023 + Math.floor(n / 750)}-${String(1 + ((n * n) % 12)).padStart(2, "0")}-09`,
    maintenanceEndDate: "2030-01-01",
  }));
}

before(async () => {
  const report = join(data, "licenses.json");
  writeFileSync(report, JSON.stringify(records()));
  execFileSync(program, ["report", "summary", report, "--html", file]);
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
});

after(async () => {
  await browser?.close();
  rmSync(data, { recursive: true, force: true });
});

/** How well text is seen on what is behind it: the contrast of WCAG 2, for every element with text. */
const faint = () => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba("Canvas");
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("svg") || !element.getClientRects().length) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${element.tagName} ${element.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return found;
};

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`the page opens from the disk: ${width} wide, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
      const page = await context.newPage();
      const asked = [];
      const said = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(error.message));
      const address = pathToFileURL(file).href;
      await page.goto(address);
      if (PICTURES) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `report-${width}-${colorScheme}.png`), fullPage: true });
      }
      assert.deepEqual(asked, [address], "the page alone is read");
      assert.deepEqual(said, []);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} px too wide`);
      assert.deepEqual(await page.evaluate(faint), []);

      assert.deepEqual(await page.locator(".legend li").allInnerTexts(), CLASSES);
      assert.match(await page.locator(".totals").innerText(), /3\u202f000/);
      assert.equal(await page.locator("td b, th b").count(), 0, "text of a report is no markup");
      const plots = await page.locator("svg").evaluateAll((all) =>
        all.map((svg) => [svg.querySelectorAll("rect").length, svg.getBoundingClientRect()]).map(
          ([bars, { width, height }]) => ({ bars, width, height }),
        ),
      );
      assert.ok(plots.length > 20, `${plots.length}`);
      for (const { bars, width, height } of plots) {
        assert.ok(bars > 0 && width > 20 && height > 2, JSON.stringify({ bars, width, height }));
      }
      // each part of a bar has a color of its own, which the legend shows
      const colors = await page.locator(".legend .key").evaluateAll((keys) => keys.map((key) => getComputedStyle(key).backgroundColor));
      assert.equal(new Set(colors).size, CLASSES.length);
      const drawn = await page.locator("svg.columns rect").evaluateAll((all) => [...new Set(all.map((rect) => getComputedStyle(rect).fill))]);
      assert.deepEqual(drawn.filter((color) => !colors.includes(color)), []);
      assert.ok(drawn.length >= 4, `${drawn}`);
      await context.close();
    });
  }
}
