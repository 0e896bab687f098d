// The first visit where the page is served by the owner's own machine: its link first, and every other way to a key.

import assert from "node:assert/strict";
import { test } from "node:test";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { TestOwner } from "./kit.ts";
import { recoveryFile } from "../src/recovery.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

test("hand-over: the link is explained first, and a recovery file brings the key too", { skip }, async () => {
  const browser = await launch();
  const cloud = new FakeCloud(); // as the owner's machine serves it
  try {
    const base = await cloud.listen();
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${base}/#code=nonsense`);
    await page.getByText("That link did not work").waitFor(wait);
    await page.goto("about:blank");
    await page.goto(base);
    await page.getByText("No key in this browser").waitFor(wait);
    const told = await page.locator(id("onboard")).innerText();
    assert.match(told, /signet-owner serve --handover[^]*make my key[^]*recovery file or words[^]*my other device/);
    await page.click(id("way-join"));
    await page.locator(id("join-digits")).waitFor(wait);
    await page.getByRole("button", { name: "Back" }).click();
    await page.click(id("way-recover"));
    assert.doesNotMatch(await page.locator(id("onboard")).innerText(), /--handover/, "one way at a time");
    const owner = await TestOwner.make();
    await page.setInputFiles(id("recovery-file"), { name: "r.txt", mimeType: "text/plain", buffer: Buffer.from(recoveryFile(owner.seed, owner.keys.id, new Date())) });
    await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  } finally {
    await browser.close();
    await cloud.close();
  }
});
