// Sharing a camera, in Chromium: an owner and a family member, each in a browser of their own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Encrypter } from "age-encryption";
import type { Browser, Page } from "playwright-core";
import { hex, own, sha256 } from "../src/bytes.ts";
import { ownerCardText } from "../src/cards.ts";
import * as decoder from "../src/cbor.ts";
import { type Policy, parsePolicy, scopes, signPolicy, untilRemoved } from "../src/policy.ts";
import { openSettings } from "../src/settings.ts";
import { parse } from "../src/statement.ts";
import { executable, launch } from "./browser.ts";
import { cbor, type Item } from "./cbor.ts";
import { FakeCloud } from "./cloud.ts";
import { type Offered, TestDevice, TestFleet } from "./device.ts";
import { random, type Sealed, signed, type TestCamera, TestOwner } from "./kit.ts";
import { drawScene } from "./scene.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

let browser: Browser;
let cloud: FakeCloud;
let base: string;
let picture: Uint8Array;
let owner: TestOwner;
let member: TestOwner;
let device: TestDevice;
let offered: Offered;
let camera: TestCamera;
const complaints: string[] = [];

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    base = await cloud.listen();
    const drawing = await browser.newPage();
    picture = (await drawScene(drawing, 4, 320, 180))[1]!;
    await drawing.close();
    const fleet = await TestFleet.make();
    cloud.fleet = hex(fleet.hash);
    cloud.office.fleet = fleet.der;
    [owner, member] = [await TestOwner.make(), await TestOwner.make()];
    device = await TestDevice.make(fleet);
    offered = await device.offer({ owner: owner.keys.id }, random(16));
    camera = device.camera(owner, 1n, offered, await owner.certify(offered.event.publicKey, device.id, 1n));
    cloud.certificates.set(hex(await camera.x5t()), camera.certificate);
    cloud.office.policies.push(await signPolicy({ device: device.id, owner: owner.keys.id, epoch: 1n, offer: offered.hash, version: 1n, recipients: [owner.recipient], viewers: [], renewals: 0 }, owner.keys));
    cloud.deliver(await device.claimed(camera, offered));
    await event(1, [owner]);
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

/** event delivers one with a picture that is sealed to these, under a version of the policy; it returns the event's id. */
async function event(version: number, to: TestOwner[]): Promise<string> {
  const told = random(16);
  const seal = async (s: Sealed): Promise<Item> => {
    const encrypter = new Encrypter();
    for (const o of to) encrypter.addRecipient(o.recipient);
    const ciphertext = own(await encrypter.encrypt(s.plaintext));
    cloud.media.set(hex(await sha256(ciphertext)), ciphertext);
    return new Map<Item, Item>([[1, s.kind], [2, await sha256(ciphertext)], [3, ciphertext.length], [4, s.mime]]);
  };
  const media = [
    await seal({ kind: 1, plaintext: picture, mime: "image/jpeg" }),
    await seal({ kind: 2, plaintext: camera.facts([[4, "motion"]], told), mime: "application/cbor" }),
  ];
  cloud.deliver(await camera.sign(camera.body(5, [[9, told], [10, version], [11, media]])));
  return hex(told);
}

async function visit(who: TestOwner): Promise<Page> {
  const code = hex(random(8));
  cloud.codes.set(code, who);
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (err) => complaints.push(String(err)));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/404|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
  await page.goto(`${base}/#code=${code}`);
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  return page;
}

const newest = async (): Promise<Policy> => parsePolicy(cloud.office.sent.filter((s) => s.what === "policies").at(-1)!.raw, owner.root);
const drawn = (page: Page, told: string) => page.locator(`[data-event="${told}"] ${id("thumb")}[data-verified="1"]`).waitFor(wait);

test("sharing: a member is added, sees what comes from then on, and is removed", { skip }, async () => {
  const theirs = await visit(member);
  await theirs.click(id("owner"));
  await theirs.click(id("watch"));
  await theirs.fill(id("watch-my-name"), "Ben");
  const card = await theirs.locator(id("card-text")).innerText(wait);
  assert.match(card, /^SIGNETV1:/);
  const key = await theirs.locator(id("watch-key")).innerText();

  const mine = await visit(owner);
  await mine.click(id("about-button"));
  assert.match(await mine.locator(id("family")).innerText(), /Nobody but you/);
  await mine.click(id("share"));
  await mine.locator(id("card-input")).fill("SIGNETO1:AAAA");
  await mine.click(id("card-use"));
  await mine.locator(`${id("share-sheet")} .problem`).getByText(/Viewer's card: does not begin with SIGNETV1/).waitFor(wait);
  await mine.locator(id("card-input")).fill(`${base}/#viewer=${encodeURIComponent(card)}`);
  await mine.click(id("card-use"));
  assert.equal(await mine.locator(id("share-key")).innerText(wait), key, "both pages call the key the same");
  assert.equal(await mine.locator(id("share-name")).inputValue(), "Ben");
  await mine.selectOption(id("share-until"), "a week");
  await mine.click(id("share-yes"));
  await mine.locator(id("share-done")).waitFor(wait);
  await mine.fill(id("share-my-name"), "Anna");
  const back = await mine.locator(id("card-text")).innerText();
  assert.equal(back, ownerCardText({ owner: owner.keys.id, name: "Anna" }));
  const added = await newest();
  assert.equal(added.version, 2n);
  const [viewer] = added.viewers;
  assert.deepEqual([hex(viewer!.spki), viewer!.scope, viewer!.recipient, viewer!.since], [hex(member.keys.spki), 3, member.recipient, 2n]);
  assert.ok(Math.abs(viewer!.notAfterMs - Date.now() - 7 * 86_400_000) < 60_000);
  const settings = await openSettings(added.settings!, offered.settings.privateKey);
  assert.equal(settings.viewers.get(hex(member.keys.id)), "Ben", "the camera and the owner read the name, the cloud does not");
  await mine.locator('dialog[open] [aria-label="Close"]').last().click();
  await mine.locator(id("family")).getByText("Not yet applied").waitFor(wait);

  const early = await event(1, [owner]);
  const late = await event(2, [owner, member]);
  await mine.locator(id("family")).getByText("Ben").waitFor(wait);
  await mine.locator(id("family")).getByText("Not yet applied").waitFor({ state: "detached", ...wait });
  await drawn(mine, late);
  assert.equal(await theirs.locator(id("event")).count(), 0, "whose card was not entered is not believed");

  await theirs.locator(id("card-input")).fill(back);
  await theirs.click(id("card-use"));
  await drawn(theirs, late);
  assert.match(await theirs.locator(`${id("camera")} ${id("shared")}`).innerText(), /^Anna’s camera, shared with you until \w+, \d+ \w+ \d{4}$/);
  assert.equal(await theirs.locator(`[data-event="${early}"]`).count(), 0, "what came before is not drawn");
  assert.equal(await theirs.locator(id("event")).count(), 1);

  await mine.locator(id("member-change")).click();
  await mine.locator(id("member-until")).selectOption("until removed");
  await mine.locator(id("member-change-yes")).click();
  await mine.locator(id("family")).getByText(/until you remove them/).waitFor(wait);
  assert.deepEqual([(await newest()).version, (await newest()).viewers[0]!.since], [3n, 2n]);
  await mine.locator(id("member-remove")).click();
  await mine.locator(id("member-remove-yes")).click();
  await mine.locator(id("family")).getByText("Nobody but you").waitFor(wait);
  const removed = await newest();
  assert.deepEqual([removed.version, removed.viewers.length], [4n, 0]);
  assert.equal((await openSettings(removed.settings ?? added.settings!, owner.keys.picture)).viewers.size, removed.settings ? 0 : 1);
  await theirs.reload();
  await theirs.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  await event(4, [owner]);
  await theirs.waitForFunction((n) => Number(document.querySelector<HTMLElement>('[data-testid="refused-count"]')?.dataset["count"]) >= n, 3, wait);
  assert.equal(await theirs.locator(id("event")).count(), 0);
  assert.equal(await theirs.locator(id("camera")).count(), 0);
  await theirs.context().close();
  await mine.context().close();
});

test("sharing: who may watch live only asks with a key of their own, and the owner's camera alone answers", { skip }, async () => {
  const guest = await TestOwner.make();
  const version = 20n;
  const viewers = [{ spki: guest.keys.spki, scope: scopes.live, notAfterMs: untilRemoved, since: version }];
  cloud.office.policies.push(await signPolicy({ device: device.id, owner: owner.keys.id, epoch: 1n, offer: offered.hash, version, recipients: [owner.recipient], viewers, renewals: 0 }, owner.keys));
  const page = await visit(guest);
  await page.goto(`${base}/#owner=${encodeURIComponent(ownerCardText({ owner: owner.keys.id }))}`);
  await page.click(id("card-use"));
  const card = page.locator(id("shared-camera"));
  await card.waitFor(wait);
  assert.match(await card.innerText(), new RegExp(`Owner ${hex(owner.keys.id).slice(0, 8)}’s camera, shared with you until it is taken back, to watch live`));
  assert.equal(await page.locator(id("event")).count(), 0);

  // The guest, too, is an owner: a certificate of the guest's own for the same device is not the owner's.
  const forged = device.camera(guest, 1n, offered, await guest.certify(offered.event.publicKey, device.id, 1n));
  cloud.certificates.set(hex(await forged.x5t()), forged.certificate);
  let by: TestCamera = forged;
  let asked: Uint8Array | undefined;
  cloud.onLive = async (raw) => {
    const request = decoder.decode(parse(raw, 65536).payload, 65536) as Map<number, decoder.Value>;
    asked = request.get(7) as Uint8Array;
    const answer = new Map<Item, Item>([[0, 1], [1, device.id], [2, 1], [3, request.get(3) as Uint8Array], [4, await sha256(own(raw))], [7, "not now"]]);
    return signed(await by.header(), cbor(answer), "signet/v1 viewer-answer", by.key.privateKey);
  };
  await card.locator(id("live-button")).click();
  await card.locator(".live-told").getByText(/not signed by its owner|another owner/).waitFor(wait);
  assert.deepEqual(hex(asked!), hex(guest.keys.spki));
  by = camera;
  await card.locator(id("live-button")).click();
  await card.locator(".live-told").getByText("refuses: not now").waitFor(wait);
  await page.context().close();
});

test("sharing: an owner's card that a link brings is believed only when it was asked for", { skip }, async () => {
  const page = await visit(await TestOwner.make());
  const stranger = await TestOwner.make();
  await page.goto(`${base}/#owner=${encodeURIComponent(ownerCardText({ owner: stranger.keys.id, name: "<img src=x onerror=alert(1)>" }))}`);
  const told = await page.locator(id("watch-brought")).innerText(wait);
  assert.match(told, new RegExp(`calls himself “<img src=x onerror=alert\\(1\\)>”, owner ${hex(stranger.keys.id).slice(0, 8)}`), "as text only");
  assert.equal(await page.locator(`${id("expected")} li`).count(), 0);
  await page.click(id("card-use"));
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  await page.click(id("owner"));
  await page.click(id("watch"));
  await page.locator(`${id("expected")} li`).waitFor(wait);
  await page.getByText("Do not show their cameras any more").click();
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  await page.click(id("owner"));
  await page.click(id("watch"));
  await page.locator(id("card-text")).waitFor(wait);
  assert.equal(await page.locator(`${id("expected")} li`).count(), 0);
  await page.context().close();
});

test("sharing: it did nothing that its policy forbids", { skip }, () => assert.deepEqual(complaints, []));
