// Saves pictures of the page, for people to look at: node test/out/shots.mjs [folder]

import { mkdirSync } from "node:fs";
import { uuid } from "../src/bytes.ts";
import { launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestCamera, TestOwner } from "./kit.ts";
import { drawScene } from "./scene.ts";
import { Stage } from "./stage.ts";

const folder = process.argv[2] ?? "test/out/shots";
mkdirSync(folder, { recursive: true });
const browser = await launch();
const cloud = new FakeCloud();
const base = await cloud.listen();
const draw = await browser.newPage();
const owner = await TestOwner.make();
const stage = new Stage(cloud, owner, await drawScene(draw, 40));

const now = Date.now();
const hour = 3600_000;
const hall = await stage.camera("Hall", false, now - 40 * hour);
const yard = await stage.camera("Back yard", true, now - 39 * hour);
await stage.whole(yard, now - 26 * hour, 3, "motion", "gate");
await stage.whole(hall, now - 25 * hour, 5, "motion");
yard.boot = 2n;
yard.n = 0n;
await stage.send(yard, await yard.online("Back yard", true, now - 24.5 * hour), now - 24.5 * hour);
await stage.whole(hall, now - 3 * hour, 4, "motion", "door");
await stage.whole(hall, now - 2 * hour, 2, "motion");
hall.n += 2n;
await stage.whole(yard, now - 1.4 * hour, 6, "large object", "gate");
await stage.send(hall, await hall.sign(hall.body(6, [[14, [[1, hall.n - 9n], [1, hall.n - 6n], 3]]], now - hour)), now - hour);
await stage.whole(hall, now - 0.5 * hour, 3, "motion", "door");
const h264 = await yard.seal({ kind: 3, plaintext: new Uint8Array(9), mime: 'video/mp4; codecs="avc1.42C01E"', index: 0 }); // never uploaded
await stage.send(yard, await yard.sign(yard.body(4, [[9, new Uint8Array(16).fill(7)], [11, [h264]]], now - 0.6 * hour)), now - 0.6 * hour);
await stage.ended(yard, { event: new Uint8Array(16).fill(7), id: "" }, now - 0.6 * hour, 5000);
const stranger = await TestCamera.make(await TestOwner.make());
cloud.deliver(await stranger.online("Not yours", false));
cloud.deliver(await stranger.sign(stranger.body(3, [[9, new Uint8Array(16)]])));

const shot = async (name: string, options: { theme: "light" | "dark"; width: number; height: number; full?: boolean }, act: (page: import("playwright-core").Page) => Promise<void>) => {
  const code = `c${Math.random()}`;
  cloud.codes.set(code, owner);
  const context = await browser.newContext({ colorScheme: options.theme, viewport: { width: options.width, height: options.height }, deviceScaleFactor: options.width < 500 ? 2 : 1 });
  const page = await context.newPage();
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && console.log(name, m.text()));
  page.on("pageerror", (e) => console.log(name, e));
  await page.goto(`${base}/#code=${code}`);
  await act(page);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: options.full ?? false });
  await context.close();
};
const drawn = (page: import("playwright-core").Page) => page.waitForFunction(() => document.querySelectorAll("[data-verified]").length >= 6);
const desk = { width: 1280, height: 860 };
const phone = { width: 360, height: 740 };

await shot("empty", { theme: "light", ...desk }, async (page) => {
  await page.waitForSelector('#status[data-state="live"]');
  cloud.down = true;
  await page.reload();
  await page.waitForSelector('[data-state="unreachable"]', { timeout: 15000 });
  cloud.down = false;
});
for (const theme of ["light", "dark"] as const) {
  const running = await stage.started(hall, Date.now() - 6000);
  await stage.part(hall, running, 0, Date.now() - 4000);
  await stage.part(hall, running, 1, Date.now() - 3000);
  await shot(`${theme}-desk`, { theme, ...desk }, async (page) => {
    await drawn(page);
    await stage.part(hall, running, 2, Date.now());
    await page.waitForTimeout(600);
  });
  await shot(`${theme}-boxes`, { theme, ...desk, full: true }, async (page) => {
    await drawn(page);
    await page.click('[data-testid="boxes-toggle"]');
  });
  await shot(`${theme}-phone`, { theme, ...phone, full: true }, async (page) => void (await drawn(page)));
  await shot(`${theme}-clip`, { theme, ...desk }, async (page) => {
    await drawn(page);
    await page.click('[data-state="ended"] button.open');
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('[data-testid="clip-canvas"]')?.dataset["frame"]) > 12);
    await page.click(".proof summary");
  });
  await shot(`${theme}-clip-phone`, { theme, ...phone }, async (page) => {
    await drawn(page);
    await page.click('[data-state="ended"] button.open');
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('[data-testid="clip-canvas"]')?.dataset["frame"]) > 12);
  });
  await shot(`${theme}-refused`, { theme, ...desk }, async (page) => {
    await drawn(page);
    await page.click('[data-testid="refused-count"]');
  });
  await stage.ended(hall, running, Date.now(), 6000);
}
for (const width of [320, 360]) {
  const size = { theme: width === 320 ? "dark" : "light", width, height: 640 } as const;
  await shot(`phone-${width}-live`, size, async (page) => {
    await drawn(page);
    await page.click('[data-testid="live-button"]');
  });
  await shot(`phone-${width}-owner`, size, async (page) => {
    await drawn(page);
    await page.click('[data-testid="owner"]');
    await page.click("text=Forget…");
  });
}
await shot("light-owner", { theme: "light", ...desk }, async (page) => {
  await drawn(page);
  await page.click('[data-testid="owner"]');
});
cloud.setPresence(uuid(yard.device), false);
await browser.newContext({ viewport: desk }).then(async (context) => {
  const page = await context.newPage();
  await page.goto(`${base}/#code=nonsense`);
  await page.waitForSelector(".guide");
  await page.screenshot({ path: `${folder}/no-key.png` });
});
await browser.close();
await cloud.close();
console.log(`saved in ${folder}`);
