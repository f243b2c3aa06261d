// A real Chromium, headless, for what only a browser can tell of a page. It uses a profile of its own, which is
// deleted, and is driven through its inspector like any other target of ours.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import CDP from "chrome-remote-interface";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser to use: `LEAKHUNT_CHROMIUM`, else the first that PATH has. */
export function findChromium(): string | undefined {
  const told = process.env["LEAKHUNT_CHROMIUM"];
  if (told !== undefined && told !== "") return told;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Where CI runs, a missing browser is a failure and not a reason to skip. */
export const MUST_HAVE_CHROMIUM = process.env["CI"] === "true";

export interface Tab {
  readonly client: CDP.Client;
  /** What the console, the page's exceptions and the browser itself complained of. */
  readonly complaints: string[];
  /** Every address that was asked for. */
  readonly requests: string[];
  open(url: string): Promise<void>;
  /** The value of an expression, as JSON would carry it. */
  value<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

export interface Chromium {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

/** Starts the browser; rejects with what it said when it does not come up. */
export async function startChromium(path: string): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "leakhunt-chromium-"));
  const flags = [
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
  ];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`];
  const child = spawn(path, [...flags, ...quiet, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  const forget = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const port = await portOf(child).catch((error: unknown) => {
    child.kill("SIGKILL");
    forget();
    throw error;
  });
  return {
    newTab: () => newTab(port),
    close: async () => {
      // asked to end it ends its own processes too; they would write into the profile while it is deleted
      await endBrowser(port, child);
      forget();
    },
  };
}

const PATIENCE_MS = 10_000;

async function endBrowser(port: number, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const { webSocketDebuggerUrl } = await CDP.Version({ port });
  const browser = await CDP({ target: webSocketDebuggerUrl });
  await browser.Browser.close();
  await ended;
  clearTimeout(late);
}

function portOf(child: ChildProcess): Promise<number> {
  let said = "";
  return new Promise((found, fail) => {
    child.once("error", fail);
    child.once("exit", () => fail(new Error(`Chromium ended: ${said}`)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const port = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(said)?.[1];
      if (port !== undefined) found(Number(port));
    });
  });
}

async function newTab(port: number): Promise<Tab> {
  const target = await CDP.New({ port });
  const client = await CDP({ port, target });
  const complaints: string[] = [];
  const requests: string[] = [];
  const { Page, Runtime, Network, Log } = client;
  Runtime.consoleAPICalled(({ args }) => complaints.push(args.map(({ value }) => String(value)).join(" ")));
  Runtime.exceptionThrown(({ exceptionDetails }) => complaints.push(exceptionDetails.text));
  Log.entryAdded(({ entry }) => complaints.push(entry.text));
  Network.requestWillBeSent(({ request }) => requests.push(request.url));
  await Promise.all([Page.enable(), Runtime.enable(), Network.enable({}), Log.enable()]);
  return {
    client,
    complaints,
    requests,
    open: async (url) => {
      const loaded = Page.loadEventFired();
      await Page.navigate({ url });
      await loaded;
    },
    value: async <T>(expression: string): Promise<T> => {
      const { result, exceptionDetails } = await Runtime.evaluate({
        expression,
        returnByValue: true,
        awaitPromise: true,
        userGesture: true,
      });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value as T;
    },
    close: async () => {
      await client.close();
      await CDP.Close({ port, id: target.id });
    },
  };
}
