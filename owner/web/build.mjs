// Builds the page into dist/, which is committed: `go build` alone suffices. The same versions give the same bytes.
//
//   node build.mjs           build dist/
//   node build.mjs --check   build in memory and compare with dist/
//   node build.mjs --tests   bundle test/*.test.ts into test/out/ for node --test
//   node build.mjs --shots   bundle test/shots.ts, test/ownershots.ts and test/watchshots.ts into test/out/

import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const common = { bundle: true, absWorkingDir: here, charset: "utf8", logLevel: "warning" };

/** page returns the files of dist/ by name. */
async function page() {
  const result = await build({
    ...common,
    entryPoints: { app: "src/main.ts", "app-style": "src/app.css" },
    outdir: "dist",
    write: false,
    minify: true,
    target: ["es2022"],
    format: "iife",
    legalComments: "linked",
  });
  const files = new Map();
  for (const file of result.outputFiles) {
    files.set(basename(file.path).replace("app-style.css", "app.css"), Buffer.from(file.contents));
  }
  for (const name of await readdir(join(here, "public"))) files.set(name, await readFile(join(here, "public", name)));
  return files;
}

async function writeDist() {
  const dist = join(here, "dist");
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  for (const [name, contents] of await page()) await writeFile(join(dist, name), contents);
}

async function checkDist() {
  const fresh = await page();
  const stale = [];
  const present = await readdir(join(here, "dist")).catch(() => []);
  for (const name of new Set([...present, ...fresh.keys()])) {
    const kept = await readFile(join(here, "dist", name)).catch(() => null);
    if (!kept || !fresh.get(name)?.equals(kept)) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(`dist is not what src builds: ${stale.sort().join(", ")}\nhint: npm run build, and commit owner/web/dist`);
    process.exit(1);
  }
  console.log(`dist equals a fresh build of src: ${fresh.size} files`);
}

async function bundleForNode(names) {
  await build({
    ...common,
    entryPoints: names.map((name) => join("test", name)),
    outdir: "test/out",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: ["node18"],
    format: "esm",
    external: ["playwright-core"],
    inject: ["test/node18.ts"],
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
  });
}

const mode = process.argv[2];
if (mode === "--check") await checkDist();
else if (mode === "--tests") {
  await rm(join(here, "test", "out"), { recursive: true, force: true });
  await bundleForNode((await readdir(join(here, "test"))).filter((name) => name.endsWith(".test.ts")));
} else if (mode === "--shots") await bundleForNode(["shots.ts", "ownershots.ts", "watchshots.ts"]);
else await writeDist();
