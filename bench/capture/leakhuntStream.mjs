// leakhunt's own capture, told to come over the socket as it does from a container whose files it cannot see. A process
// of its own, as the command is. argv: pid, file.
import { attachTarget } from "../../dist/target/attach.js";

const [pid, path] = process.argv.slice(2);
const target = await attachTarget({ pid: Number(pid) });
try {
  await target.capture(path, { how: "stream" });
} finally {
  await target.detach();
}
