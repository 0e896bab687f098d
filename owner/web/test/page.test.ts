// The page itself, in Chromium, under its own content security policy, against a cloud that carries whatever it is given.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { hex, own, sha256, uuid } from "../src/bytes.ts";
import * as decoder from "../src/cbor.ts";
import { parse } from "../src/statement.ts";
import { executable, launch } from "./browser.ts";
import { cbor, type Item } from "./cbor.ts";
import { FakeCloud } from "./cloud.ts";
import { cameraFacts, random, signed, TestCamera, TestOwner } from "./kit.ts";
import { answerLive } from "./livecamera.ts";
import { drawScene } from "./scene.ts";
import { Stage } from "./stage.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };

let browser: Browser;
let context: BrowserContext;
let page: Page;
let cloud: FakeCloud;
let base: string;
let owner: TestOwner;
let stage: Stage;
let camera: TestCamera;
const complaints: string[] = [];

const id = (testid: string) => `[data-testid="${testid}"]`;
const eventOf = (told: { id: string }) => page.locator(`${id("event")}[data-event="${told.id}"]`);
const refused = () => page.locator(id("refused-count")).getAttribute("data-count");
const until = (expression: () => Promise<boolean>, what: string) => poll(expression, what);

async function poll(done: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 30));
  }
}

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    base = await cloud.listen();
    owner = await TestOwner.make();
    const drawing = await browser.newPage();
    stage = new Stage(cloud, owner, await drawScene(drawing, 20, 320, 180));
    await drawing.close();
    camera = await stage.camera("Hall", true);
    await stage.whole(camera, Date.now() - 60_000, 2, "motion", "door");
    cloud.codes.set("once", owner);
    context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
    page = await context.newPage();
    page.on("pageerror", (err) => complaints.push(String(err)));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/502|404|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
    await page.goto(`${base}/#code=once`);
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

test("page: the key is taken over, once, and the code leaves the address", { skip }, async () => {
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  assert.equal(await page.evaluate(() => location.href), `${base}/`);
  assert.equal(cloud.codes.size, 0);
  const keys = await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((done) => (indexedDB.open("signet").onsuccess = (e) => done((e.target as IDBOpenDBRequest).result)));
    const all = await new Promise<any[]>((done) => (db.transaction("owners").objectStore("owners").getAll().onsuccess = (e) => done((e.target as IDBRequest).result)));
    return all.map((o) => [o.id, o.keys.signing.extractable, o.keys.picture.extractable, Object.keys(o).sort().join()]);
  });
  assert.deepEqual(keys, [[hex(owner.keys.id), false, false, "addedMs,came,fleet,id,keys,root"]]);
  await page.reload();
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
});

test("page: the log-in names this origin, and the cloud that whoever serves the page has told", { skip }, async () => {
  const { payload } = parse(new Uint8Array(cloud.login!), 65536);
  const body = decoder.decode(payload, 65536) as Map<number, any>;
  assert.equal(body.get(3), base);
  assert.equal(hex(body.get(5)), cloud.fleet);
});

test("page: an event is drawn once it is verified and decrypted", { skip }, async () => {
  await page.waitForSelector(`${id("event")} ${id("thumb")}[data-verified="1"]`, wait);
  const text = await page.locator(id("event")).first().innerText();
  assert.match(text, /Motion in door/);
  assert.match(text, /score 0\.73/);
  assert.match(text, /clip 4 s, 2 parts/);
  assert.equal(await page.locator(`${id("event")} .length`).first().innerText(), "2 s", "the event is as long as its motion");
  assert.equal(await page.locator("#status-text").innerText(), "Connected", "the live view alone is called live");
  await until(async () => /Generated scene/.test(await page.locator(id("camera")).innerText()), "the camera's facts");
  assert.match(await page.locator(id("camera")).innerText(), /Hall[^]*Online[^]*as the cloud says[^]*1280×720\s· MJPEG · 15\sframes\/s[^]*Policy 1 in force/);
  assert.equal(await refused(), "0");
});

test("page: an event appears by itself, runs and ends", { skip }, async () => {
  const told = await stage.started(camera, Date.now());
  await eventOf(told).locator(`${id("thumb")}[data-verified="1"]`).waitFor(wait);
  const { startedMs, drawnMs, state } = await eventOf(told).evaluate((e) => ({ ...(e as HTMLElement).dataset }));
  assert.equal(state, "running");
  assert.ok(Number(drawnMs) - Number(startedMs) < 10_000, `${drawnMs} - ${startedMs}`);
  const provisional = await eventOf(told).locator("img").getAttribute("src");
  await stage.part(camera, told, 0, Date.now());
  await stage.part(camera, told, 1, Date.now(), false);
  await until(async () => /1 of 2 parts/.test(await eventOf(told).innerText()), "the count of parts");
  assert.match(await eventOf(told).innerText(), /last part \d+ s behind/);
  await stage.ended(camera, told, Date.now(), 3000);
  await until(async () => (await eventOf(told).getAttribute("data-state")) === "ended", "the end");
  await until(async () => (await eventOf(told).locator("img").getAttribute("src")) !== provisional, "the final thumbnail");
  assert.equal(await page.locator(id("event")).first().getAttribute("data-event"), told.id, "the newest comes first");
});

test("page: what is not the owner's is counted and explained, and never drawn", { skip }, async () => {
  const stranger = await TestOwner.make();
  const theirs = await TestCamera.make(stranger);
  const before = await page.locator(id("event")).count();
  const foreign = random(16);
  cloud.deliver(await theirs.sign(theirs.body(3, [[9, foreign]])));
  const bent = own(await camera.sign(camera.body(3, [[9, random(16)]])));
  bent[bent.length - 1]! ^= 1;
  cloud.deliver(bent);
  cloud.deliver(random(200));
  cloud.deliver(random(30_000));
  cloud.garble();
  await until(async () => (await refused()) === "5", "five refusals");
  assert.equal(await page.locator(id("event")).count(), before);
  await page.click(id("refused-count"));
  const list = await page.locator(".refused-list").innerText();
  assert.match(list, /belongs to somebody else/);
  assert.match(list, new RegExp(hex(stranger.keys.id).slice(0, 12)));
  assert.match(list, /changed, or signed by nobody/);
  assert.equal(await page.locator(`${id("event")}[data-event="${hex(foreign)}"]`).count(), 0);
  await page.keyboard.press("Escape");
});

test("page: a swapped thumbnail is refused, though its record is true", { skip }, async () => {
  const stranger = await TestOwner.make();
  const event = random(16);
  const mine = (await camera.seal({ kind: 1, plaintext: stage.frames[3]!, mime: "image/jpeg" })) as Map<Item, Item>;
  const theirs = (await camera.seal({ kind: 1, plaintext: stage.frames[4]!, mime: "image/jpeg" }, stranger.recipient)) as Map<Item, Item>;
  const key = (m: Map<Item, Item>) => hex(m.get(2) as Uint8Array);
  cloud.media.set(key(mine), camera.media.get(key(theirs))!);
  cloud.media.set(key(theirs), camera.media.get(key(theirs))!);
  const count = Number(await refused());
  for (const media of [mine, theirs]) {
    const e = media === mine ? event : random(16);
    cloud.deliver(await camera.sign(camera.body(3, [[9, e], [11, [media]]])));
  }
  await until(async () => Number(await refused()) === count + 2, "two refusals");
  const shown = page.locator(`${id("event")}[data-event="${hex(event)}"]`);
  assert.equal(await shown.count(), 1, "the record itself is true");
  assert.equal(await shown.locator("[data-verified]").count(), 0, "its picture is not drawn");
});

test("page: duplicates are shown once, forks and holes are told", { skip }, async () => {
  const event = random(16);
  const before = await page.locator(id("event")).count();
  const body = camera.body(3, [[9, event]]);
  const raw = await camera.sign(body);
  cloud.deliver(raw);
  cloud.deliver(raw);
  cloud.deliver(await camera.sign(new Map(body).set(6, 4242)));
  camera.n += 3n;
  cloud.deliver(await camera.sign(camera.body(5, [[9, event]])));
  await until(async () => /4 records missing, 1 fork/.test(await page.locator(id("camera")).innerText()), "the holes, one of which a refused record left, and the fork");
  assert.equal(await page.locator(id("event")).count(), before + 1);
});

test("page: the clip plays, obeys the keyboard, and grows while it is watched", { skip }, async () => {
  const told = await stage.started(camera, Date.now());
  await stage.part(camera, told, 0, Date.now());
  await until(async () => /1 part/.test(await eventOf(told).innerText()), "the first part");
  await eventOf(told).locator("button").focus();
  await page.keyboard.press("Enter");
  const canvas = page.locator(id("clip-canvas"));
  const frame = async () => Number(await canvas.getAttribute("data-frame"));
  await until(async () => (await frame()) > 5, "frames");
  const slider = page.locator('dialog[open] input[type="range"]');
  assert.equal(await slider.getAttribute("max"), "0");
  await stage.part(camera, told, 1, Date.now());
  await until(async () => (await slider.getAttribute("max")) === "2000", "the second part");
  await page.keyboard.press("Home");
  assert.ok(Number(await slider.inputValue()) < -1000);
  await page.keyboard.press("End");
  await until(async () => Number(await slider.inputValue()) >= 1999, "the end");
  const proof = await page.locator(".proof").innerText();
  assert.match(proof, new RegExp(`signed by camera ${uuid(camera.device).slice(0, 8)}.*certified by your key ${hex(owner.keys.id).slice(0, 8)}`, "s"));
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(".downloads button >> nth=1")]);
  assert.match(file.suggestedFilename(), /^signet-.*\.mp4$/);
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement!.closest("dialog") !== null), "the focus stays inside");
  }
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.closest("[data-event]")?.getAttribute("data-event")), told.id, "the focus returns");
});

test("page: a clip is asked for only once it is there, and after a while in any case", { skip }, async () => {
  const told = await stage.started(camera, Date.now());
  await eventOf(told).locator(`${id("thumb")}[data-verified="1"]`).waitFor(wait);
  const { hash, upload } = await stage.part(camera, told, 0, Date.now(), false);
  await until(async () => /0 of 1 part/.test(await eventOf(told).innerText()), "the record of the part");
  const asked = () => cloud.asked.filter((path) => path.endsWith(hash)).length;
  await eventOf(told).locator("button").click();
  await until(async () => /on its way/.test(await page.locator(".stage-told").innerText()), "word of what is awaited");
  await page.waitForTimeout(300);
  assert.equal(asked(), 0, "nothing is asked that is not there");
  await upload();
  const slider = page.locator('dialog[open] input[type="range"]');
  await until(async () => (await slider.getAttribute("max")) === "0", "the first part");
  assert.equal(asked(), 1);
  const silent = await stage.part(camera, told, 1, Date.now(), false);
  cloud.mute = true; // the word that it was uploaded is lost
  await silent.upload();
  cloud.mute = false;
  await until(async () => (await slider.getAttribute("max")) === "2000", "the second part");
  await page.keyboard.press("Escape");
});

test("page: a lost connection is resumed after the last record, and nothing is doubled", { skip }, async () => {
  const before = await page.locator(id("event")).count();
  cloud.down = true;
  cloud.hangUp();
  const event = random(16);
  cloud.deliver(await camera.sign(camera.body(3, [[9, event]])));
  await page.waitForSelector(`${id("status")}[data-state="unreachable"]`, wait);
  cloud.down = false;
  await page.waitForSelector(`${id("event")}[data-event="${hex(event)}"]`, wait);
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  assert.equal(await page.locator(id("event")).count(), before + 1);
});

test("page: a restarted camera interrupts what was running", { skip }, async () => {
  const told = await stage.started(camera, Date.now());
  await eventOf(told).waitFor(wait);
  camera.boot = 2n;
  camera.n = 0n;
  await stage.send(camera, await camera.online("Hall", true));
  await until(async () => (await eventOf(told).getAttribute("data-state")) === "interrupted", "the interruption");
});

test("page: with one camera nothing is to be chosen", { skip }, async () => {
  assert.ok(await page.locator(id("lens")).isHidden());
});

test("page: the live view shows frames of the camera that signed the answer, and of no other", { skip }, async () => {
  const away = await context.browser()!.newContext();
  const there = await away.newPage(); // the camera's half of the connection
  await there.goto(`${base}/config.json`);
  const impostor = await TestCamera.make(owner);
  cloud.certificates.set(hex(await impostor.x5t()), impostor.certificate);
  let by = impostor;
  cloud.onLive = (raw) => answerLive(raw, there, by);
  await page.click(id("live-button"));
  await until(async () => /answered instead/.test(await page.locator(".live-told").innerText()), "the impostor's refusal");
  by = camera;
  await page.click(id("live-button"));
  const frames = async () => Number(await page.locator(id("live-canvas")).getAttribute("data-frames"));
  await until(async () => (await frames()) > 5, "live frames");
  await page.click(id("live-button"));
  assert.ok(await page.locator(".live-screen").isHidden());
  await away.close();
});

test("page: several cameras of one device are told apart, and each can be watched", { skip }, async () => {
  const one = new FakeCloud();
  const address = await one.listen();
  const device = new Stage(one, owner, stage.frames);
  const twins = await device.camera(["Front", "Yard"], false);
  const event = await device.started(twins, Date.now() - 5000, "motion", [[7, cameraFacts("Yard", 1)]]);
  const gone = await twins.seal({ kind: 2, plaintext: twins.facts([[4, "camera gone"], [7, cameraFacts("Front", 0)]]), mime: "application/cbor" });
  await device.send(twins, await twins.sign(twins.body(7, [[11, [gone]]])));
  const asked: number[] = [];
  one.onLive = async (raw) => {
    const request = decoder.decode(parse(raw, 65536).payload, 65536) as Map<number, decoder.Value>;
    asked.push(decoder.small(request.get(8), "camera", 7));
    const answer = new Map<Item, Item>([[0, 1], [1, twins.device], [2, twins.epoch], [3, request.get(3) as Uint8Array], [4, await sha256(own(raw))], [7, "not now"]]);
    return signed(await twins.header(), cbor(answer), "signet/v1 viewer-answer", twins.key.privateKey);
  };
  one.codes.set("twins", owner);
  const elsewhere = await browser.newContext();
  const p = await elsewhere.newPage();
  await p.goto(`${address}/#code=twins`);
  const card = p.locator(id("camera"));
  await until(async () => /Front · Yard/.test(await card.innerText()), "both names");
  await until(async () => /· Yard|^Yard|Yard ·/m.test(await p.locator(`[data-event="${event.id}"]`).innerText()), "the event's camera");
  await until(async () => /reports tampering: camera gone · Front$/m.test(await p.locator(".events").innerText()), "the camera that is gone");
  await p.click(id("live-button"));
  await until(async () => /refuses: not now/.test(await p.locator(".live-told").innerText()), "the refusal");
  await p.selectOption(id("lens"), { label: "Yard" });
  await p.click(id("live-button"));
  await until(async () => asked.length === 2, "the second request");
  assert.deepEqual(asked, [0, 1]);
  await elsewhere.close();
  await one.close();
});

test("page: a long history is loaded piece by piece, and the camera's name is found in it", { skip }, async () => {
  const old = new FakeCloud();
  const history = new Stage(old, owner, stage.frames);
  const address = await old.listen();
  const long = await history.camera("Attic", false);
  for (let i = 0; i < 340; i++) old.deliver(await long.sign(long.body(3, [[9, random(16)]], Date.now() - (400 - i) * 60_000)));
  old.codes.set("long", owner);
  const elsewhere = await browser.newContext();
  const p = await elsewhere.newPage();
  await p.goto(`${address}/#code=long`);
  await until(async () => (await p.locator(id("event")).count()) === 300, "the newest page");
  await until(async () => /Attic/.test(await p.locator(id("camera")).innerText()), "the name");
  assert.ok(!/missing/.test(await p.locator(id("camera")).innerText()), "what is not loaded is not missed");
  await p.click("text=Show earlier events");
  await until(async () => (await p.locator(id("event")).count()) === 340, "the page before");
  assert.ok(await p.locator("text=Show earlier events").isHidden());
  const times = await p.locator(`${id("event")} time`).evaluateAll((all) => all.map((t) => (t as HTMLTimeElement).dateTime));
  assert.deepEqual(times, [...times].sort().reverse(), "newest first");
  await elsewhere.close();
  await old.close();
});

test("page: it did nothing that its policy forbids", { skip }, async () => {
  assert.deepEqual(complaints, []);
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, a, input, select")].filter((e) => !e.closest("[hidden]")).filter((e) => !e.getAttribute("aria-label") && !e.textContent?.trim()).length);
  assert.equal(nameless, 0, "controls without a name");
});
