// npm run parity [-- FILE… [--pair BEFORE AFTER]]: are leakhunt's numbers DevTools' numbers? Asks both engines
// about every node, every class and every diff of the same files, each engine in a process of its own, and compares.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compareDiff, compareFile, QUANTITIES } from "./parity/compare.mjs";
import { ready } from "./setup.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);

/** Words of the command line as inputs: one file, or a pair. */
function parse(words) {
  const inputs = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] !== "--pair") {
      if (words[i].startsWith("--")) throw new Usage(`unknown option ${words[i]}`);
      inputs.push([resolve(words[i])]);
    } else {
      if (words.length < i + 3) throw new Usage("--pair takes two files, the older first");
      inputs.push([resolve(words[i + 1]), resolve(words[i + 2])]);
      i += 2;
    }
  }
  for (const file of inputs.flat()) if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new Usage(`${file} is no file`);
  return inputs;
}

class Usage extends Error {}

/** Runs one engine over the files; its answers are in the folder afterwards. */
function ask(engine, folder, files) {
  mkdirSync(folder);
  const script = join(here, "parity", `ask${engine}.mjs`);
  const done = spawnSync(process.execPath, ["--max-old-space-size=16000", script, folder, ...files], {
    encoding: "utf8",
    stdio: ["ignore", 2, "pipe"],
  });
  if (done.status === 0) return;
  const reason = /^\w*Error: (.*)/m.exec(done.stderr)?.[1] ?? done.stderr.trim().split("\n").at(-1);
  throw new Error(`${engine} failed on ${files.map((file) => basename(file)).join(" and ")}: ${reason}`);
}

const COLUMNS = { file: 34, nodes: 10 };
const TITLES = { rawSize: "raw", shallowSize: "shallow", retainedSize: "retained" };
const widthOf = (quantity) => Math.max(6, (TITLES[quantity] ?? quantity).length) + 2;

function line(file, nodes, cells) {
  const numbers = QUANTITIES.map((quantity) => String(cells[quantity] ?? "-").padStart(widthOf(quantity)));
  return file.padEnd(COLUMNS.file) + String(nodes).padStart(COLUMNS.nodes) + numbers.join("");
}

async function main() {
  const given = parse(process.argv.slice(2));
  const built = spawnSync(process.execPath, [join(here, "..", "scripts", "setup.mjs")], { stdio: ["ignore", 2, 2] });
  if (built.status !== 0) throw new Error("leakhunt could not be built");
  await ready();
  // Only now: it stands on packages that a first run installs.
  const { ownInputs } = await import("./parity/inputs.mjs");
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-parity-"));
  const totals = {};
  let nodes = 0;
  let unexplained = 0;
  const explained = new Map();
  const compared = {};
  try {
    const inputs = given.length > 0 ? given : ownInputs(folder, say);
    say(
      line("mismatches by quantity", "nodes", Object.fromEntries(QUANTITIES.map((quantity) => [quantity, TITLES[quantity] ?? quantity]))),
    );
    let number = 0;
    for await (const files of inputs) {
      const [ours, theirs] = [join(folder, `leakhunt-${number}`), join(folder, `devtools-${number}`)];
      number++;
      ask("Leakhunt", ours, files);
      ask("Devtools", theirs, files);
      for (const [i, file] of files.entries()) {
        const result = compareFile(join(ours, String(i)), join(theirs, String(i)));
        if (i === 1) result.outcomes.diff = compareDiff(ours, theirs);
        nodes += result.nodes;
        report(file, result);
      }
      for (const answers of [ours, theirs]) rmSync(answers, { recursive: true });
      if (given.length === 0) for (const file of files) if (file.startsWith(folder)) rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say(line("total", nodes, totals));
  const values = QUANTITIES.filter((quantity) => compared[quantity]).map((quantity) => `${compared[quantity]} ${quantity}`);
  say(`values compared: ${values.join(", ")}`);
  for (const [name, count] of explained) say(`${count} known: ${name} (docs/parity.md)`);
  say(unexplained === 0 ? "leakhunt and DevTools agree" : `${unexplained} mismatches that docs/parity.md does not explain`);
  return unexplained === 0 ? 0 : 1;

  function report(file, { nodes: count, outcomes }) {
    const counts = Object.fromEntries(Object.entries(outcomes).map(([quantity, outcome]) => [quantity, outcome.count]));
    say(line(basename(file, ".heapsnapshot"), count, counts));
    for (const [quantity, outcome] of Object.entries(outcomes)) {
      totals[quantity] = (totals[quantity] ?? 0) + outcome.count;
      compared[quantity] = (compared[quantity] ?? 0) + outcome.compared;
      unexplained += outcome.count;
      for (const { where, leakhunt, devtools } of outcome.shown)
        say(`  ${quantity} of ${where}: leakhunt ${leakhunt}, DevTools ${devtools}`);
      for (const [name, times] of Object.entries(outcome.explained)) {
        unexplained -= times;
        explained.set(name, (explained.get(name) ?? 0) + times);
      }
    }
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`parity: ${error.message}\n`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
