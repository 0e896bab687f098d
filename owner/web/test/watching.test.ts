// What a camera watches, in Chromium: areas drawn by mouse, by finger and by the keyboard, saved, and seen by another browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { hex, own, uuid } from "../src/bytes.ts";
import { parsePolicy } from "../src/policy.ts";
import { type CameraSettings, openSettings } from "../src/settings.ts";
import type { Point } from "../src/zone.ts";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestFleet } from "./device.ts";
import { claim, type Claimed, openHouse } from "./home.ts";
import { random, TestOwner } from "./kit.ts";
import { answerLive } from "./livecamera.ts";
import { drawScene } from "./scene.ts";
import { Stage } from "./stage.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

let browser: Browser;
let cloud: FakeCloud;
let base: string;
let owner: TestOwner;
let hall: Claimed;
let desk: Page;
let phone: Page;
const complaints: string[] = [];

async function visit(options: BrowserContextOptions): Promise<Page> {
  const code = hex(random(8));
  cloud.codes.set(code, owner);
  const page = await (await browser.newContext(options)).newPage();
  page.on("pageerror", (err) => complaints.push(String(err)));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/404|409|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
  await page.goto(`${base}/#code=${code}`);
  await page.locator(`${id("thumb")}[data-verified="1"]`).first().waitFor(wait);
  return page;
}

async function open(page: Page): Promise<void> {
  await page.click(`[data-device="${uuid(hall.device.id)}"] ${id("about-button")}`);
  await page.click(id("about-watching"));
  await page.locator(".board-picture:not([hidden])").waitFor(wait);
}

/** at is where a point of the picture lies on the screen. */
async function at(page: Page, [x, y]: Point): Promise<{ x: number; y: number }> {
  await page.locator(id("zone-board")).scrollIntoViewIfNeeded();
  const box = (await page.locator(id("zone-board")).boundingBox())!;
  return { x: box.x + (x / 10000) * box.width, y: box.y + (y / 10000) * box.height };
}

async function click(page: Page, point: Point): Promise<void> {
  const { x, y } = await at(page, point);
  await page.mouse.click(x, y);
}

async function tap(page: Page, point: Point): Promise<void> {
  const { x, y } = await at(page, point);
  await page.touchscreen.tap(x, y);
}

async function drag(page: Page, from: Point, to: Point): Promise<void> {
  const [a, b] = [await at(page, from), await at(page, to)];
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2);
  await page.mouse.move(b.x, b.y);
  await page.mouse.up();
}

/** slide drags with a finger. */
async function slide(page: Page, from: Point, to: Point): Promise<void> {
  const [a, b] = [await at(page, from), await at(page, to)];
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [a] });
  for (const part of [0.3, 0.6, 1]) {
    await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }] });
  }
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

const told = (page: Page) => page.locator(id("watching-told"));
const zones = (page: Page) => page.locator(`${id("zone-list")} ${id("zone")}`);
const corners = (page: Page) => page.locator(id("corner"));
/** tell has the cloud pass the newest policy on to the other browsers. */
const tell = () => cloud.office.policy(own(last()));
const last = () => cloud.office.sent.filter((s) => s.what === "policies").at(-1)!.raw;

/** saved is what the newest policy says of the camera, as the camera reads it. */
async function saved(): Promise<{ version: bigint; camera: CameraSettings }> {
  const policy = await parsePolicy(last(), owner.root);
  const settings = policy.settings && (await openSettings(policy.settings, hall.offered.settings.privateKey));
  return { version: policy.version, camera: settings?.cameras.get(0) ?? {} };
}

async function save(page: Page): Promise<void> {
  await page.click(id("watching-save"));
  await told(page).getByText(/not yet applied/).waitFor(wait);
}

function near(points: readonly Point[] | undefined, wanted: readonly Point[], by = 60): void {
  assert.equal(points?.length, wanted.length);
  points.forEach(([x, y], i) => assert.ok(Math.hypot(x - wanted[i]![0], y - wanted[i]![1]) <= by, `corner ${i}: ${x}, ${y} is not near ${wanted[i]}`));
}

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    base = await cloud.listen();
    const fleet = await TestFleet.make();
    openHouse(cloud, fleet);
    owner = await TestOwner.make();
    const drawing = await browser.newPage();
    const stage = new Stage(cloud, owner, await drawScene(drawing, 20, 320, 180));
    await drawing.close();
    cloud.office.answers = async (what, raw) => {
      const version = async (p: Uint8Array) => (await parsePolicy(own(p), owner.root)).version;
      if (what === "policies" && (await version(raw)) <= (await version(cloud.office.policies.at(-1)!))) return 409;
    };
    hall = await claim(stage, fleet, owner, "Hall");
    await stage.whole(hall.camera, Date.now() - 60_000, 2, "motion", "Door");
    desk = await visit({ viewport: { width: 1200, height: 860 } });
    phone = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

const door: Point[] = [[6600, 1800], [8700, 1800], [9300, 9000], [5900, 9000]];

test("watching: an area is drawn by mouse, named, saved, and in force once the camera says so", { skip }, async () => {
  await open(desk);
  assert.match(await desk.locator(id("sight-told")).innerText(), /As it looked on/);
  assert.match(await desk.locator(id("zone-hint")).innerText(), /No areas: the camera looks where its own configuration says/);
  assert.ok(await desk.locator(id("watching-save")).isDisabled());
  await desk.click(id("zone-watch"));
  for (const p of door) await click(desk, p);
  assert.ok(await desk.locator(id("watching-save")).isDisabled(), "what is not closed is not saved");
  await click(desk, door[0]!);
  assert.equal(await zones(desk).count(), 1);
  await desk.fill(id("zone-name"), "Driveway");
  assert.match(await zones(desk).innerText(), /4 corners, 2\d % of the picture/);
  await save(desk);
  const { version, camera } = await saved();
  assert.equal(version, 2n);
  assert.deepEqual(Object.keys(camera), ["zones"]);
  assert.equal(camera.zones![0]!.name, "Driveway");
  assert.equal(camera.zones![0]!.watch, true);
  near(camera.zones![0]!.points, door);
  assert.match(await told(desk).innerText(), /Policy 2 not yet applied, 1 in force/);
  tell();
  cloud.deliver(await hall.camera.sign(hall.camera.body(3, [[9, random(16)], [10, 2]])));
  await told(desk).getByText("Policy 2 in force.").waitFor(wait);
  await desk.reload();
  await open(desk);
  assert.equal(await desk.locator(id("zone-name")).inputValue(), "Driveway");
  assert.equal(await desk.locator(".board polygon.shape").count(), 1);
});

test("watching: corners are dragged, made, taken out, and all of it undone", { skip }, async () => {
  await click(desk, [7500, 5000]);
  assert.deepEqual([await corners(desk).count(), await desk.locator(id("between")).count()], [4, 4]);
  await drag(desk, door[0]!, [5000, 1000]);
  await drag(desk, [7800, 9000], [7800, 9900]); // the middle of the lower edge
  const label = await desk.locator(id("corner")).nth(3).getAttribute("aria-label");
  assert.match(label!, /^Corner 4 of Driveway: 7[78]\.?\d? % from the left, 99(\.\d)? % from the top$/);
  assert.match(await zones(desk).innerText(), /5 corners/);
  await desk.click(id("corner-remove"));
  assert.match(await zones(desk).innerText(), /4 corners/);
  await drag(desk, door[1]!, [7000, 9900]);
  assert.match(await zones(desk).innerText(), /edges cross/i, "allowed, and said");
  assert.ok(await desk.locator(id("watching-save")).isEnabled());
  for (let i = 0; i < 4; i++) await desk.click(id("zone-undo"));
  assert.ok(await desk.locator(id("zone-undo")).isDisabled());
  assert.match(await told(desk).innerText(), /^Policy 2 in force\.$/, "nothing is left to be saved");
});

test("watching: a phone draws with a finger, and the other browser sees it", { skip }, async () => {
  await open(phone);
  assert.equal(await phone.locator(id("zone-name")).inputValue(), "Driveway");
  await phone.tap(id("zone-ignore"));
  for (const p of [[1000, 1000], [9980, 1000]] as Point[]) await tap(phone, p);
  await slide(phone, [4000, 9000], [4000, 5000]); // set, and moved on without lifting the finger
  await slide(phone, [4000, 5000], [3000, 6000]);
  await tap(phone, [1000, 5500]);
  await tap(phone, [500, 3000]);
  await phone.tap(id("zone-undo"));
  await phone.tap(id("zone-done"));
  assert.ok(await phone.evaluate(() => document.querySelector("dialog.wide-sheet")!.scrollWidth <= innerWidth), "nothing lies beside the screen");
  await phone.locator(id("zone-name")).nth(1).fill("Tree");
  await slide(phone, [1000, 1000], [2000, 2000]);
  await save(phone);
  const { version, camera } = await saved();
  assert.equal(version, 3n);
  assert.deepEqual(camera.zones!.map((z) => [z.name, z.watch]), [["Driveway", true], ["Tree", false]]);
  near(camera.zones![1]!.points, [[2000, 2000], [9980, 1000], [3000, 6000], [1000, 5500]], 200);
  tell();
  await desk.locator(id("zone-name")).nth(1).waitFor(wait);
  assert.equal(await desk.locator(id("zone-name")).nth(1).inputValue(), "Tree");
  assert.equal(await desk.locator(".board polygon.ignore").count(), 1);
});

test("watching: a finger beside a corner scrolls, and draws nothing", { skip }, async () => {
  const before = await phone.evaluate(() => document.querySelector("dialog.wide-sheet")!.scrollTop);
  await slide(phone, [5000, 8000], [5000, -2000]);
  await phone.waitForFunction((y) => document.querySelector("dialog.wide-sheet")!.scrollTop > y, before, wait);
  assert.match(await told(phone).innerText(), /not yet applied/);
});

test("watching: the keyboard alone draws, moves and deletes", { skip }, async () => {
  await desk.focus(id("zone-watch"));
  await desk.keyboard.press("Enter");
  await desk.locator(`${id("aim")}:focus`).waitFor(wait);
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await desk.keyboard.press(key);
  };
  await press("Enter");
  await press("ArrowRight", 10);
  await press("Enter");
  await press("ArrowDown", 10);
  await press("Enter");
  await press("ArrowLeft", 3);
  await press("Enter");
  await press("Backspace");
  await press("ArrowUp", 10);
  await press("ArrowLeft", 7);
  await press("Enter"); // where it began
  assert.equal(await zones(desk).count(), 3);
  const corner = desk.locator(`${id("corner")}`).nth(1);
  assert.match((await corner.getAttribute("aria-label"))!, /Corner 2 of Area 1: 60 % from the left, 50 % from the top/);
  await corner.focus();
  await press("ArrowRight");
  await press("Shift+ArrowUp");
  assert.match((await corner.getAttribute("aria-label"))!, /61 % from the left, 49\.9 % from the top/);
  await press("+");
  assert.match(await zones(desk).nth(2).innerText(), /4 corners/);
  await press("Delete");
  assert.match(await zones(desk).nth(2).innerText(), /3 corners/);
  await press("Escape");
  assert.equal(await corners(desk).count(), 0, "nothing is selected, and the sheet is still there");
  await press("Escape");
  assert.match(await told(desk).innerText(), /save it, or discard it/, "what is not saved is not lost unseen");
  await press("Escape", 4);
  assert.ok(await told(desk).isVisible(), "however often");
  const [question] = await Promise.all([desk.waitForEvent("dialog", wait), desk.close({ runBeforeUnload: true })]);
  assert.equal(question.type(), "beforeunload");
  await question.dismiss();
  await desk.click(id("watching-discard"));
  assert.equal(await zones(desk).count(), 2);
});

test("watching: sensitivity and sizes, which can be left to the camera", { skip }, async () => {
  const slider = (key: string) => desk.locator(id(`tune-${key}`));
  assert.equal(await slider("sensitivity").getAttribute("aria-valuetext"), "as the camera is configured");
  await slider("sensitivity").fill("8");
  assert.equal(await slider("sensitivity").getAttribute("aria-valuetext"), "8 of 10: also what is faint");
  await slider("maxSize").fill("50");
  await slider("minSize").focus();
  await slider("minSize").fill("10");
  const square = (await desk.locator(id("square-smallest")).boundingBox())!;
  const board = (await desk.locator(id("zone-board")).boundingBox())!;
  assert.ok(Math.abs(square.width - square.height) < 3, "a square");
  assert.ok(Math.abs((square.width * square.height) / (board.width * board.height) - 0.01) < 0.002, "of one percent of the picture");
  await slider("minSize").fill("60");
  assert.equal(await slider("maxSize").inputValue(), "60", "the largest is never smaller than the smallest");
  await slider("minSize").fill("0");
  await save(desk);
  const { camera } = await saved();
  assert.deepEqual([camera.sensitivity, camera.minSize, camera.maxSize, camera.zones!.length], [8, 0, 3600, 2]);
  await desk.click(id("reset-maxSize"));
  await save(desk);
  assert.equal("maxSize" in (await saved()).camera, false);
});

test("watching: what two browsers change at once is not lost unseen", { skip }, async () => {
  await phone.locator(id("tune-sensitivity")).fill("3"); // it has not heard of the 8 yet
  await phone.tap(id("watching-save"));
  await told(phone).getByText(/Another browser of yours has changed this meanwhile/).waitFor(wait);
  await phone.tap(id("watching-discard"));
  assert.equal(await phone.locator(id("tune-sensitivity")).inputValue(), "8");
  await phone.locator(id("tune-minSize")).fill("5");
  await save(phone);
  assert.deepEqual([(await saved()).camera.sensitivity, (await saved()).camera.minSize], [8, 25]);
});

test("watching: all goes back to the camera's own configuration", { skip }, async () => {
  await phone.tap(id("watching-reset"));
  await save(phone);
  assert.deepEqual((await saved()).camera, {});
  assert.equal(await zones(phone).count(), 0);
});

test("watching: a new picture is taken live, at the camera's size", { skip }, async () => {
  const away = await browser.newContext();
  const there = await away.newPage();
  await there.goto(`${base}/config.json`);
  cloud.onLive = (raw) => answerLive(raw, there, hall.camera, 400, 300);
  await desk.click(id("sight-live"));
  await desk.waitForFunction(() => document.querySelector<HTMLImageElement>(".board-picture")!.naturalWidth === 400, undefined, wait);
  const { width, height } = (await desk.locator(id("zone-board")).boundingBox())!;
  assert.ok(Math.abs(width / height - 4 / 3) < 0.01, "the board has the shape of the picture");
  cloud.onLive = async () => Promise.reject(new Error("no camera"));
  await desk.click(id("sight-live"));
  await desk.locator(id("sight-told")).getByText(/no camera/).waitFor(wait);
  assert.equal(await desk.locator(".board-picture").evaluate((i) => (i as HTMLImageElement).naturalWidth), 400, "what was there stays");
  await away.close();
});

test("watching: it did nothing that its policy forbids", { skip }, async () => {
  assert.deepEqual(complaints, []);
  const nameless = await desk.evaluate(() => [...document.querySelectorAll("dialog button, dialog input, dialog select")].filter((e) => !e.getAttribute("aria-label") && !e.textContent?.trim()).length);
  assert.equal(nameless, 0, "controls without a name");
});
