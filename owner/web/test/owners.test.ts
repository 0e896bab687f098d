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
    await page.waitForFunction((own) => document.querySelector(".tools")?.textContent?.includes(own), eight(second), wait);
    assert.deepEqual(await kept(page), [hex(first.keys.id), hex(second.keys.id)].sort());
    await page.goto(`${base}/#code=used`);
    await page.waitForSelector(".banner", wait);
    assert.match(await page.locator(".banner").innerText(), /used already.*The key that this browser already holds is used/);
  });
});
