// Claiming, caring for and letting go of a camera, in Chromium, under the page's own policy.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { hex, own, uuid } from "../src/bytes.ts";
import * as decoder from "../src/cbor.ts";
import { type ClaimCode, parseCode } from "../src/code.ts";
import { openSettings } from "../src/settings.ts";
import { parseLost, parseRelease } from "../src/ending.ts";
import { parsePolicy, type Policy } from "../src/policy.ts";
import { parse } from "../src/statement.ts";
import { ownerCardText } from "../src/cards.ts";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { type Offered, TestDevice, TestFleet } from "./device.ts";
import { readCode } from "./lens.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";
import { drawScene } from "./scene.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
type B = Uint8Array<ArrayBuffer>;

let browser: Browser;
let page: Page;
let cloud: FakeCloud;
let owner: TestOwner;
let fleet: TestFleet;
let picture: B;
let device: TestDevice;
let offered: Offered;
let camera: TestCamera;
const complaints: string[] = [];

const id = (testid: string) => `[data-testid="${testid}"]`;
const step = (name: string) => page.waitForSelector(`.claim-sheet[data-step="${name}"]`, wait);
const click = (testid: string) => page.click(id(testid));
const text = (testid: string) => page.locator(id(testid)).innerText();

async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !(await done()); ) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 30));
  }
}

/** shown reads the code off the screen, as a camera does. */
async function shown(): Promise<ClaimCode> {
  await step("code");
  return parseCode(await readCode(page.locator(id("claim-code"))));
}

/** field of a statement's body that was sent, without looking who has signed it. */
const field = (raw: B, n: number) => (decoder.decode(parse(raw, 65536).payload, 65536) as Map<number, decoder.Value>).get(n);

/** sent is the last statement of a kind. */
async function sent(what: string, at: number): Promise<B> {
  await until(async () => cloud.office.sent.filter((s) => s.what === what).length > at, `${what} ${at}`);
  return cloud.office.sent.filter((s) => s.what === what)[at]!.raw;
}

const cardOf = (d: TestDevice) => page.locator(`${id("camera")}[data-device="${uuid(d.id)}"]`);

const policyAt = async (at: number): Promise<Policy> => parsePolicy(await sent("policies", at), owner.root);

/** taken makes the device a camera of the owner by the grant that the page has sent. */
function taken(grant: B, by: Offered, epoch = 1n, boot = 1n): TestCamera {
  const made = device.camera(owner, epoch, by, own(field(grant, 5) as Uint8Array), boot);
  cloud.office.policies.push(own(field(grant, 7) as Uint8Array));
  return made;
}

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    const base = await cloud.listen();
    fleet = await TestFleet.make();
    cloud.fleet = hex(fleet.hash);
    cloud.office.fleet = fleet.der;
    owner = await TestOwner.make();
    device = await TestDevice.make(fleet);
    const drawing = await browser.newPage();
    picture = (await drawScene(drawing, 3, 320, 180))[1]!;
    await drawing.close();
    cloud.codes.set("once", owner);
    page = await (await browser.newContext({ viewport: { width: 1100, height: 900 } })).newPage();
    page.on("pageerror", (err) => complaints.push(String(err)));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/404|409|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
    await page.goto(`${base}/#code=once`);
    await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

test("claim page: two clicks and a look make a camera mine", { skip }, async () => {
  await click("add-camera"); // one
  const code = await shown();
  assert.deepEqual(code.owner, owner.keys.id);
  assert.deepEqual(code.fleet, own(fleet.hash.subarray(0, 16)));
  assert.match(await text("claim-left"), /^(2:00|1:5\d) left/);
  assert.equal(code.wifi, undefined);
  offered = await device.answer(code, picture);
  cloud.office.offer(offered.message);
  await step("view");
  assert.equal(await text("claim-device"), uuid(device.id).slice(0, 8));
  assert.match(await page.locator(".claim").innerText(), /Is this your view\?[^]*Key in a TPM 2\.0, says its maker · signs with a key in a file, says the camera/i);
  assert.ok(await page.locator(id("claim-view")).evaluate((img) => (img as HTMLImageElement).decode().then(() => (img as HTMLImageElement).naturalWidth === 320)));
  assert.equal(cloud.office.sent.length, 0, "nothing is granted before the yes");
  await page.fill(id("claim-name"), "Front door");
  await click("claim-yes"); // two
  const grant = await sent("grants", 0);
  await step("waiting");
  const others = await TestDevice.make(fleet); // claimed by another browser of this owner
  const by = await others.offer({ owner: owner.keys.id }, random(16));
  const theirs = others.camera(owner, 1n, by, await owner.certify(by.event.publicKey, others.id, 1n));
  cloud.deliver(await others.claimed(theirs, by));
  await page.waitForSelector(`${id("camera")}[data-device="${uuid(others.id)}"]`, { ...wait, state: "attached" });
  await step("waiting"); // another camera's word is not this one's
  camera = taken(grant, offered);
  cloud.certificates.set(hex(await camera.x5t()), camera.certificate);
  cloud.deliver(await device.claimed(camera, offered));
  await step("yours");
  await click("claim-done");
  await until(async () => /Front door[^]*Policy 1 in force/.test(await cardOf(device).innerText()), "the camera's card");
  await until(async () => (await page.locator(".claim-sheet").count()) === 0, "the end of the claim");
});

test("claim page: what proves nothing is counted small, and two answers to one code end it", { skip }, async () => {
  await click("add-camera");
  const code = await shown();
  const other = await TestDevice.make(fleet);
  cloud.office.offer((await other.offer({ owner: owner.keys.id }, random(16))).message);
  await until(async () => /1 answer refused.*has seen your code/.test(await text("claim-refused")), "the first refusal");
  cloud.office.offer((await (await TestDevice.make(await TestFleet.make("Other"))).answer(code, picture)).message);
  await until(async () => /2 answers refused.*another fleet/.test(await text("claim-refused")), "the second");
  assert.equal(await page.locator(".claim-sheet").getAttribute("data-step"), "code", "the code stays");
});

test("claim page: stopped when two cameras answer, with a new code on demand", { skip }, async () => {
  await page.keyboard.press("Escape");
  await click("add-camera");
  const code = await shown();
  cloud.office.offer((await (await TestDevice.make(fleet)).answer(code, picture)).message);
  await step("view");
  cloud.office.offer((await (await TestDevice.make(fleet)).answer(code, picture)).message);
  await step("stopped");
  assert.match(await text("claim-problem"), /Two cameras have answered[^]*Nothing was claimed/);
  await click("claim-again");
  const fresh = await shown();
  assert.notDeepEqual(fresh.secret, code.secret);
  await page.locator("summary", { hasText: "not on your network" }).click();
  await page.fill(id("wifi-name"), "attic");
  await page.fill(id("wifi-passphrase"), "correct horse");
  const asked = cloud.asked.length;
  await click("wifi-use");
  await until(async () => (await shown()).wifi !== undefined, "the Wi-Fi in the code");
  assert.equal(new TextDecoder().decode((await shown()).wifi!.passphrase), "correct horse");
  assert.equal(cloud.asked.length, asked, "nothing of it is sent");
  await page.keyboard.press("Escape");
  assert.equal(cloud.office.sent.filter((s) => s.what === "grants").length, 1);
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.documentElement.innerHTML)).includes("correct horse"), "nothing of it is kept");
});

test("about page: who signed what, and what is in force", { skip }, async () => {
  await cardOf(device).locator(id("about-button")).click();
  const told = await text("about");
  assert.match(told, /Signed by this camera, certified by your key on/);
  assert.match(told, /Camera's key\s*Key in a TPM 2\.0, says its maker/);
  assert.match(told, /Signing key\s*Key in a file, says the camera/);
  assert.match(told, /Policy\s*Policy 1 in force; signed by your key/);
  assert.match(told, new RegExp(uuid(device.id)));
});

test("about page: a setting is wanted until a record says that it is applied", { skip }, async () => {
  await click("about-records");
  assert.match(await page.locator(".question").innerText(), /records nothing/);
  await click("about-records-yes");
  const policy = await policyAt(0);
  assert.equal(policy.version, 2n);
  const settings = await openSettings(policy.settings!, offered.settings.privateKey);
  assert.deepEqual(settings.cameras.get(0), { records: false });
  assert.equal(settings.name, "Front door", "what was set stays set");
  await until(async () => /Policy 2 not yet applied, 1 in force/.test(await text("about-policy")), "not yet applied");
  cloud.deliver(await camera.sign(camera.body(3, [[9, random(16)], [10, 2]])));
  await until(async () => /^Policy 2 in force/.test(await text("about-policy")), "in force");
  await page.waitForSelector(`${id("about-records")}:has-text("Go on recording")`, wait);
});

test("about page: a new name is sealed", { skip }, async () => {
  await click("about-name");
  await page.fill(id("about-name-input"), "Garden gate");
  await click("about-name-yes");
  const policy = await policyAt(1);
  assert.equal((await openSettings(policy.settings!, offered.settings.privateKey)).name, "Garden gate");
  await until(async () => /Garden gate/.test(await cardOf(device).innerText()), "the name on the card");
});

test("about page: a key is renewed when it was asked for, and no event is lost", { skip }, async () => {
  const renewal = await device.offer({ owner: owner.keys.id, renews: offered.hash });
  cloud.office.offer(renewal.message);
  await click("about-renew");
  await click("about-renew-yes");
  assert.equal((await policyAt(2)).renewals, 1);
  cloud.office.offer(renewal.message);
  const grant = await sent("grants", 1);
  assert.deepEqual(field(grant, 8), offered.hash);
  const renewed = taken(grant, renewal);
  renewed.n = camera.n;
  cloud.certificates.set(hex(await renewed.x5t()), renewed.certificate);
  cloud.deliver(await device.claimed(renewed, renewal, 4));
  const event = random(16);
  cloud.deliver(await renewed.sign(renewed.body(3, [[9, event], [10, 4]])));
  await page.waitForSelector(`[data-event="${hex(event)}"]`, { ...wait, state: "attached" });
  await until(async () => /renewed on/.test(await text("about")), "the renewal");
  camera.n = renewed.n + 5n;
  const before = Number(await page.locator(id("refused-count")).getAttribute("data-count"));
  cloud.deliver(await camera.sign(camera.body(3, [[9, random(16)]])));
  await until(async () => Number(await page.locator(id("refused-count")).getAttribute("data-count")) === before + 1, "the old key speaks no more");
  camera = renewed;
});

test("about page: a reset by somebody is told, and can be objected to", { skip }, async () => {
  await page.keyboard.press("Escape");
  const closed = await device.closed(camera, offered.hash);
  const late = random(16);
  cloud.deliver(await camera.sign(camera.body(3, [[9, late]]))); // by somebody who has kept the key
  await page.waitForSelector(`[data-event="${hex(late)}"]`, { ...wait, state: "attached" });
  cloud.deliver(closed);
  await page.waitForSelector(`[data-event="${hex(late)}"]`, { ...wait, state: "detached" });
  await page.click(id("refused-count"));
  assert.match(await page.locator(".refused-list").innerText(), /signed after the ownership of its camera had ended/);
  await page.keyboard.press("Escape");
  const until24 = Date.now() + 23 * 3_600_000;
  cloud.office.word({ device: uuid(device.id), epoch: 1, state: "contested", since: Date.now(), until: until24 });
  await until(async () => /Somebody else claims this camera[^]*2[23] h \d+ min are left/.test(await cardOf(device).innerText()), "the notice");
  await cardOf(device).locator(id("notice")).click();
  await click("about-lost");
  await click("about-lost-yes");
  const lost = await parseLost(await sent("lost", 0), owner.root);
  assert.deepEqual([uuid(lost.device), lost.epoch, lost.offer], [uuid(device.id), 1n, offered.hash]);
  cloud.office.word({ device: uuid(device.id), epoch: 1, state: "lost", since: Date.now() });
  await until(async () => /Marked as lost/.test(await text("about-notice")), "the mark");
  assert.equal(await page.locator(id("about-release")).count(), 1, "one place to release it");
  assert.equal(await page.locator(id("about-records")).count(), 0, "nothing is to be set any more");
  await click("about-release");
  const next = random(32);
  await page.fill(id("about-next"), ownerCardText({ owner: next, name: "Bob" }));
  await click("about-release-yes");
  assert.deepEqual((await parseRelease(await sent("releases", 0), owner.root)).next, next);
  await page.keyboard.press("Escape");
});

test("claim page: a camera that was somebody else's is told to wait, and until when", { skip }, async () => {
  device = await TestDevice.make(fleet);
  await click("add-camera");
  offered = await device.answer(await shown(), picture, { epoch: 4n });
  cloud.office.offer(offered.message);
  await step("view");
  await click("claim-yes");
  const grant = await sent("grants", 2);
  cloud.office.word({ device: uuid(device.id), epoch: 4, state: "waiting", since: Date.now(), until: Date.now() + 86_000_000 });
  await step("contested");
  assert.match(await text("claim-until"), /reset without being released[^]*can object until/);
  cloud.office.word({ device: uuid(device.id), epoch: 4, state: "refused", since: Date.now() });
  await step("stopped");
  assert.match(await text("claim-problem"), /marked it as lost/);
  await page.keyboard.press("Escape");
  assert.match(await text("pending"), /Refused[^]*Your claim of it is not taken/);
  await click("put-away");
  assert.equal(await page.locator(id("pending")).count(), 0, "removed from this page");
  await page.reload();
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  assert.equal(await page.locator(id("pending")).count(), 0, "and it stays away");
  const mine = taken(grant, offered, 4n);
  cloud.office.word({ device: uuid(device.id), epoch: 4, state: "owned", since: Date.now() }); // its former owner has released it after all
  cloud.deliver(await device.claimed(mine, offered));
  await until(async () => (await cardOf(device).count()) === 1, "the second camera");
  assert.equal(await page.locator(id("pending")).count(), 0);
});

test("about page: a camera is let go, and its closing ends it", { skip }, async () => {
  const card = cardOf(device);
  await card.locator(id("about-button")).click();
  await click("about-release");
  await click("about-release-yes");
  const release = await sent("releases", 1);
  assert.equal((await parseRelease(release, owner.root)).next, undefined);
  await until(async () => /closing arrives when the camera is online/.test(await page.locator(".told-result").last().innerText()), "word of what comes");
  await page.keyboard.press("Escape");
  const mine = device.camera(owner, 4n, offered, own(field(await sent("grants", 2), 5) as Uint8Array));
  mine.n = 1n;
  assert.match(await card.innerText(), /online/i);
  cloud.office.word({ device: uuid(device.id), epoch: 4, state: "released", since: Date.now() });
  await until(async () => /Released/.test(await card.innerText()), "the ledger's word");
  assert.doesNotMatch(await card.locator(".badges").innerText(), /online/i, "what is released is not this owner's to know of");
  cloud.deliver(await device.closed(mine, offered.hash, release));
  await until(async () => /Released\. This camera is yours no more/.test(await card.innerText()), "the end");
});

test("claim page: it did nothing that its policy forbids", { skip }, () => {
  assert.deepEqual(complaints, []);
});
