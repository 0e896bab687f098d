// Saves pictures of claiming and of what is told of cameras, for people to look at: node test/out/ownershots.mjs [folder]

import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { hex, uuid } from "../src/bytes.ts";
import { parseCode } from "../src/code.ts";
import { signPolicy } from "../src/policy.ts";
import { launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestDevice, TestFleet } from "./device.ts";
import { claim, openHouse } from "./home.ts";
import { random, TestOwner } from "./kit.ts";
import { readCode } from "./lens.ts";
import { drawScene } from "./scene.ts";
import { Stage } from "./stage.ts";

const folder = process.argv[2] ?? "test/out/shots";
mkdirSync(folder, { recursive: true });
const browser = await launch();
const cloud = new FakeCloud();
const base = await cloud.listen();
const fleet = await TestFleet.make();
openHouse(cloud, fleet);
const owner = await TestOwner.make();
const frames = await drawScene(await browser.newPage(), 20);
const stage = new Stage(cloud, owner, frames);

const hall = await claim(stage, fleet, owner, "Hall");
await stage.whole(hall.camera, Date.now() - 400_000, 3, "motion", "door");
await stage.whole(hall.camera, Date.now() - 300_000, 2, "motion", "door");

const desk = { width: 1280, height: 860 };
const phone = { width: 360, height: 740 };

async function shot(name: string, size: typeof desk, theme: "light" | "dark", act: (page: Page) => Promise<void>): Promise<void> {
  const code = hex(random(8));
  cloud.codes.set(code, owner);
  const context = await browser.newContext({ colorScheme: theme, viewport: size, deviceScaleFactor: size === phone ? 2 : 1 });
  const page = await context.newPage();
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && console.log(name, m.text()));
  page.on("pageerror", (e) => console.log(name, e));
  await page.goto(`${base}/#code=${code}`);
  await page.waitForSelector('#status[data-state="live"]');
  await page.waitForSelector('[data-verified="1"]');
  await act(page);
  await page.screenshot({ path: `${folder}/own-${name}-${size === phone ? "phone" : "desk"}-${theme}.png` });
  await context.close();
}

const step = (page: Page, name: string) => page.waitForSelector(`.claim-sheet[data-step="${name}"]`);
const add = async (page: Page) => {
  await page.click('[data-testid="add-camera"]');
  await step(page, "code");
};
const seen = async (page: Page) => {
  await add(page);
  const code = parseCode(await readCode(page.locator('[data-testid="claim-code"]')));
  cloud.office.offer((await (await TestDevice.make(fleet)).answer(code, frames[9]!)).message);
  await step(page, "view");
};

for (const theme of ["light", "dark"] as const) {
  for (const size of [desk, phone]) {
    await shot("home", size, theme, async () => undefined);
    await shot("code", size, theme, add);
    await shot("lights", size, theme, async (page) => {
      await add(page);
      for (const summary of await page.locator(".claim summary").all()) await summary.click();
      await page.locator(".wifi button").scrollIntoViewIfNeeded();
    });
    await shot("view", size, theme, seen);
    await shot("waiting", size, theme, async (page) => {
      await seen(page);
      await page.click('[data-testid="claim-yes"]');
      await page.waitForSelector("text=on its way");
    });
    await shot("stopped", size, theme, async (page) => {
      await add(page);
      const code = parseCode(await readCode(page.locator('[data-testid="claim-code"]')));
      for (let i = 0; i < 2; i++) cloud.office.offer((await (await TestDevice.make(fleet)).answer(code, frames[9]!)).message);
      await step(page, "stopped");
    });
    await shot("about", size, theme, async (page) => {
      await page.click('[data-testid="about-button"]');
    });
    await shot("release", size, theme, async (page) => {
      await page.click('[data-testid="about-button"]');
      await page.click('[data-testid="about-release"]');
      await page.locator('[data-testid="about-release-yes"]').scrollIntoViewIfNeeded();
    });
  }
}
cloud.office.policies.push(await signPolicy({ ...hall.policy, version: 2n }, owner.keys));
await shot("wanted", desk, "light", async (page) => void (await page.click('[data-testid="about-button"]')));
cloud.deliver(await hall.device.closed(hall.camera, hall.offered.hash));
cloud.office.word({ device: uuid(hall.device.id), epoch: 1, state: "contested", since: Date.now(), until: Date.now() + 82_000_000 });
for (const size of [desk, phone]) {
  await shot("notice", size, size === desk ? "dark" : "light", async () => undefined);
  await shot("contested", size, size === desk ? "light" : "dark", async (page) => {
    await page.click('[data-testid="notice"]');
    await page.click('[data-testid="about-lost"]');
  });
}
await browser.close();
await cloud.close();
