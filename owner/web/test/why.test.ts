// Why a camera fired, in Chromium: score, reason and area, boxes that go with the clip, areas over it, and scene changes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestFleet } from "./device.ts";
import { claim, type Claimed, openHouse, setCamera } from "./home.ts";
import { TestOwner } from "./kit.ts";
import { drawScene } from "./scene.ts";
import { Stage, type Told } from "./stage.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

let browser: Browser;
let page: Page;
let cloud: FakeCloud;
let stage: Stage;
let hall: Claimed;
let told: Told;
const complaints: string[] = [];

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    const base = await cloud.listen();
    const fleet = await TestFleet.make();
    openHouse(cloud, fleet);
    const owner = await TestOwner.make();
    const drawing = await browser.newPage();
    stage = new Stage(cloud, owner, await drawScene(drawing, 40, 320, 180));
    await drawing.close();
    hall = await claim(stage, fleet, owner, "Hall");
    told = await stage.whole(hall.camera, Date.now() - 60_000, 3, "motion", "Driveway");
    cloud.codes.set("once", owner);
    page = await (await browser.newContext({ viewport: { width: 1100, height: 800 }, reducedMotion: "reduce" })).newPage();
    page.on("pageerror", (err) => complaints.push(String(err)));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/404|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
    await page.goto(`${base}/#code=once`);
    await page.locator(`${id("thumb")}[data-verified="1"]`).waitFor(wait);
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

const stages = () => page.locator("dialog[open] .stage");
const boxes = () => stages().locator(".boxes rect");
const slider = () => page.locator('dialog[open] input[type="range"]');

async function open(of: Told): Promise<void> {
  await page.locator(`[data-event="${of.id}"] button.open`).click();
  await page.locator("dialog[open].player").waitFor(wait);
}

/** left is where the one box begins while the clip stands at a time, in parts of the picture. */
async function left(ms: number): Promise<number> {
  await slider().fill(String(ms));
  await page.waitForFunction(() => document.querySelectorAll("dialog[open] .boxes rect").length === 1, undefined, wait);
  return boxes().evaluate((r) => Number(r.getAttribute("x")) / (r as SVGRectElement).ownerSVGElement!.viewBox.baseVal.width);
}

test("why: an event tells reason, area, score and when", { skip }, async () => {
  const card = await page.locator(`[data-event="${told.id}"]`).innerText();
  assert.match(card, /\d\d:\d\d:\d\d[^]*Motion in Driveway[^]*score 0\.73/);
  await open(told);
  assert.match(await page.locator(id("event-facts")).innerText(), /Why\s+Motion\s+Where\s+in Driveway\s+Score\s+0\.731 of 1\s+Moved\s+\d\d:\d\d:\d\d to \d\d:\d\d:\d\d/);
  assert.equal(await page.locator(`${id("motion-strip")} .measured`).count(), 10, "when boxes were measured");
});

test("why: boxes go with the clip, and whether they are shown is remembered", { skip }, async () => {
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('dialog[open] input[type="range"]')!.max === "4000", undefined, wait);
  assert.ok(await stages().locator(".boxes").isHidden());
  await page.click(`dialog[open] ${id("boxes-toggle")}`);
  assert.ok(await stages().locator(".boxes").isVisible());
  assert.equal(await page.locator(`.events ${id("boxes-toggle")}`).getAttribute("aria-pressed"), "true", "the other button knows");
  const walker = (ms: number) => (-40 + (720 * Math.floor((ms + 2000) / 200)) / 39 - 40) / 640; // of the drawn scene
  for (const ms of [0, 800, 2000, 3200]) assert.deepEqual([ms, (await left(ms)).toFixed(2)], [ms, walker(ms).toFixed(2)]);
  const [early, between, late] = [await left(800), await left(1000), await left(1200)];
  assert.ok(early < between && between < late, "it glides between two measurements");
  await slider().fill("-1000");
  await page.waitForFunction(() => document.querySelectorAll("dialog[open] .boxes rect").length === 0, undefined, wait);
  await page.keyboard.press("Escape");
  await page.reload();
  await page.locator(`${id("thumb")}[data-verified="1"]`).waitFor(wait);
  assert.equal(await page.locator(`.events ${id("boxes-toggle")}`).getAttribute("aria-pressed"), "true");
  await open(told);
  assert.ok(await stages().locator(".boxes").isVisible());
});

test("why: areas lie over the clip where there are some", { skip }, async () => {
  assert.ok(await page.locator(id("zones-toggle")).isHidden(), "there are none");
  await page.keyboard.press("Escape");
  cloud.office.policy(await setCamera(hall, { zones: [{ name: "Driveway", watch: true, points: [[0, 5000], [10000, 5000], [10000, 10000]] }] }, 2n));
  await page.locator(id("camera")).getByText(/Policy 2 not yet applied/).waitFor(wait);
  await open(told);
  await page.click(id("zones-toggle"));
  const area = stages().locator("polygon.watch");
  await area.waitFor(wait);
  const { x, width } = (await area.boundingBox())!;
  const picture = (await page.locator(id("clip-canvas")).boundingBox())!;
  assert.ok(Math.abs(x - picture.x) < 3 && Math.abs(width - picture.width) < 6, "as wide as the picture");
  await page.keyboard.press("Escape");
});

test("why: an event without a clip has its boxes over the picture", { skip }, async () => {
  const still = await stage.started(hall.camera, Date.now());
  await stage.ended(hall.camera, still, Date.now(), 2000, "motion");
  await page.locator(`[data-event="${still.id}"] ${id("thumb")}[data-verified="1"]`).waitFor(wait);
  await open(still);
  await page.waitForFunction(() => document.querySelectorAll("dialog[open] .boxes rect").length === 1, undefined, wait);
  await page.keyboard.press("Escape");
});

test("why: a scene change is a quiet line with its picture, other tampering is none", { skip }, async () => {
  await stage.tamper(hall.camera, Date.now() - 3000, "scene change");
  await stage.tamper(hall.camera, Date.now() - 2000, "scene change, 3 times in a minute");
  await stage.tamper(hall.camera, Date.now() - 1000, "camera gone");
  const scenes = page.locator('.note[data-type="scene"]');
  await scenes.nth(1).locator(`${id("note-picture")}:not([hidden])`).waitFor(wait);
  await page.locator(".note", { hasText: "The camera reports tampering: camera gone" }).waitFor(wait);
  const texts = (await scenes.allInnerTexts()).map((t) => t.split("\n").at(-1));
  assert.deepEqual(texts, ["The whole picture changed, 3 times in a minute: light, or the camera was moved or covered", "The whole picture changed: light, or the camera was moved or covered"]);
  const colour = (selector: string) => page.locator(selector).first().evaluate((e) => getComputedStyle(e).color);
  assert.notEqual(await colour('.note[data-type="scene"]'), await colour('.note[data-type="tamper"]'));
  assert.equal(await page.locator('.note[data-type="tamper"]').count(), 1);
});

test("why: it did nothing that its policy forbids", { skip }, () => assert.deepEqual(complaints, []));
