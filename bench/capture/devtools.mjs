// How a debugger takes a heap snapshot: the protocol command over the inspector's socket, each chunk appended to a file
// as it comes, none awaited. A process of its own, as DevTools is. argv: ws:// url, file, parameters as JSON.
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import connect from "chrome-remote-interface";

const [url, path, params] = process.argv.slice(2);
const client = await connect({ target: url, local: true });
const file = createWriteStream(path);
client.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => file.write(chunk));
await client.send("HeapProfiler.takeHeapSnapshot", JSON.parse(params));
file.end();
await finished(file);
await client.close();
