// Ways to a key, in Chromium, as the cloud serves the page: made here, brought back, joined from another device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import encodeQR from "qr";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { random, TestOwner } from "./kit.ts";
import { own } from "../src/bytes.ts";
import { joinCardText, parseJoinCard } from "../src/cards.ts";
import { joinDigits } from "../src/join.ts";
import { recoveryFile, seedText } from "../src/recovery.ts";
import { toWords } from "../src/recoverywords.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

let browser: Browser;
let cloud: FakeCloud;
let base: string;
const complaints: string[] = [];

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    cloud.served = "cloud";
    base = await cloud.listen();
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

/** visit opens the page in a browser of its own. */
async function visit(path = "/"): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  page.on("pageerror", (err) => complaints.push(String(err)));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/404|Failed to load resource/.test(m.text()) && complaints.push(m.text()));
  await page.goto(base + path);
  return page;
}

const live = (page: Page) => page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
const shown = async (page: Page) => /Owner (\w{8})/.exec((await page.locator(id("owner")).getAttribute("title"))!)![1]!;

interface Kept {
  id: string;
  came: string;
  extractable: boolean[];
}

const kept = (page: Page): Promise<Kept[]> =>
  page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((done) => (indexedDB.open("signet").onsuccess = (e) => done((e.target as IDBOpenDBRequest).result)));
    const all = await new Promise<any[]>((done) => (db.transaction("owners").objectStore("owners").getAll().onsuccess = (e) => done((e.target as IDBRequest).result)));
    db.close();
    return all.map((o) => ({ id: o.id, came: o.came, extractable: [o.keys.signing.extractable, o.keys.picture.extractable] }));
  });

test("onboarding: a key is made, and kept only when its file was brought back", { skip }, async () => {
  const page = await visit();
  await page.click(id("way-new"));
  assert.ok(await page.locator(id("recovery-saved")).isDisabled(), "nothing was saved yet");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(id("recovery-download"))]);
  assert.match(download.suggestedFilename(), /^signet-recovery-[0-9a-f]{8}\.txt$/);
  const file = readFileSync(await download.path());
  assert.match(file.toString(), /^# Signet recovery file[^]*\nSIGNET-SEED-1:[A-Za-z0-9_-]{43}\n$/);
  await page.click(id("recovery-saved"));
  assert.deepEqual(await kept(page), [], "not before the check");
  const stranger = await TestOwner.make();
  const put = (name: string, buffer: Buffer) => page.setInputFiles(id("recovery-file"), { name, mimeType: "text/plain", buffer });
  await put("other.txt", Buffer.from(recoveryFile(stranger.seed, stranger.keys.id, new Date())));
  await page.locator(".recovery-input .problem").getByText(/not the new one/).waitFor(wait);
  assert.deepEqual(await kept(page), []);
  await put("mine.txt", file);
  await live(page);
  const [owner] = await kept(page);
  assert.equal(owner!.came, "made");
  assert.deepEqual(owner!.extractable, [false, false]);
  assert.equal(await shown(page), /owner: (\w{8})/.exec(file.toString())![1]);
  assert.ok(!(await page.content()).includes(/SIGNET-SEED-1:(\S+)/.exec(file.toString())![1]!), "the seed is gone from the page");

  const other = await visit();
  await other.click(id("way-recover"));
  await other.setInputFiles(id("recovery-file"), { name: "r.txt", mimeType: "text/plain", buffer: file });
  await live(other);
  assert.equal((await kept(other))[0]!.id, owner!.id, "the same owner in another browser");
  assert.equal((await kept(other))[0]!.came, "recovered");
  await page.context().close();
  await other.context().close();
});

test("onboarding: a sheet is shown, and two of its words are asked for", { skip }, async () => {
  const page = await visit();
  await page.click(id("way-new"));
  await page.click(id("recovery-show"));
  const words = await page.locator(".paper .words b").allInnerTexts();
  assert.equal(words.length, 24);
  assert.match(await page.locator(id("recovery-sheet")).innerText(), /24 words are the key[^]*Owner/);
  await page.click(id("recovery-saved"));
  assert.equal(await page.locator(id("recovery-sheet")).count(), 0);
  const inputs = page.locator(id("asked-word"));
  const places = await inputs.evaluateAll((all) => all.map((e) => Number((e as HTMLElement).dataset["place"])));
  await inputs.nth(0).fill(words[places[0]! - 1]!);
  await inputs.nth(1).fill("zebra");
  await page.click(id("asked-check"));
  await page.locator(".asked .problem").getByText(new RegExp(`Word ${places[1]} is another`)).waitFor(wait);
  assert.deepEqual(await kept(page), []);
  await inputs.nth(1).fill(` ${words[places[1]! - 1]!.toUpperCase()} `);
  await page.click(id("asked-check"));
  await live(page);
  const [owner] = await kept(page);

  const other = await visit();
  await other.click(id("way-recover"));
  await other.locator(id("recovery-text")).fill(words.join(" "));
  await other.click(id("recovery-use"));
  await live(other);
  assert.equal((await kept(other))[0]!.id, owner!.id);
  await page.context().close();
  await other.context().close();
});

test("onboarding: words are completed, and a wrong one is named", { skip }, async () => {
  const page = await visit();
  await page.click(id("way-recover"));
  const field = page.locator(id("recovery-text"));
  await field.pressSequentially("aba");
  assert.deepEqual(await page.locator(".offer").allInnerTexts(), ["abandon"]);
  await field.press("Tab");
  assert.equal(await field.inputValue(), "abandon ");
  await field.pressSequentially("zo");
  await page.locator(".offer", { hasText: "zone" }).click();
  assert.equal(await field.inputValue(), "abandon zone ");
  await field.pressSequentially("abandin ");
  await page.getByText("Word 3, “abandin”, is not in the list of words. Did you mean “abandon”?").waitFor(wait);
  const seed = random(32);
  const words = toWords(seed);
  const swapped = [words[1]!, words[0]!, ...words.slice(2)].join(" ");
  await field.fill(swapped);
  await field.press("Enter");
  await page.locator(".problem").getByText(/checksum of these words is wrong[^]*order of words 1 and 2/).waitFor(wait);
  assert.deepEqual(await kept(page), []);
  await field.fill(seedText(seed));
  await field.press("Enter");
  await live(page);
  await page.context().close();
});

test("onboarding: a file is dropped", { skip }, async () => {
  const page = await visit();
  await page.click(id("way-recover"));
  const owner = await TestOwner.make();
  const text = recoveryFile(owner.seed, owner.keys.id, new Date());
  const transfer = await page.evaluateHandle((t) => {
    const data = new DataTransfer();
    data.items.add(new File([t], "recovery.txt", { type: "text/plain" }));
    return data;
  }, text);
  await page.locator(".recovery-input").dispatchEvent("drop", { dataTransfer: transfer });
  await live(page);
  assert.equal(await shown(page), Buffer.from(owner.keys.id).toString("hex").slice(0, 8));
  await page.context().close();
});

test("joining: a second device shows a card, the first lets it in", { skip }, async () => {
  const owner = await TestOwner.make();
  const first = await visit();
  await first.click(id("way-recover"));
  await first.locator(id("recovery-text")).fill(seedText(own(owner.seed)));
  await first.click(id("recovery-use"));
  await live(first);
  const second = await visit();
  await second.click(id("way-join"));
  const card = await second.locator(id("card-text")).innerText(wait);
  assert.match(card, /^SIGNETJ1:[A-Z2-7]+$/);
  const digits = await second.locator(id("join-digits")).innerText();
  assert.match(digits, /^\d{3} \d{3}$/);

  await first.click(id("owner"));
  await first.click(id("add-device"));
  await first.locator(id("card-input")).fill("SIGNETJ1:AAAA");
  await first.click(id("card-use"));
  await first.locator("dialog[open] .problem").first().waitFor(wait);
  await first.locator(id("card-input")).fill(card);
  await first.click(id("card-use"));
  assert.equal(await first.locator(id("approve-digits")).innerText(wait), digits);
  assert.match(await first.locator(id("approve")).innerText(), /Only a device of your own[^]*becomes you[^]*digits differ, stop/);
  const stranger = await TestOwner.make();
  await first.locator(id("recovery-text")).fill(toWords(stranger.seed).join(" "));
  await first.click(id("recovery-use"));
  await first.locator("dialog[open] .problem").getByText(/recovery of owner \w{8}, and the other device is to join/).waitFor(wait);
  assert.equal(cloud.answers.size, 0, "nothing was sent");
  await first.locator(id("recovery-text")).fill(toWords(owner.seed).join(" "));
  await first.click(id("recovery-use"));
  await first.locator(id("approved")).waitFor(wait);
  assert.equal(await second.locator(id("join-answer")).innerText(wait), await first.locator(id("approve-answer")).innerText(wait));
  assert.equal(await second.locator(id("join-owner")).innerText(wait), `Owner ${await shown(first)}`);
  assert.deepEqual(await kept(second), [], "nothing is kept before the owner has compared");
  await second.click(id("join-yes"));
  await live(second);
  const [joined] = await kept(second);
  assert.equal(joined!.id, Buffer.from(owner.keys.id).toString("hex"));
  assert.equal(joined!.came, "joined");
  assert.deepEqual(joined!.extractable, [false, false]);

  // Somebody else's card, sent as a link: other digits, and the warning stands there.
  const thief = await visit();
  await thief.click(id("way-join"));
  const theirs = await thief.locator(id("card-text")).innerText(wait);
  await first.goto(`${base}/#join=${encodeURIComponent(theirs)}`);
  const told = await first.locator(id("approve-digits")).innerText(wait);
  assert.notEqual(told, digits);
  assert.equal(told, await thief.locator(id("join-digits")).innerText());
  assert.match(await first.locator(id("approve")).innerText(), /If somebody has sent you the card or the link/);
  assert.equal(new URL(first.url()).hash, "", "the card leaves the address");
  for (const p of [first, second, thief]) await p.context().close();
});

test("joining: a card is read by the first device's camera", { skip }, async () => {
  const first = await visit();
  const card = joinCardText({ key: random(32) });
  // In the place of the camera, a canvas that shows the code: small, tilted, and among other things.
  await first.addInitScript((modules) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      canvas.width = 640;
      canvas.height = 480;
      const g = canvas.getContext("2d")!;
      let looks = 0;
      setInterval(() => {
        g.fillStyle = "#776655";
        g.fillRect(0, 0, 640, 480);
        if (++looks < 5) return;
        g.save();
        g.translate(330, 250);
        g.rotate(0.2);
        for (const [y, row] of modules.entries()) for (const [x, dark] of row.entries()) {
          g.fillStyle = dark ? "#222" : "#ddd";
          g.fillRect((x - row.length / 2) * 5, (y - row.length / 2) * 5, 5.2, 5.2);
        }
        g.restore();
      }, 100);
      const stream = canvas.captureStream(10);
      (globalThis as any).scanned = stream;
      return stream;
    };
  }, encodeQR(card, "raw", { ecc: "medium", encoding: "alphanumeric", border: 4 }));
  await first.reload();
  await first.click(id("way-recover"));
  await first.locator(id("recovery-text")).fill(seedText(random(32)));
  await first.click(id("recovery-use"));
  await live(first);
  await first.click(id("owner"));
  await first.click(id("add-device"));
  await first.getByText("Scan the code").click();
  const digits = await joinDigits(parseJoinCard(card));
  assert.equal((await first.locator(id("approve-digits")).innerText(wait)).replace(" ", ""), digits);
  assert.deepEqual(await first.evaluate(() => (globalThis as any).scanned.getTracks().map((t: MediaStreamTrack) => t.readyState)), ["ended"], "the camera is let go");
  await first.context().close();
});

test("joining: an answer that is sealed to another is refused", { skip }, async () => {
  const page = await visit();
  await page.click(id("way-join"));
  await page.locator(id("card-text")).innerText(wait);
  const { pathname } = new URL((await page.waitForRequest(/\/join\//)).url());
  cloud.answers.set(pathname.split("/").at(-1)!, new Uint8Array([1, 2, 3]));
  await page.getByText("not sealed to this browser").waitFor(wait);
  assert.deepEqual(await kept(page), []);
  await page.context().close();
});

test("onboarding: it did nothing that its policy forbids", { skip }, () => assert.deepEqual(complaints, []));
