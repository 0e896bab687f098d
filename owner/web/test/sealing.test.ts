// What is sealed to a post-quantum key: told, never drawn, and refused only where its owner did not choose it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import type { Browser, Page } from "playwright-core";
import { hex, sha256, uuid } from "../src/bytes.ts";
import { openMedia, PostQuantum } from "../src/media.ts";
import { signPolicy } from "../src/policy.ts";
import { lockedBy } from "../src/sealing.ts";
import type { VerifiedRecord } from "../src/verify.ts";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";
import { drawScene } from "./scene.ts";
import { Stage } from "./stage.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;
const hybrid = async () => identityToRecipient(await generateHybridIdentity());

test("sealing: the header tells what kind of key something is sealed to", async () => {
  const owner = await TestOwner.make();
  const camera = await TestCamera.make(owner);
  const open = async (recipient: string) => {
    await camera.seal({ kind: 1, plaintext: random(40), mime: "image/jpeg" }, recipient);
    const ciphertext = [...camera.media.values()].at(-1)!;
    const media = { kind: "thumbnail", hash: await sha256(ciphertext), size: ciphertext.length, mime: "image/jpeg" } as const;
    return openMedia({ media: [media] } as unknown as VerifiedRecord, media, ciphertext, owner.keys.picture);
  };
  assert.equal((await open(owner.recipient)).bytes.length, 40);
  await assert.rejects(open(await hybrid()), PostQuantum);
  await assert.rejects(open((await TestOwner.make()).recipient), /not sealed to your picture key/);
});

test("sealing: the newest policy says whose key it is", async () => {
  const record = { epoch: 2n, policy: 3n };
  const recipients = [await hybrid()];
  assert.equal(lockedBy(record, undefined), "unknown");
  assert.equal(lockedBy(record, { epoch: 2n, version: 4n, recipients }), "yours");
  assert.equal(lockedBy(record, { epoch: 1n, version: 3n, recipients }), "unknown", "of another ownership");
  const classic = [(await TestOwner.make()).recipient];
  assert.equal(lockedBy(record, { epoch: 2n, version: 3n, recipients: classic }), "foreign");
  assert.equal(lockedBy(record, { epoch: 2n, version: 4n, recipients: classic }), "unknown", "an older policy may have named one");
});

let browser: Browser;
let cloud: FakeCloud;
let page: Page;
let owner: TestOwner;
let stage: Stage;
let chosen: TestCamera;
let other: TestCamera;

async function ruled(recipients: string[]): Promise<TestCamera> {
  const camera = await TestCamera.make(owner);
  const body = { device: camera.device, owner: owner.keys.id, epoch: 1n, offer: random(32), version: 1n, recipients, viewers: [], renewals: 0 };
  cloud.office.policies.push(await signPolicy(body, owner.keys));
  cloud.certificates.set(hex(await camera.x5t()), camera.certificate);
  return camera;
}

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    const base = await cloud.listen();
    owner = await TestOwner.make();
    const drawing = await browser.newPage();
    stage = new Stage(cloud, owner, await drawScene(drawing, 20, 320, 180));
    await drawing.close();
    const key = await hybrid();
    chosen = await ruled([key]);
    chosen.recipient = key;
    other = await ruled([owner.recipient]);
    await stage.send(chosen, await chosen.online("Vault", false));
    await stage.send(other, await other.online("Hall", false));
    cloud.codes.set("once", owner);
    page = await (await browser.newContext()).newPage();
    await page.goto(`${base}/#code=once`);
    await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

const refused = () => page.locator(id("refused-count")).getAttribute("data-count");

test("sealing page: what the owner chose is told in place of the picture, and not refused", { skip }, async () => {
  const told = await stage.started(chosen, Date.now() - 20_000);
  const parts = [await stage.part(chosen, told, 0, Date.now() - 18_000), await stage.part(chosen, told, 1, Date.now() - 16_000)];
  await stage.ended(chosen, told, Date.now() - 14_000, 4000);
  const card = page.locator(`[data-event="${told.id}"]`);
  await card.locator(id("locked")).waitFor(wait);
  assert.match(await card.innerText(), /Sealed to your post-quantum key: signet-owner open shows it/);
  await card.locator("button").click();
  await page.locator(".stage-told").getByText("Sealed to your post-quantum key").waitFor(wait);
  const asked = parts.map(({ hash }) => cloud.asked.filter((path) => path.endsWith(hash)).length);
  assert.deepEqual(asked, [1, 0], "the second part is like the first");
  assert.match(await page.locator("dialog.player .about > .facts").innerText(), /Why\s*Sealed, like the picture/);
  await page.keyboard.press("Escape");
  await page.click(`[data-device="${uuid(chosen.device)}"] ${id("about-button")}`);
  assert.match(await page.locator(id("about-locked")).innerText(), /post-quantum key[^]*signet-owner open shows them/);
  await page.keyboard.press("Escape");
  assert.equal(await refused(), "0");
});

test("sealing page: what no policy asked for is refused", { skip }, async () => {
  other.recipient = await hybrid();
  await stage.started(other, Date.now());
  await page.waitForSelector(`${id("refused-count")}:not([data-count="0"])`, wait);
  await page.click(id("refused-count"));
  await page.locator(".refused-list li .meta", { hasText: "facts of record" }).waitFor(wait);
  await page.locator(".refused-list li .meta", { hasText: "thumbnail of record" }).waitFor(wait);
  assert.equal(await page.locator(".refused-list li").count(), 1, "facts and thumbnail of one record are told together");
  assert.equal(await page.locator(".refused-list strong").count(), 1, "and why, once");
  assert.equal(await refused(), "1");
  await page.keyboard.press("Escape");
  await page.click(`[data-device="${uuid(other.device)}"] ${id("about-button")}`);
  assert.equal(await page.locator(id("about-locked")).count(), 0);
});
