// The main job on a real process: starts a leaking server of fixtures/ that knows nothing of leakhunt, and hunts it
// by pid with the commands that a person would type. Writes refs.png into the current folder.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cli = join(root, "dist", "cli", "main.js");
const home = mkdtempSync(join(tmpdir(), "leakhunt-demo-"));

/** SIGUSR1 makes Node listen on 9229; when somebody else has that port, the server is told to take any. */
function portIsTaken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.setTimeout(1000, () => resolve(false));
    socket.on("close", () => resolve(false));
    setTimeout(() => socket.destroy(), 200);
  });
}

function leakhunt(...words) {
  console.log(`\n$ leakhunt ${words.join(" ")}`);
  const done = spawnSync(process.execPath, [cli, ...words], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, LEAKHUNT_HOME: home },
  });
  if (done.status !== 0) throw new Error(`leakhunt ${words[0]} ended with exit code ${done.status}`);
}

const flags = (await portIsTaken(9229)) ? ["--inspect-port=0"] : [];
const server = spawn(process.execPath, [...flags, join(root, "fixtures", "http-server", "server.mjs")], {
  stdio: ["ignore", "pipe", "ignore"],
  env: { ...process.env, RATE: "100" },
});
try {
  await new Promise((resolve, reject) => {
    let text = "";
    server.stdout.on("data", (chunk) => {
      text += chunk;
      if (/^ready$/m.test(text)) resolve();
    });
    server.on("exit", (code) => reject(new Error(`the leaking server ended with exit code ${code}`)));
  });
  console.log(`a leaking HTTP server runs as pid ${server.pid}; it was started without --inspect`);
  const pid = String(server.pid);
  leakhunt("ps");
  leakhunt("attach", pid);
  leakhunt("common", "--limit", "8");
  leakhunt("growth", "--interval", "3s", "--count", "2");
  leakhunt("ls", "RequestContext", "--limit", "3");
  leakhunt("path", "1");
  leakhunt("backrefs", "1", "-o", "refs.png");
  leakhunt("detach");
  console.log(`\nthe server still runs: ${server.exitCode === null ? "yes" : "no"}; look at ${join(process.cwd(), "refs.png")}`);
} finally {
  server.kill();
  rmSync(home, { recursive: true, force: true });
}
