// Keys coming into a browser, and leaving it, in Chromium: links, several owners, and one that is forgotten.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { hex } from "../src/bytes.ts";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };

let browser: Browser;
let cloud: FakeCloud;
let base: string;
let first: TestOwner;
let second: TestOwner;

const id = (testid: string) => `[data-testid="${testid}"]`;
const live = (page: Page) => page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
const eight = (owner: TestOwner) => hex(owner.keys.id).slice(0, 8);

/** paste opens a link with a fresh code of that owner. */
async function paste(page: Page, owner: TestOwner): Promise<void> {
  const code = hex(random(8));
  cloud.codes.set(code, owner);
  await page.goto(`${base}/#code=${code}`);
}

async function inside<T>(act: (context: BrowserContext, page: Page) => Promise<T>): Promise<void> {
  const context = await browser.newContext();
  await act(context, await context.newPage());
  await context.close();
}

const kept = (page: Page) =>
  page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((done) => (indexedDB.open("signet").onsuccess = (e) => done((e.target as IDBOpenDBRequest).result)));
    const keys = await new Promise<IDBValidKey[]>((done) => (db.transaction("owners").objectStore("owners").getAllKeys().onsuccess = (e) => done((e.target as IDBRequest).result)));
    db.close();
    return keys;
  });

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    base = await cloud.listen();
    first = await TestOwner.make();
    second = await TestOwner.make();
    const camera = await TestCamera.make(first);
    cloud.certificates.set(hex(await camera.x5t()), camera.certificate);
    cloud.deliver(await camera.online("Hall", false));
    cloud.deliver(await camera.sign(camera.body(3, [[9, random(16)]])));
  });

  after(async () => {
    await browser.close();
    await cloud.close();
  });
}

test("owners: a browser without key is told what to do, also after a used link", { skip }, async () => {
  await inside(async (_, page) => {
    await page.goto(base);
    await page.waitForSelector(".guide", wait);
    assert.match(await page.locator("main").innerText(), /make run[^]*Ctrl-C[^]*start it again[^]*new link[^]*signet-owner serve --handover/);
    assert.equal(await page.locator(id("status")).getAttribute("data-state"), "no-key");
    await page.goto(`${base}/#code=used`);
    await page.waitForSelector('[role="alert"]', wait);
    assert.match(await page.locator("main").innerText(), /used already[^]*signet-owner serve --handover/);
    assert.equal(page.url(), `${base}/`);
  });
});

test("owners: a link that is pasted into a tab of this page works", { skip }, async () => {
  await inside(async (_, page) => {
    await page.goto(base);
    await page.waitForSelector(".guide", wait);
    await paste(page, first);
    await live(page);
    assert.equal(page.url(), `${base}/`, "the code leaves the address");
    assert.deepEqual(await kept(page), [hex(first.keys.id)]);
    await page.waitForSelector(id("event"), wait);
    await paste(page, second);
    await page.waitForFunction((own) => document.querySelector('[data-testid="owner"]')?.textContent?.includes(own), eight(second), wait);
    assert.deepEqual(await kept(page), [hex(first.keys.id), hex(second.keys.id)].sort());
    await page.goto(`${base}/#code=used`);
    await page.waitForSelector(".banner", wait);
    assert.match(await page.locator(".banner").innerText(), /used already.*The key that this browser already holds is used/);
  });
});

test("owners: several in one browser are told apart, switched and kept apart", { skip }, async () => {
  await inside(async (_, page) => {
    await paste(page, first);
    await page.waitForSelector(id("event"), wait);
    await paste(page, second);
    await page.waitForFunction((own) => document.querySelector('[data-testid="owner"]')?.textContent?.includes(own), eight(second), wait);
    await page.waitForFunction((n) => document.querySelector<HTMLElement>('[data-testid="refused-count"]')?.dataset["count"] === n, String(cloud.records.length), wait);
    assert.equal(await page.locator(id("event")).count(), 0, "the events of the first are not shown to the second");
    await page.click(id("owner"));
    assert.match(await page.locator("dialog[open]").innerText(), /An owner is a key/);
    const rows = page.locator("dialog[open] [data-owner]");
    assert.deepEqual((await rows.allInnerTexts()).map((t) => /Owner (\w+)\s+(Shown)?/.exec(t)!.slice(1)), [[eight(first), undefined], [eight(second), "Shown"]]);
    await rows.first().getByText("Show", { exact: true }).click();
    await page.waitForSelector(id("event"), wait);
    assert.match(await page.locator(id("owner")).innerText(), new RegExp(`Owner ${eight(first)}`));
  });
});

test("owners: one is forgotten after a word of what that means, in every tab", { skip }, async () => {
  await inside(async (context, page) => {
    await paste(page, first);
    await live(page);
    const other = await context.newPage();
    await other.goto(base);
    await live(other);
    await page.click(id("owner"));
    const dialog = page.locator("dialog[open]");
    await dialog.getByText("Forget…").click();
    assert.match(await dialog.innerText(), /cannot open its pictures[^]*new link[^]*recordings and the key on that machine stay/);
    await dialog.getByText("Keep", { exact: true }).click();
    assert.equal((await kept(page)).length, 1);
    await dialog.getByText("Forget…").click();
    await dialog.getByText("Forget this owner in this browser").click();
    for (const tab of [page, other]) await tab.waitForSelector(`${id("status")}[data-state="no-key"]`, wait);
    assert.deepEqual(await kept(page), []);
    await paste(page, first);
    await live(page);
  });
});

test("owners: the head fits into a phone", { skip }, async () => {
  await inside(async (_, page) => {
    await paste(page, first);
    await live(page);
    for (const width of [320, 360, 768]) {
      await page.setViewportSize({ width, height: 640 });
      const ends = await page.locator("#tools button").evaluateAll((all) => all.map((b) => b.getBoundingClientRect().right));
      assert.ok(ends.length === 3 && Math.max(...ends) <= width, `${ends} at ${width} px`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await page.click(id("owner"));
      await page.locator("dialog[open]").getByText("Forget…").click();
      const boxes = await page.locator("dialog[open] .owners-list li").evaluateAll((all) => all.map((e) => e.getBoundingClientRect().right));
      assert.ok(Math.max(...boxes) <= width - 16, `so do the owners: ${boxes} at ${width} px`);
      await page.keyboard.press("Escape");
    }
  });
});
