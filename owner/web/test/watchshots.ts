// Saves pictures of what a camera watches, and of why it fired, for people to look at: node test/out/watchshots.mjs [folder]

import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { hex } from "../src/bytes.ts";
import type { Point, Zone } from "../src/zone.ts";
import { launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestFleet } from "./device.ts";
import { claim, openHouse, setCamera } from "./home.ts";
import { random, TestOwner } from "./kit.ts";
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
const stage = new Stage(cloud, owner, await drawScene(await browser.newPage(), 40));
const hall = await claim(stage, fleet, owner, "Hall");
await stage.whole(hall.camera, Date.now() - 900_000, 3, "motion", "Door");
await stage.tamper(hall.camera, Date.now() - 600_000, "scene change");
await stage.whole(hall.camera, Date.now() - 400_000, 3, "motion", "Door");

const door: Point[] = [[6600, 1800], [8700, 1800], [9300, 9600], [5900, 9600]];
const window: Point[] = [[1000, 1500], [3550, 1500], [3550, 4800], [1000, 4800]];
const zones: Zone[] = [{ name: "Door", watch: true, points: door }, { name: "Window", watch: false, points: window }];
const watched = await setCamera(hall, { zones, sensitivity: 7, minSize: 100, maxSize: 6400 }, 2n);

const desk = { width: 1280, height: 860 };
const phone = { width: 390, height: 844 };

async function shot(name: string, size: typeof desk, theme: "light" | "dark", act: (page: Page) => Promise<void>): Promise<void> {
  const code = hex(random(8));
  cloud.codes.set(code, owner);
  const context = await browser.newContext({ colorScheme: theme, viewport: size, deviceScaleFactor: size === phone ? 2 : 1, hasTouch: size === phone });
  const page = await context.newPage();
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && console.log(name, m.text()));
  page.on("pageerror", (e) => console.log(name, e));
  await page.goto(`${base}/#code=${code}`);
  await page.waitForSelector('[data-verified="1"]');
  await act(page);
  await page.waitForTimeout(150);
  await page.screenshot({ path: `${folder}/watch-${name}-${size === phone ? "phone" : "desk"}-${theme}.png` });
  await context.close();
}

const open = async (page: Page): Promise<void> => {
  await page.click('[data-testid="about-button"]');
  await page.click('[data-testid="about-watching"]');
  await page.waitForSelector(".board-picture:not([hidden])");
  await page.waitForTimeout(300);
};
const tap = async (page: Page, [x, y]: Point): Promise<void> => {
  const box = (await page.locator('[data-testid="zone-board"]').boundingBox())!;
  await page.mouse.click(box.x + (x / 10000) * box.width, box.y + (y / 10000) * box.height);
};

const both = [["light", desk], ["dark", desk], ["light", phone], ["dark", phone]] as const;
for (const [theme, size] of both) {
  await shot("empty", size, theme, open);
  await shot("sketch", size, theme, async (page) => {
    await open(page);
    await page.click('[data-testid="zone-watch"]');
    for (const p of door.slice(0, 3)) await tap(page, p);
  });
}
cloud.office.policies.push(watched);
for (const [theme, size] of both) {
  await shot("zones", size, theme, open);
  await shot("selected", size, theme, async (page) => {
    await open(page);
    await tap(page, [7600, 5000]);
  });
  await shot("sizes", size, theme, async (page) => {
    await open(page);
    await page.focus('[data-testid="tune-minSize"]');
    await page.keyboard.press("ArrowRight");
    await page.locator('[data-testid="tune-maxSize"]').scrollIntoViewIfNeeded();
  });
  await shot("events", size, theme, async () => undefined);
  await shot("clip", size, theme, async (page) => {
    await page.click('[data-state="ended"] button.open');
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('[data-testid="clip-canvas"]')?.dataset["frame"]) > 3);
    await page.click('dialog [data-overlay="boxes"]');
    await page.click('dialog [data-overlay="zones"]');
    await page.waitForFunction(() => document.querySelectorAll("dialog .boxes rect").length > 0);
    await page.waitForTimeout(900);
  });
}
await browser.close();
await cloud.close();
console.log(`saved in ${folder}`);
